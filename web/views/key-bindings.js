/**
 * The key bindings, read by the keyboard handler and the shortcut sheet. Each place of the page has
 * the key of its record.
 *
 * @import { PageController } from "../state/controller.js"
 * @import { Action } from "./keys.js"
 */
import { BRICK_ACTIONS, FOCUS_WIRES, WIRE_ACTIONS } from "./brick-actions.js";
import { GALLERY_ACTIONS } from "./gallery/gallery-keys.js";
import { isPressed } from "./keys.js";
import { PLACES, placeNamed } from "./places.js";

/** Presses the strong button of the current place. @param {PageController} controller */
function pressStrong(controller) {
  const { state } = controller.store;
  const { strong } = placeNamed(state.place);
  if (!strong?.ready(state)) return;
  const [name, detail] = strong.request(state);
  void controller.perform(name, detail);
}

/** @type {Action[]} */
const OF_PLACES = PLACES.map(({ id, title, key }) => ({
  id: `place-${id}`,
  label: title,
  keys: [key.toUpperCase()],
  group: "Places",
  request: ["open-place", { place: id }],
}));

/** @type {Action[]} */
export const ACTIONS = [
  {
    id: "press-strong",
    label: "Press the strong button: Run, or that of another place",
    keys: ["Ctrl+Enter"],
    group: "Run",
    typing: true,
    perform: pressStrong,
  },
  {
    id: "cancel-run",
    label: "Cancel the run",
    keys: ["Ctrl+."],
    group: "Run",
    typing: true,
    request: ["cancel-run", {}],
  },
  {
    id: "cancel-all",
    label: "Cancel all tasks of the queue",
    keys: ["Ctrl+Shift+."],
    group: "Run",
    typing: true,
    request: ["cancel-all", {}],
  },
  {
    id: "pause-queue",
    label: "Pause or resume the queue",
    keys: ["P"],
    group: "Run",
    request: ["toggle-pause", {}],
  },
  {
    id: "fold-queue",
    label: "Open or fold the queue",
    keys: ["Q"],
    group: "Run",
    request: ["toggle-queue", {}],
  },
  ...OF_PLACES,
  {
    id: "undo",
    label: "Undo",
    keys: ["Ctrl+Z"],
    group: "Wall",
    icon: "undo",
    place: "wall",
    typing: true,
    request: ["undo", {}],
    repeats: true,
  },
  {
    id: "redo",
    label: "Redo",
    keys: ["Ctrl+Shift+Z", "Ctrl+Y"],
    group: "Wall",
    icon: "redo",
    place: "wall",
    typing: true,
    request: ["redo", {}],
    repeats: true,
  },
  {
    id: "add-brick",
    label: "Add a brick",
    keys: ["/"],
    group: "Wall",
    icon: "plus",
    place: "wall",
    request: ["show", { name: "palette" }],
  },
  {
    id: "zoom-fit",
    label: "Fit the whole wall",
    keys: ["Shift+1"],
    group: "Wall",
    icon: "fit",
    place: "wall",
    request: ["zoom", { to: "fit" }],
  },
  {
    id: "zoom-actual",
    label: "Show the wall at 100 %",
    keys: ["Shift+0"],
    group: "Wall",
    place: "wall",
    request: ["zoom", { to: 1 }],
  },
  {
    id: "zoom-in",
    label: "Zoom in",
    keys: ["+"],
    group: "Wall",
    place: "wall",
    request: ["zoom", { to: "in" }],
  },
  {
    id: "zoom-out",
    label: "Zoom out",
    keys: ["-"],
    group: "Wall",
    place: "wall",
    request: ["zoom", { to: "out" }],
  },
  {
    id: "tidy",
    label: "Tidy: lay out the bricks by their wires",
    keys: ["Shift+T"],
    group: "Wall",
    icon: "tidy",
    place: "wall",
    request: ["tidy", {}],
  },
  { id: "wheel", label: "Zoom at the pointer", keys: ["Ctrl+Wheel"], fixed: true, group: "Wall", place: "wall" },
  { id: "drag", label: "Move the wall", keys: ["Space+Drag"], fixed: true, group: "Wall", place: "wall" },
  { id: "context-menu", label: "Menu of a brick, a wire, an image or the wall", keys: ["Menu", "Shift+F10"], fixed: true, group: "Page" },
  {
    id: "select-all",
    label: "Select all bricks",
    keys: ["Ctrl+A"],
    group: "Wall",
    icon: "check",
    place: "wall",
    request: ["select-all", {}],
  },
  {
    id: "clear-selection",
    label: "Clear the selection",
    keys: ["Esc"],
    group: "Wall",
    place: "wall",
    request: ["select", { bricks: [] }],
  },
  { id: "paste", label: "Paste bricks, or a workflow as JSON", keys: ["Ctrl+V"], fixed: true, group: "Wall" },
  {
    id: "wire-by-rule",
    label: "Connect automatically",
    keys: ["Shift+W"],
    group: "Wall",
    icon: "link",
    place: "wall",
    request: ["wire-by-rule", {}],
  },
  {
    id: "save",
    label: "Save",
    keys: ["Ctrl+S"],
    group: "Library",
    typing: true,
    request: ["save", {}],
  },
  {
    id: "open-library",
    label: "Open workflows and presets",
    keys: ["Ctrl+O"],
    group: "Library",
    typing: true,
    request: ["show", { name: "library" }],
  },
  {
    id: "toggle-theme",
    label: "Toggle theme",
    keys: ["N"],
    group: "Page",
    request: ["toggle-theme", {}],
  },
  {
    id: "show-shortcuts",
    label: "Show shortcuts",
    keys: ["?"],
    group: "Page",
    request: ["show", { name: "shortcuts" }],
  },
  ...GALLERY_ACTIONS,
  { id: "walk", label: "Focus the next brick; with Shift select it, too", keys: ["Arrow keys"], fixed: true, group: "Brick in focus" },
  { id: "enter", label: "Enter its fields, and leave them", keys: ["Enter", "Esc"], fixed: true, group: "Brick in focus" },
  { id: "move", label: "Move it, or the selection", keys: ["Alt+Arrow keys"], fixed: true, group: "Brick in focus" },
  FOCUS_WIRES,
  ...BRICK_ACTIONS.map(({ id, label, keys, fixed, place }) => ({ id, label, keys, fixed, place, group: /** @type {const} */ ("Brick in focus") })),
  { id: "walk-wires", label: "Focus the next wire", keys: ["Arrow keys"], fixed: true, group: "Wire in focus" },
  { id: "wire-menu", label: "Open its menu: remove it, lead it elsewhere", keys: ["Enter"], fixed: true, group: "Wire in focus" },
  { id: "leave-wire", label: "Return to the brick", keys: ["Esc"], fixed: true, group: "Wire in focus" },
  ...WIRE_ACTIONS.map(({ id, label, keys, place, within }) => ({ id, label, keys, place, within, group: /** @type {const} */ ("Wire in focus") })),
];

/** The actions of a page that shows the form of one workflow. */
const ON_FORM = ["press-strong", "cancel-run", "toggle-theme"];

/**
 * Reports whether the focused element takes text.
 * @param {EventTarget | null} target
 */
export function isTyping(target) {
  if (target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement) return true;
  const withoutText = ["checkbox", "range", "button", "file"];
  return target instanceof HTMLInputElement && !withoutText.includes(target.type);
}

/**
 * Performs the action bound to a key press.
 * @param {KeyboardEvent} event
 * @param {PageController} controller
 */
export function press(event, controller) {
  if (event.defaultPrevented || event.isComposing) return;
  const { overlay, locked, place, keys } = controller.store.state;
  const onWall = controller.store.keepsDrafts;
  if (overlay.name || locked) return;
  const typing = isTyping(event.target);
  const here = onWall ? ACTIONS.filter((action) => (action.place ?? place) === place) : ACTIONS.filter(({ id }) => ON_FORM.includes(id));
  const performs = (/** @type {Action} */ action) => (action.request || action.requestFor || action.perform) && (action.typing || !typing);
  const action = here.find((item) => performs(item) && isPressed(item, event, keys));
  if (!action) return;
  event.preventDefault();
  if (event.repeat && !action.repeats) return;
  const [name, detail] = action.request ?? action.requestFor?.(controller.store.state) ?? [];
  if (name && detail) void controller.perform(name, detail);
  else action.perform?.(controller, event);
}
