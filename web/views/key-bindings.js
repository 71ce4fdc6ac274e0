/**
 * Everything that has a key, once: the shortcut sheet, the buttons' hints and the keyboard
 * all read this list.
 *
 * @import { PageController } from "../state/controller.js"
 *
 * @typedef {object} Action
 * @property {string} label
 * @property {string[]} keys as shown
 * @property {"Run" | "Wall" | "Library" | "Page" | "Brick in focus"} group
 * @property {(event: KeyboardEvent) => boolean} [matches] absent: handled where the focus is
 * @property {boolean} [typing] works while typing, too
 * @property {(controller: PageController) => void} [perform]
 */

/**
 * @param {string} key
 * @param {{ shift?: boolean }} [options]
 * @returns {(event: KeyboardEvent) => boolean}
 */
function ctrl(key, { shift = false } = {}) {
  return (event) =>
    (event.ctrlKey || event.metaKey) &&
    !event.altKey &&
    event.shiftKey === shift &&
    event.key.toLowerCase() === key;
}

/** @param {string} key @returns {(event: KeyboardEvent) => boolean} */
function plain(key) {
  return (event) => !event.ctrlKey && !event.metaKey && !event.altKey && event.key.toLowerCase() === key;
}

/** @type {Action[]} */
export const ACTIONS = [
  {
    label: "Run the wall",
    keys: ["Ctrl", "Enter"],
    group: "Run",
    matches: ctrl("enter"),
    typing: true,
    perform: (controller) => void controller.perform("run", {}),
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
    label: "Pause or resume the queue",
    keys: ["P"],
    group: "Run",
    matches: plain("p"),
    perform: (controller) => void controller.perform("toggle-pause", {}),
  },
  {
    label: "Undo",
    keys: ["Ctrl", "Z"],
    group: "Wall",
    matches: ctrl("z"),
    typing: true,
    perform: (controller) => void controller.perform("undo", {}),
  },
  {
    label: "Redo",
    keys: ["Ctrl", "Shift", "Z"],
    group: "Wall",
    matches: (event) => ctrl("z", { shift: true })(event) || ctrl("y")(event),
    typing: true,
    perform: (controller) => void controller.perform("redo", {}),
  },
  {
    label: "Add a brick",
    keys: ["/"],
    group: "Wall",
    matches: (event) => event.key === "/" && !event.ctrlKey && !event.metaKey,
    perform: (controller) => void controller.perform("show", { name: "palette" }),
  },
  {
    label: "Wire everything by rule",
    keys: ["W"],
    group: "Wall",
    matches: plain("w"),
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
    label: "Light or dark",
    keys: ["T"],
    group: "Page",
    matches: plain("t"),
    perform: (controller) => void controller.perform("toggle-theme", {}),
  },
  {
    label: "This sheet",
    keys: ["?"],
    group: "Page",
    matches: (event) => event.key === "?",
    perform: (controller) => void controller.perform("show", { name: "shortcuts" }),
  },
  { label: "Go to the next brick", keys: ["Arrow keys"], group: "Brick in focus" },
  { label: "Into its fields, and back out", keys: ["Enter", "Esc"], group: "Brick in focus" },
  { label: "Move it", keys: ["Alt", "Arrow keys"], group: "Brick in focus" },
  { label: "Collapse or expand", keys: ["C"], group: "Brick in focus" },
  { label: "Remove it", keys: ["Delete"], group: "Brick in focus" },
];

/**
 * Whether keys belong to what has the focus.
 * @param {EventTarget | null} target
 */
function isTyping(target) {
  if (target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement) return true;
  const quiet = ["checkbox", "range", "button", "file"];
  return target instanceof HTMLInputElement && !quiet.includes(target.type);
}

/**
 * Runs the action that a key press asks for.
 * @param {KeyboardEvent} event
 * @param {PageController} controller
 */
export function press(event, controller) {
  if (event.defaultPrevented || event.isComposing) return;
  const { overlay, locked } = controller.store.state;
  if (overlay.name || locked) return;
  const typing = isTyping(event.target);
  const action = ACTIONS.find((item) => item.matches?.(event) && (item.typing || !typing));
  if (!action?.perform) return;
  event.preventDefault();
  if (!event.repeat || action.label === "Undo" || action.label === "Redo") action.perform(controller);
}
