/**
 * Key bindings: their records, and chords of keys as text, such as `Ctrl+Shift+Z`.
 *
 * @import { PageController } from "../state/controller.js"
 * @import { IconName } from "../elements/icons.js"
 * @import { State } from "../state/types.js"
 * @import { AnyRequest } from "./places.js"
 *
 * @typedef {Record<string, readonly string[]>} Bindings the chords that the user gave to actions, by id
 *
 * @typedef {object} KeyBinding
 * @property {string} id
 * @property {string} label
 * @property {readonly string[]} keys default chords; where `fixed`, words for the sheet
 * @property {boolean} [fixed] cannot be bound to other keys
 * @property {string} [place] id of the only place where the keys are active
 * @property {"wire"} [within] active only while this has the focus, before all others
 *
 * @typedef {object} ActionParts
 * @property {"Run" | "Places" | "Gallery" | "Wall" | "Library" | "Page" | "Brick in focus" | "Wire in focus"} group
 * @property {IconName} [icon] in menus
 * @property {(event: KeyboardEvent) => boolean} [matches] of a fixed action that has more than chords
 * @property {(event: KeyboardEvent) => boolean} [guard] false leaves the key to the focused control
 * @property {boolean} [typing] active while typing, too
 * @property {boolean} [repeats] performed again while the key is held
 * @property {(state: State) => boolean} [fits] offered in menus
 * @property {AnyRequest} [request]
 * @property {(state: State) => AnyRequest | null} [requestFor] where the request depends on the state; null for none
 * @property {(controller: PageController, event: KeyboardEvent) => void} [perform] where a request does not do
 *
 * @typedef {KeyBinding & ActionParts} Action
 */

/** Characters of keys that Shift changes, by the code of the key. @type {Record<string, string>} */
const UNSHIFTED = { Period: ".", Comma: ",", Slash: "/", Minus: "-", Equal: "=", Semicolon: ";", Quote: "'", Backquote: "`" };
/** @type {Record<string, string>} */
const NAMES = { " ": "Space", Escape: "Esc", ArrowLeft: "Left", ArrowRight: "Right", ArrowUp: "Up", ArrowDown: "Down" };
const MODIFIERS = ["Control", "Shift", "Alt", "Meta", "AltGraph", "CapsLock"];

/**
 * The chord of a key press; empty for a modifier alone. The command key counts as Ctrl. A character
 * that needs Shift is that character, so that it is the same on every keyboard.
 * @param {Pick<KeyboardEvent, "key"> & Partial<Pick<KeyboardEvent, "code" | "ctrlKey" | "metaKey" | "altKey" | "shiftKey">>} event
 * @returns {string}
 */
export function chordOf({ key, code = "", ctrlKey, metaKey, altKey, shiftKey }) {
  if (MODIFIERS.includes(key)) return "";
  const ctrl = Boolean(ctrlKey || metaKey);
  const digit = shiftKey ? (/^Digit(\d)$/.exec(code)?.[1] ?? "") : "";
  const base = digit || (ctrl && shiftKey && UNSHIFTED[code]) || key;
  const symbol = base.length === 1 && !/[\p{L}\d]/u.test(base) && base !== " ";
  const shift = shiftKey && (!symbol || ctrl);
  const name = NAMES[base] ?? (base.length === 1 ? base.toUpperCase() : base);
  return [ctrl ? "Ctrl" : "", altKey ? "Alt" : "", shift ? "Shift" : "", name].filter(Boolean).join("+");
}

/** The parts of a chord, for `<kbd>` elements. @param {string} chord */
export function partsOf(chord) {
  return chord === "+" ? ["+"] : chord.endsWith("++") ? [...chord.slice(0, -2).split("+"), "+"] : chord.split("+");
}

/** The chords of an action: those of the user, else its own. @param {KeyBinding} action @param {Bindings} bindings */
export function chordsOf(action, bindings) {
  return action.fixed ? action.keys : (bindings[action.id] ?? action.keys);
}

/** The chords as one text, for tooltips. @param {KeyBinding} action @param {Bindings} [bindings] */
export function keysText(action, bindings = {}) {
  return chordsOf(action, bindings).map((chord) => partsOf(chord).join(" ")).join(", ");
}

/** The first chord as a text, for menus. @param {KeyBinding} action @param {Bindings} bindings */
export function firstKeys(action, bindings) {
  return partsOf(chordsOf(action, bindings)[0] ?? "").join(" ");
}

/**
 * Reports whether a key press is one of an action.
 * @param {KeyBinding & Pick<ActionParts, "matches" | "guard">} action
 * @param {KeyboardEvent} event
 * @param {Bindings} bindings
 */
export function isPressed(action, event, bindings) {
  const pressed = action.matches ? action.matches(event) : !action.fixed && chordsOf(action, bindings).includes(chordOf(event));
  return pressed && (action.guard?.(event) ?? true);
}

/**
 * The actions that a chord would reach beside one: those that are active in the same place.
 * @template {KeyBinding} T
 * @param {readonly T[]} actions
 * @param {KeyBinding} action
 * @param {string} chord
 * @param {Bindings} bindings
 * @returns {T[]}
 */
export function conflicts(actions, action, chord, bindings) {
  const together = (/** @type {T} */ other) => !action.place || !other.place || action.place === other.place;
  return actions.filter((other) => other.id !== action.id && !other.fixed && other.within === action.within && together(other) && chordsOf(other, bindings).includes(chord));
}
