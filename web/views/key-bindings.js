/**
 * The key bindings, read by the keyboard handler and the shortcut sheet. Each place of the page has
 * the key of its record.
 *
 * @import { PageController } from "../state/controller.js"
 * @import { Action } from "./keys.js"
 */
import { BRICK_ACTIONS } from "./brick-actions.js";
import { GALLERY_ACTIONS } from "./gallery/gallery-keys.js";
import { bare, ctrl, digit } from "./keys.js";
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
  label: title,
  keys: [key.toUpperCase()],
  group: "Places",
  matches: bare(key),
  perform: (controller) => void controller.perform("open-place", { place: id }),
}));

/** @type {Action[]} */
export const ACTIONS = [
  {
    label: "Press the strong button: Run, or that of another place",
    keys: ["Ctrl", "Enter"],
    group: "Run",
    matches: ctrl("enter"),
    typing: true,
    perform: pressStrong,
  },
  {
    label: "Cancel the run",
    keys: ["Ctrl", "."],
    group: "Run",
    matches: ctrl("."),
    typing: true,
    perform: (controller) => void controller.perform("cancel-run", {}),
  },
  {
    label: "Cancel all tasks of the queue",
    keys: ["Ctrl", "Shift", "."],
    group: "Run",
    matches: (event) => (event.ctrlKey || event.metaKey) && event.shiftKey && (event.key === "." || event.key === ">" || event.code === "Period"),
    typing: true,
    perform: (controller) => void controller.perform("cancel-all", {}),
  },
  {
    label: "Pause or resume the queue",
    keys: ["P"],
    group: "Run",
    matches: bare("p"),
    perform: (controller) => void controller.perform("toggle-pause", {}),
  },
  {
    label: "Open or fold the queue",
    keys: ["Q"],
    group: "Run",
    matches: bare("q"),
    perform: (controller) => void controller.perform("toggle-queue", {}),
  },
  ...OF_PLACES,
  {
    label: "Undo",
    keys: ["Ctrl", "Z"],
    group: "Wall",
    place: "wall",
    matches: ctrl("z"),
    typing: true,
    perform: (controller) => void controller.perform("undo", {}),
  },
  {
    label: "Redo",
    keys: ["Ctrl", "Shift", "Z"],
    group: "Wall",
    place: "wall",
    matches: (event) => ctrl("z", { shift: true })(event) || ctrl("y")(event),
    typing: true,
    perform: (controller) => void controller.perform("redo", {}),
  },
  {
    label: "Add a brick",
    keys: ["/"],
    group: "Wall",
    place: "wall",
    matches: (event) => event.key === "/" && !event.ctrlKey && !event.metaKey,
    perform: (controller) => void controller.perform("show", { name: "palette" }),
  },
  {
    label: "Fit the whole wall",
    keys: ["Shift", "1"],
    group: "Wall",
    place: "wall",
    matches: digit("Digit1"),
    perform: (controller) => void controller.perform("zoom", { to: "fit" }),
  },
  {
    label: "Show the wall at 100 %",
    keys: ["Shift", "0"],
    group: "Wall",
    place: "wall",
    matches: digit("Digit0"),
    perform: (controller) => void controller.perform("zoom", { to: 1 }),
  },
  {
    label: "Zoom in",
    keys: ["+"],
    group: "Wall",
    place: "wall",
    matches: (event) => event.key === "+" && !event.ctrlKey && !event.metaKey && !event.altKey,
    perform: (controller) => void controller.perform("zoom", { to: "in" }),
  },
  {
    label: "Zoom out",
    keys: ["−"],
    group: "Wall",
    place: "wall",
    matches: bare("-"),
    perform: (controller) => void controller.perform("zoom", { to: "out" }),
  },
  {
    label: "Tidy: lay out the bricks by their wires",
    keys: ["Shift", "T"],
    group: "Wall",
    place: "wall",
    matches: bare("t", { shift: true }),
    perform: (controller) => void controller.perform("tidy", {}),
  },
  { label: "Zoom at the pointer", keys: ["Ctrl", "Wheel"], group: "Wall", place: "wall" },
  { label: "Move the wall", keys: ["Space", "Drag"], group: "Wall", place: "wall" },
  {
    label: "Select all bricks",
    keys: ["Ctrl", "A"],
    group: "Wall",
    place: "wall",
    matches: ctrl("a"),
    perform: (controller) => void controller.perform("select-all", {}),
  },
  {
    label: "Clear the selection",
    keys: ["Esc"],
    group: "Wall",
    place: "wall",
    matches: (event) => event.key === "Escape",
    perform: (controller) => void controller.perform("select", { bricks: [] }),
  },
  { label: "Paste bricks, or a workflow as JSON", keys: ["Ctrl", "V"], group: "Wall" },
  {
    label: "Connect automatically",
    keys: ["Shift", "W"],
    group: "Wall",
    place: "wall",
    matches: bare("w", { shift: true }),
    perform: (controller) => void controller.perform("wire-by-rule", {}),
  },
  {
    label: "Save",
    keys: ["Ctrl", "S"],
    group: "Library",
    matches: ctrl("s"),
    typing: true,
    perform: (controller) => void controller.perform("save", {}),
  },
  {
    label: "Open workflows and presets",
    keys: ["Ctrl", "O"],
    group: "Library",
    matches: ctrl("o"),
    typing: true,
    perform: (controller) => void controller.perform("show", { name: "library" }),
  },
  {
    label: "Toggle theme",
    keys: ["T"],
    group: "Page",
    matches: bare("t"),
    perform: (controller) => void controller.perform("toggle-theme", {}),
  },
  {
    label: "Show shortcuts",
    keys: ["?"],
    group: "Page",
    matches: (event) => event.key === "?",
    perform: (controller) => void controller.perform("show", { name: "shortcuts" }),
  },
  ...GALLERY_ACTIONS,
  { label: "Focus the next brick; with Shift select it, too", keys: ["Arrow keys"], group: "Brick in focus" },
  { label: "Enter its fields, and leave them", keys: ["Enter", "Esc"], group: "Brick in focus" },
  { label: "Move it, or the selection", keys: ["Alt", "Arrow keys"], group: "Brick in focus" },
  ...BRICK_ACTIONS.map(({ label, keys }) => ({ label, keys, group: /** @type {const} */ ("Brick in focus") })),
];

/** The actions of a page that shows the form of one workflow. */
const ON_FORM = ["Press the strong button: Run, or that of another place", "Cancel the run", "Toggle theme"];

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
  const { overlay, locked, place } = controller.store.state;
  const onWall = controller.store.keepsDrafts;
  if (overlay.name || locked) return;
  const typing = isTyping(event.target);
  const here = onWall ? ACTIONS.filter((action) => (action.place ?? place) === place) : ACTIONS.filter(({ label }) => ON_FORM.includes(label));
  const action = here.find((item) => item.matches?.(event) && (item.typing || !typing));
  if (!action?.perform) return;
  event.preventDefault();
  if (!event.repeat || action.label === "Undo" || action.label === "Redo") action.perform(controller, event);
}
