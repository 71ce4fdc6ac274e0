/**
 * Fragments: bricks with the wires between them, as text for the clipboard, and their insertion
 * under new ids.
 *
 * @import { Brick, Entry, Wire, Workflow } from "./types.js"
 * @import { Ids } from "./several.js"
 */
import { bricksOf } from "./several.js";
import { find, fits, FORMAT, freshId, inputAt, normalize, owner, portName } from "./workflow.js";

/**
 * A fragment, in the workflow format. `outside` holds the wires from and to other bricks.
 * @typedef {{ format: string, name: string, fragment: true, bricks: Brick[], wires: Wire[], outside: Wire[] }} Fragment
 */

export const MAX_BRICKS = 500; // of a workflow, as on the server
const MAX_WIRES = 2000;
const ID = /^[A-Za-z0-9_-]{1,64}$/;
const END = /^[A-Za-z0-9_-]{1,64}\.[a-z][a-z0-9_]{0,39}$/;
const BELOW = 1e6; // a row below all others

/**
 * @param {Workflow} workflow
 * @param {Ids} ids
 * @returns {Fragment}
 */
export function fragmentOf(workflow, ids) {
  const bricks = bricksOf(workflow, ids);
  const inside = new Set(bricks.map((brick) => brick.id));
  const touching = workflow.wires.filter((wire) => inside.has(owner(wire.from)) || inside.has(owner(wire.to)));
  const isInner = (/** @type {Wire} */ wire) => inside.has(owner(wire.from)) && inside.has(owner(wire.to));
  return {
    format: FORMAT,
    name: workflow.name,
    fragment: true,
    bricks,
    wires: touching.filter(isInner),
    outside: touching.filter((wire) => !isInner(wire)),
  };
}

/**
 * The fragment in a text, or null where the text is anything else.
 * @param {string} text
 * @returns {Fragment | null}
 */
export function readFragment(text) {
  const data = parsed(text);
  if (data?.format !== FORMAT || data.fragment !== true) return null;
  const { bricks, wires = [], outside = [] } = data;
  const lists = Array.isArray(bricks) && Array.isArray(wires) && Array.isArray(outside);
  if (!lists || !bricks.length || bricks.length > MAX_BRICKS || wires.length + outside.length > MAX_WIRES) return null;
  const ids = new Set(bricks.map((/** @type {any} */ brick) => brick?.id));
  if (ids.size !== bricks.length || !bricks.every(isBrick) || ![...wires, ...outside].every(isWire)) return null;
  const inner = wires.filter((/** @type {Wire} */ { from, to }) => ids.has(owner(from)) && ids.has(owner(to)));
  return { format: FORMAT, name: String(data.name ?? ""), fragment: true, bricks, wires: inner, outside };
}

/** Reports whether a text is JSON that an import may read. @param {string} text */
export function isJson(text) {
  const data = parsed(text);
  return typeof data === "object" && data !== null;
}

/** @param {string} text @returns {any} undefined for a text that is no JSON object or list */
function parsed(text) {
  if (!/^\s*[[{]/.test(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** @param {any} brick */
function isBrick(brick) {
  const props = brick?.props ?? {};
  const number = (/** @type {unknown} */ value) => value === undefined || Number.isInteger(value);
  if (typeof brick?.id !== "string" || !ID.test(brick.id)) return false;
  return typeof brick.type === "string" && typeof props === "object" && !Array.isArray(props) && number(brick.column) && number(brick.row);
}

/** @param {any} wire */
function isWire(wire) {
  return [wire?.from, wire?.to].every((end) => typeof end === "string" && END.test(end));
}

/**
 * Inserts copies of the bricks of a fragment. A copy stands below its original where the workflow
 * has that, else below the other bricks. Wires from other bricks are kept where they fit, wires to
 * other bricks where their input accepts several.
 * @param {Workflow} workflow
 * @param {Fragment} fragment
 * @param {Entry[]} entries
 * @param {number} [column] of the leftmost brick, where the originals are not in the workflow
 * @returns {{ workflow: Workflow, ids: string[] }}
 */
export function insertFragment(workflow, fragment, entries, column = 0) {
  const ids = new Map(fragment.bricks.map((brick) => [brick.id, freshId(brick.type)]));
  const left = Math.min(...fragment.bricks.map((brick) => brick.column ?? 0));
  const copies = fragment.bricks.map((brick, place) => {
    const original = find(workflow, brick.id);
    const at = original
      ? { column: original.column, row: original.row + 0.5 }
      : { column: column + (brick.column ?? 0) - left, row: BELOW + (brick.row ?? place) };
    return { ...brick, props: brick.props ?? {}, id: ids.get(brick.id) ?? brick.id, ...at };
  });
  const renamed = (/** @type {string} */ end) => `${ids.get(owner(end)) ?? owner(end)}.${portName(end)}`;
  const inner = fragment.wires.map(({ from, to }) => ({ from: renamed(from), to: renamed(to) }));
  const next = normalize({ ...workflow, bricks: [...workflow.bricks, ...copies], wires: [...workflow.wires, ...inner] });
  const kept = fragment.outside.filter((wire) => keepsWire(wire, ids, entries, workflow)).map(({ from, to }) => ({ from: renamed(from), to: renamed(to) }));
  const wires = kept.filter(({ from, to }) => fits(entries, next, from, to));
  return { workflow: normalize({ ...next, wires: [...next.wires, ...wires] }), ids: [...ids.values()] };
}

/**
 * @param {Wire} wire between a brick of the fragment and another one
 * @param {Map<string, string>} ids new ids of the fragment's bricks
 * @param {Entry[]} entries
 * @param {Workflow} workflow
 */
function keepsWire({ from, to }, ids, entries, workflow) {
  if (ids.has(owner(to))) return find(workflow, owner(from)) !== undefined;
  return inputAt(entries, workflow, to)?.many === true;
}
