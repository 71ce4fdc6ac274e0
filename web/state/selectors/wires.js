/** Wires in words, in reading order, and the other ends that they can take. */
/** @import { State } from "../types.js" */
/** @import { Wire } from "../../document/types.js" */
import { entryNamed } from "../../document/lookup.js";
import { find, fits, inputAt, owner, portName, portTitle } from "../../document/workflow.js";

/**
 * An end of a wire: its brick, with a number among several of its type, and the port among several.
 * @param {State} state
 * @param {string} end
 * @param {"inputs" | "outputs"} side
 */
export function endName(state, end, side) {
  const type = find(state.workflow, owner(end))?.type;
  const entry = entryNamed(state.entries, type);
  const same = state.workflow.bricks.filter((brick) => brick.type === type);
  const number = same.length > 1 ? ` ${same.findIndex((brick) => brick.id === owner(end)) + 1}` : "";
  const port = (entry?.[side].length ?? 0) > 1 ? ` · ${portTitle(entry, portName(end))}` : "";
  return `${entry?.title ?? type}${number}${port}`;
}

/** @param {State} state @param {Wire} wire */
export function wireName(state, { from, to }) {
  return `Wire from ${endName(state, from, "outputs")} to ${endName(state, to, "inputs")}`;
}

/** The wires by their sources, column by column from the top. @param {State} state @returns {Wire[]} */
export function wiresInOrder({ workflow }) {
  const place = (/** @type {Wire} */ { from, to }) => [from, to].flatMap((end) => [find(workflow, owner(end))?.column ?? 0, find(workflow, owner(end))?.row ?? 0]);
  return [...workflow.wires].sort((a, b) => {
    const [x, y] = [place(a), place(b)];
    const step = x.findIndex((value, index) => value !== y[index]);
    return step < 0 ? 0 : (x[step] ?? 0) - (y[step] ?? 0);
  });
}

/**
 * The wires that a wire can become by one other end: another input, or another output where the input
 * takes one wire alone. Those that exist already are left out.
 * @param {State} state
 * @param {Wire} wire
 * @returns {Wire[]}
 */
export function reroutes({ entries, workflow }, { from, to }) {
  const ends = (/** @type {"inputs" | "outputs"} */ side) =>
    workflow.bricks.flatMap(({ id, type }) => (entryNamed(entries, type)?.[side] ?? []).map(({ name }) => `${id}.${name}`));
  const present = new Set(workflow.wires.map((wire) => `${wire.from} ${wire.to}`));
  const outputs = inputAt(entries, workflow, to)?.many ? [] : ends("outputs");
  return [...ends("inputs").map((other) => ({ from, to: other })), ...outputs.map((other) => ({ from: other, to }))].filter(
    (other) => !present.has(`${other.from} ${other.to}`) && fits(entries, workflow, other.from, other.to),
  );
}
