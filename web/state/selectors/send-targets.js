/** Which bricks take a picture, read from their declarations alone. */
/** @import { Entry } from "../../document/types.js" */
/** @import { State } from "../types.js" */
import { entryNamed, portOfField } from "../../document/lookup.js";

/** @typedef {{ entry: Entry, name: string, title: string, brick: string }} Taker brick is empty for a new one */

/** @param {Entry} entry @param {string} kind @returns {string[]} its parameters that hold such a picture */
function pictureFields(entry, kind) {
  return Object.entries(entry.schema.properties)
    .filter(([name, schema]) => schema.ui?.widget === "image" && (portOfField(entry, name)?.type ?? "image") === kind)
    .map(([name]) => name);
}

/**
 * @param {Entry} entry
 * @param {string} kind
 * @param {string} brick
 * @param {string} title
 * @returns {Taker[]}
 */
function takersOf(entry, kind, brick, title) {
  const names = pictureFields(entry, kind);
  return names.map((name) => {
    const part = entry.schema.properties[name]?.title ?? name;
    return { entry, name, brick, title: names.length > 1 ? `${title} · ${part}` : title };
  });
}

/** @param {State} state @param {string} kind image or mask @returns {Taker[]} what stands on the wall and takes one */
export function takersHere(state, kind) {
  return state.workflow.bricks.flatMap((brick) => {
    const entry = entryNamed(state.entries, brick.type);
    const same = state.workflow.bricks.filter((other) => other.type === brick.type);
    const number = same.length > 1 ? ` ${same.indexOf(brick) + 1}` : "";
    return entry ? takersOf(entry, kind, brick.id, `${entry.title}${number}`) : [];
  });
}

/** @param {State} state @param {string} kind image or mask @returns {Taker[]} what could be added and takes one */
export function takersNew(state, kind) {
  return state.entries.filter((entry) => entry.on_wall).flatMap((entry) => takersOf(entry, kind, "", entry.title));
}
