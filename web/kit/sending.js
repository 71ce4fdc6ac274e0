/** Which bricks take a picture, read from their declarations alone. */
/** @import { Entry, InputPort, State } from "./types.js" */

/** @typedef {{ entry: Entry, name: string, title: string, brick: string }} Taker brick is empty for a new one */

/**
 * The input port that a parameter belongs to.
 * @param {Entry | undefined} entry
 * @param {string} name
 * @returns {InputPort | undefined}
 */
export function portOf(entry, name) {
  return entry?.inputs.find((input) => input.fields.includes(name));
}

/** @param {Entry} entry @returns {string[]} its parameters that hold a picture */
function pictureFields(entry) {
  return Object.entries(entry.schema.properties)
    .filter(([name, schema]) => schema.ui?.widget === "image" && (portOf(entry, name)?.type ?? "image") === "image")
    .map(([name]) => name);
}

/**
 * @param {Entry} entry
 * @param {string} brick
 * @param {string} title
 * @returns {Taker[]}
 */
function takersOf(entry, brick, title) {
  const names = pictureFields(entry);
  return names.map((name) => {
    const part = entry.schema.properties[name]?.title ?? name;
    return { entry, name, brick, title: names.length > 1 ? `${title} · ${part}` : title };
  });
}

/** @param {State} state @returns {Taker[]} what stands on the wall and takes a picture */
export function takersHere(state) {
  return state.workflow.bricks.flatMap((brick) => {
    const entry = state.entries.find((other) => other.name === brick.type);
    const same = state.workflow.bricks.filter((other) => other.type === brick.type);
    const number = same.length > 1 ? ` ${same.indexOf(brick) + 1}` : "";
    return entry ? takersOf(entry, brick.id, `${entry.title}${number}`) : [];
  });
}

/** @param {State} state @returns {Taker[]} what could be added and takes a picture */
export function takersNew(state) {
  return state.entries.filter((entry) => entry.on_wall).flatMap((entry) => takersOf(entry, "", entry.title));
}
