/** Selectors of kinds: the display of outputs and the colours of wires. */
/** @import { Kind } from "../../document/types.js" */
/** @import { Output, State } from "../types.js" */
import { withName } from "../../document/lookup.js";

/**
 * @param {State} state
 * @param {string} name
 * @returns {Kind | undefined}
 */
export function kindNamed(state, name) {
  return withName(state.kinds, name);
}

/**
 * The display of an output; an unknown kind is shown as a plain value.
 * @param {State} state
 * @param {Output} output
 * @returns {Kind["display"]}
 */
export function displayOf(state, output) {
  return kindNamed(state, output.kind)?.display ?? "value";
}

/**
 * The CSS colour of a kind's wires and ports.
 * @param {State} state
 * @param {string} name
 */
export function wireColour(state, name) {
  const wire = kindNamed(state, name)?.wire;
  return wire ? `light-dark(${wire.light}, ${wire.dark})` : "var(--wire-other)";
}
