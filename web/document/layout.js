/**
 * Columns and rows of a whole workflow: every wire leads to the right. A pure function of bricks
 * and wires, whatever their places were, so that a second call changes nothing.
 *
 * @import { Workflow } from "./types.js"
 */
import { owner, placeBricks, wiresInto, wiresOutOf } from "./workflow.js";

const LEAST_ROWS = 4; // that a column takes before it is split
const ROWS_SHARE = 0.62; // rows of a column by the root of all bricks: a wall twice as wide as high
const SWEEPS = 4; // passes that bring connected bricks to one height

/**
 * Bricks without wires between them are laid out apart, the largest part first: beside each other in bands, so that their
 * wires stay short and columns stay low.
 * @param {Workflow} workflow
 * @returns {Workflow}
 */
export function layOut(workflow) {
  const most = Math.max(LEAST_ROWS, Math.round(ROWS_SHARE * Math.sqrt(workflow.bricks.length)));
  /** @type {Map<string, { column: number, row: number }>} */
  const places = new Map();
  /** @type {number[]} rows that the band at hand uses, by column */
  let band = [];
  let first = 0;
  for (const part of parts(workflow).toSorted((a, b) => b.length - a.length)) {
    const layers = chunked(ordered(workflow, layered(workflow, part)), most);
    const fits = layers.every((layer, index) => (band[index] ?? 0) + layer.length <= most);
    if (band.length && !fits) {
      first += band.length;
      band = [];
    }
    const row = Math.max(0, ...layers.map((_, index) => band[index] ?? 0));
    layers.forEach((layer, index) => {
      layer.forEach((id, below) => places.set(id, { column: first + index, row: row + below }));
      band[index] = row + layer.length;
    });
  }
  return placeBricks(workflow, places);
}

/** Bricks that wires connect, directly or not. @param {Workflow} workflow @returns {string[][]} in the order of the document */
function parts(workflow) {
  const seen = new Set();
  return workflow.bricks.flatMap(({ id }) => {
    if (seen.has(id)) return [];
    const part = new Set([id]);
    for (const member of part) {
      for (const other of [...sources(workflow, member), ...targets(workflow, member)]) part.add(other);
    }
    for (const member of part) seen.add(member);
    return [workflow.bricks.flatMap((brick) => (part.has(brick.id) ? [brick.id] : []))];
  });
}

/**
 * Bricks by the longest way from a brick without input. What has no input itself stands before
 * what it feeds. A wire that closes a circle is left out.
 * @param {Workflow} workflow
 * @param {string[]} part
 * @returns {string[][]} layers from left to right
 */
function layered(workflow, part) {
  /** @type {Map<string, number>} */
  const depths = new Map();
  /** @type {Set<string>} */
  const open = new Set();
  /** @param {string} id @returns {number} */
  const depth = (id) => {
    const settled = depths.get(id);
    if (settled !== undefined) return settled;
    open.add(id);
    const before = sources(workflow, id).filter((source) => !open.has(source));
    const value = Math.max(-1, ...before.map(depth)) + 1;
    open.delete(id);
    depths.set(id, value);
    return value;
  };
  part.forEach(depth);
  for (const id of part) {
    const fed = targets(workflow, id);
    if (!sources(workflow, id).length && fed.length) depths.set(id, Math.max(0, Math.min(...fed.map((target) => depths.get(target) ?? 0)) - 1));
  }
  /** @type {string[][]} */
  const layers = [];
  for (const id of part) (layers[depths.get(id) ?? 0] ??= []).push(id);
  return layers.filter(Boolean);
}

/** Brings connected bricks of neighbouring layers to about one height. @param {Workflow} workflow @param {string[][]} layers */
function ordered(workflow, layers) {
  let result = layers;
  for (let sweep = 0; sweep < SWEEPS; sweep += 1) {
    const neighbours = sweep % 2 ? targets : sources;
    const heights = new Map(result.flatMap((layer) => layer.map((id, row) => [id, row / layer.length])));
    result = result.map((layer) => {
      const aims = new Map(layer.map((id) => [id, mean(neighbours(workflow, id).map((other) => heights.get(other) ?? 0)) ?? heights.get(id) ?? 0]));
      return layer.toSorted((a, b) => (aims.get(a) ?? 0) - (aims.get(b) ?? 0));
    });
  }
  return result;
}

/** Splits high layers into several of about one height. @param {string[][]} layers @param {number} most */
function chunked(layers, most) {
  return layers.flatMap((layer) => {
    const height = Math.ceil(layer.length / Math.ceil(layer.length / most));
    return Array.from({ length: Math.ceil(layer.length / height) }, (_, index) => layer.slice(index * height, (index + 1) * height));
  });
}

/** @param {number[]} values */
function mean(values) {
  return values.length ? values.reduce((sum, value) => sum + value, 0) / values.length : undefined;
}

/** @param {Workflow} workflow @param {string} id */
function sources(workflow, id) {
  return [...new Set(wiresInto(workflow, id).map(({ from }) => owner(from)))];
}

/** @param {Workflow} workflow @param {string} id */
function targets(workflow, id) {
  return [...new Set(wiresOutOf(workflow, id).map(({ to }) => owner(to)))];
}
