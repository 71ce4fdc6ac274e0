/**
 * Keyed lookups in the lists of a snapshot. An index is built once for each list and kept as long
 * as the list: lists are replaced and never changed in place.
 *
 * @import { Entry, InputPort, OutputPort } from "./types.js"
 */

/** @typedef {(key: string, look: (items: readonly object[]) => unknown) => void} Recorder */

/** @type {WeakMap<readonly object[], Map<string, Map<string, any>>>} by the name of the index */
const INDEXES = new WeakMap();
/** @type {WeakMap<readonly object[], { items: readonly object[], record: Recorder }>} */
const RECORDED = new WeakMap();
/** @type {readonly never[]} */
const NONE = Object.freeze([]);

/**
 * Records the lookups in a view of a list.
 * @param {readonly object[]} view
 * @param {readonly object[]} items the list that it shows
 * @param {Recorder} record gets each lookup with its key
 */
export function recordLookups(view, items, record) {
  RECORDED.set(view, { items, record });
}

/**
 * @template {object} T
 * @param {readonly T[]} items
 * @param {string} name of the index: one name for one key function
 * @param {(item: T) => string} key
 * @returns {Map<string, T[]>} the items of every key, in the order of the list
 */
function index(items, name, key) {
  let indexes = INDEXES.get(items);
  if (!indexes) INDEXES.set(items, (indexes = new Map()));
  const built = indexes.get(name);
  if (built) return built;
  /** @type {Map<string, T[]>} */
  const map = new Map();
  for (const item of items) {
    const value = key(item);
    const group = map.get(value);
    if (group) group.push(item);
    else map.set(value, [item]);
  }
  indexes.set(name, map);
  return map;
}

/**
 * The items with a key.
 * @template {object} T
 * @param {readonly T[]} items
 * @param {string} name of the index
 * @param {(item: T) => string} key
 * @param {string} value
 * @returns {readonly T[]}
 */
export function withKey(items, name, key, value) {
  const recorded = RECORDED.get(items);
  /** @param {readonly object[]} list @returns {readonly T[]} */
  const look = (list) => index(/** @type {readonly T[]} */ (list), name, key).get(value) ?? NONE;
  recorded?.record(`${name} ${value}`, look);
  return look(recorded?.items ?? items);
}

/**
 * @template {{ id: string }} T
 * @param {readonly T[]} items
 * @param {unknown} id
 * @returns {T | undefined}
 */
export function withId(items, id) {
  return typeof id === "string" ? withKey(items, "id", (item) => item.id, id)[0] : undefined;
}

/**
 * @template {{ name: string }} T
 * @param {readonly T[]} items
 * @param {string | undefined} name
 * @returns {T | undefined}
 */
export function withName(items, name) {
  return name === undefined ? undefined : withKey(items, "name", (item) => item.name, name)[0];
}

/**
 * The declaration of an operation, a value or a view.
 * @param {readonly Entry[]} entries
 * @param {string | undefined} name
 * @returns {Entry | undefined}
 */
export function entryNamed(entries, name) {
  return withName(entries, name);
}

/**
 * The input port that feeds a parameter.
 * @param {Entry | undefined} entry
 * @param {string} name
 * @returns {InputPort | undefined}
 */
export function portOfField(entry, name) {
  return entry?.inputs.find((port) => port.fields.includes(name));
}

/**
 * Reports whether an operation makes what it takes, such as one image of another.
 * @param {Entry | undefined} entry
 */
export function changesInput(entry) {
  return entry?.kind === "operation" && entry.inputs.some((input) => entry.outputs.some((output) => output.type === input.type));
}

/**
 * The first value brick with a matching output.
 * @param {readonly Entry[]} entries
 * @param {(port: OutputPort) => boolean} matches
 * @returns {Entry | undefined}
 */
export function valueEntry(entries, matches) {
  return entries.find((entry) => entry.kind === "value" && entry.outputs.some(matches));
}
