/**
 * Key bindings: their records, and tests of key presses.
 *
 * @import { PageController } from "../state/controller.js"
 *
 * @typedef {object} Action
 * @property {string} label
 * @property {string[]} keys in the shortcut sheet
 * @property {"Run" | "Places" | "Gallery" | "Wall" | "Library" | "Page" | "Brick in focus"} group
 * @property {string} [place] id of the only place where the key is active
 * @property {(event: KeyboardEvent) => boolean} [matches] absent where the focused element handles the key
 * @property {boolean} [typing] active while typing, too
 * @property {(controller: PageController, event: KeyboardEvent) => void} [perform]
 */

/**
 * @param {string} key
 * @param {{ shift?: boolean }} [options]
 * @returns {(event: KeyboardEvent) => boolean}
 */
export function ctrl(key, { shift = false } = {}) {
  return (event) =>
    (event.ctrlKey || event.metaKey) &&
    !event.altKey &&
    event.shiftKey === shift &&
    event.key.toLowerCase() === key;
}

/**
 * @param {string} key
 * @param {{ shift?: boolean }} [options]
 * @returns {(event: KeyboardEvent) => boolean}
 */
export function bare(key, { shift = false } = {}) {
  return (event) => !event.ctrlKey && !event.metaKey && !event.altKey && event.shiftKey === shift && event.key.toLowerCase() === key;
}

/** @param {string} code of a digit key: Shift changes its character @returns {(event: KeyboardEvent) => boolean} */
export function digit(code) {
  return (event) => event.code === code && event.shiftKey && !event.ctrlKey && !event.metaKey && !event.altKey;
}
