/**
 * Keyed lookups in the lists of a snapshot. An index is built once for each list and kept as long
 * as the list: lists are replaced and never changed in place.
 *
 * @import { Entry, InputPort, OutputPort } from "./types.js"
 */

/** @type {WeakMap<readonly object[], Map<string, any>>} */
const INDEXES = new WeakMap();

/**
 * @template {object} T
 * @param {readonly T[]} items always looked up by the same key
 * @param {(item: T) => string} key
 * @returns {Map<string, T>} the first item of every key
 */
function index(items, key) {
  let map = INDEXES.get(items);
  if (!map) {
    map = new Map(items.toReversed().map((item) => [key(item), item]));
    INDEXES.set(items, map);
  }
  return map;
}

/**
 * @template {{ id: string }} T
 * @param {readonly T[]} items
 * @param {unknown} id
 * @returns {T | undefined}
 */
export function withId(items, id) {
  return typeof id === "string" ? index(items, (item) => item.id).get(id) : undefined;
}

/**
 * @template {{ name: string }} T
 * @param {readonly T[]} items
 * @param {string | undefined} name
 * @returns {T | undefined}
 */
export function withName(items, name) {
  return name === undefined ? undefined : index(items, (item) => item.name).get(name);
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
