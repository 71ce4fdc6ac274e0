/**
 * A long list of images, of which the server sends the parts that are looked at: items by their
 * place in the list. Pure functions on frozen lists.
 *
 * @import { ImageFilter } from "../document/image-filter.js"
 * @import { Asset, Day, ImageList, ImageSort } from "./types.js"
 */

const MOST_ITEMS = 6000; // kept; the most distant ones are dropped

let generation = 0;

/** @param {ImageFilter} filter @param {ImageSort} sort @returns {ImageList} */
export function newList(filter, sort) {
  generation += 1;
  return Object.freeze({ filter, sort, total: null, days: [], items: new Map(), inserted: 0, generation, problem: null, milliseconds: 0 });
}

/** @param {ImageList} list @param {Partial<ImageList>} change @returns {ImageList} */
export function changedList(list, change) {
  return Object.freeze({ ...list, ...change });
}

/**
 * @param {ImageList} list
 * @param {number} offset
 * @param {readonly Asset[]} items
 * @returns {ImageList}
 */
export function withItems(list, offset, items) {
  const next = new Map(list.items);
  items.forEach((item, index) => next.set(offset + index, item));
  if (next.size > MOST_ITEMS) {
    const distant = [...next.keys()].sort((a, b) => Math.abs(b - offset) - Math.abs(a - offset));
    for (const index of distant.slice(0, next.size - MOST_ITEMS)) next.delete(index);
  }
  return changedList(list, { items: next });
}

/**
 * Makes room for new images at the top.
 * @param {ImageList} list
 * @param {number} count
 * @returns {ImageList}
 */
export function shifted(list, count) {
  const items = new Map([...list.items].map(([index, item]) => [index + count, item]));
  return changedList(list, { items, inserted: list.inserted + count });
}

/**
 * The list without some images; those behind them move up.
 * @param {ImageList} list
 * @param {ReadonlySet<string>} ids
 * @returns {ImageList}
 */
export function without(list, ids) {
  const removed = [...list.items].filter(([, { id }]) => ids.has(id)).map(([index]) => index).sort((a, b) => a - b);
  if (!removed.length) return list;
  /** @type {Map<number, Asset>} */
  const items = new Map();
  for (const [index, item] of list.items) {
    if (!ids.has(item.id)) items.set(index - before(removed, index), item);
  }
  const total = list.total === null ? null : list.total - removed.length;
  const days = list.days.map(({ day, count, offset }) => {
    const [first, end] = [before(removed, offset), before(removed, offset + count)];
    return { day, count: count - (end - first), offset: offset - first };
  });
  return changedList(list, { items, total, days: days.filter(({ count }) => count > 0) });
}

/** The number of places before one. @param {readonly number[]} places ascending @param {number} place */
function before(places, place) {
  const index = places.findIndex((other) => other >= place);
  return index < 0 ? places.length : index;
}

/** @param {ImageList} list @param {(item: Asset) => Asset} change @returns {ImageList} */
export function mapped(list, change) {
  let same = true;
  const items = new Map([...list.items].map(([index, item]) => {
    const next = change(item);
    same &&= next === item;
    return [index, next];
  }));
  return same ? list : changedList(list, { items });
}

/** @param {ImageList} list @param {string} id @returns {number} its place, -1 for an image that is not loaded */
export function placeOf(list, id) {
  for (const [index, item] of list.items) if (item.id === id) return index;
  return -1;
}

/**
 * Places that are not loaded, in pieces of whole pages.
 * @param {ImageList} list
 * @param {number} from
 * @param {number} to exclusive
 * @param {number} page images of a request
 * @returns {number[]} offsets of pages
 */
export function missingPages({ items, total }, from, to, page) {
  const pages = new Set();
  const end = Math.min(to, total ?? to);
  for (let index = Math.max(0, from); index < end; index += 1) {
    if (!items.has(index)) pages.add(Math.floor(index / page) * page);
  }
  return [...pages];
}

/**
 * Days in the order of the list.
 * @param {readonly Day[]} days newest first
 * @param {ImageSort} sort
 * @returns {readonly Day[]}
 */
export function daysInOrder(days, sort) {
  if (sort === "newest") return days;
  if (sort !== "oldest") return [];
  let offset = 0;
  return days.toReversed().map(({ day, count }) => {
    offset += count;
    return { day, count, offset: offset - count };
  });
}
