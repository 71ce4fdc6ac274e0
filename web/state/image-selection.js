/**
 * The selection in a list of images: ids, so that it survives a list that moves; or everything that
 * the filter matches. Pure functions on frozen selections.
 *
 * @import { ImageSelection } from "./types.js"
 */

/** @type {ImageSelection} */
export const NO_SELECTION = Object.freeze({ ids: new Set(), all: false, explicit: false, anchor: 0 });

/** @type {ImageSelection} */
export const EVERYTHING = Object.freeze({ ids: new Set(), all: true, explicit: true, anchor: 0 });

/** @param {string} id @param {number} place @returns {ImageSelection} */
export function selectOnly(id, place) {
  return Object.freeze({ ids: new Set(id ? [id] : []), all: false, explicit: false, anchor: place });
}

/** @param {ImageSelection} selection @param {string} id @param {number} place @returns {ImageSelection} */
export function toggleImage(selection, id, place) {
  const ids = new Set(selection.all ? [] : selection.ids);
  if (!ids.delete(id)) ids.add(id);
  return Object.freeze({ ids, all: false, explicit: ids.size > 0, anchor: place });
}

/**
 * @param {ImageSelection} selection
 * @param {readonly string[]} added
 * @param {boolean} keep adds to the selection instead of replacing it
 * @returns {ImageSelection}
 */
export function selectRange(selection, added, keep) {
  const ids = new Set([...(keep && !selection.all ? selection.ids : []), ...added]);
  return Object.freeze({ ids, all: false, explicit: ids.size > 0, anchor: selection.anchor });
}

/** @param {ImageSelection} selection @param {ReadonlySet<string>} removed @returns {ImageSelection} */
export function deselected(selection, removed) {
  const ids = new Set([...selection.ids].filter((id) => !removed.has(id)));
  return Object.freeze({ ...selection, ids, explicit: selection.explicit && ids.size > 0 });
}

/**
 * The number of images that an action applies to.
 * @param {ImageSelection} selection
 * @param {number | null} total of the list
 */
export function selectedCount(selection, total) {
  return selection.all ? (total ?? 0) : selection.ids.size;
}

/**
 * Reports whether the bar of actions is shown: for more than the image that was clicked last.
 * @param {ImageSelection} selection
 */
export function isSelecting({ all, explicit, ids }) {
  return all || ids.size > 1 || (explicit && ids.size > 0);
}
