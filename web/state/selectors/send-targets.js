/** Bricks that accept an image, from their declarations. */
/** @import { Entry } from "../../document/types.js" */
/** @import { State } from "../types.js" */
import { entryNamed, portOfField } from "../../document/lookup.js";

/** @typedef {{ entry: Entry, name: string, title: string, brick: string }} SendTarget an empty `brick` stands for a new one */

/** @param {Entry} entry @param {string} kind image or mask @returns {string[]} parameters of that kind */
function imageFields(entry, kind) {
  return Object.entries(entry.schema.properties)
    .filter(([name, schema]) => schema.ui?.widget === "image" && (portOfField(entry, name)?.type ?? "image") === kind)
    .map(([name]) => name);
}

/**
 * @param {Entry} entry
 * @param {string} kind
 * @param {string} brick
 * @param {string} title
 * @returns {SendTarget[]}
 */
function targetsOf(entry, kind, brick, title) {
  const names = imageFields(entry, kind);
  return names.map((name) => {
    const part = entry.schema.properties[name]?.title ?? name;
    return { entry, name, brick, title: names.length > 1 ? `${title} · ${part}` : title };
  });
}

/** @param {State} state @param {string} kind image or mask @returns {SendTarget[]} bricks of the workflow */
export function targetsOnWall(state, kind) {
  return state.workflow.bricks.flatMap((brick) => {
    const entry = entryNamed(state.entries, brick.type);
    const same = state.workflow.bricks.filter((other) => other.type === brick.type);
    const number = same.length > 1 ? ` ${same.indexOf(brick) + 1}` : "";
    return entry ? targetsOf(entry, kind, brick.id, `${entry.title}${number}`) : [];
  });
}

/** @param {State} state @param {string} kind image or mask @returns {SendTarget[]} bricks that can be added */
export function newTargets(state, kind) {
  return state.entries.filter((entry) => entry.has_brick).flatMap((entry) => targetsOf(entry, kind, "", entry.title));
}
