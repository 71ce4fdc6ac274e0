/** Geometry of wires. */

/** @typedef {{ x: number, y: number }} Point */

const SHORTEST_BEND = 28;

/**
 * The path of a curve that leaves to the right and arrives from the left.
 * @param {Point} from
 * @param {Point} to
 */
export function wirePath(from, to) {
  const bend = Math.max(SHORTEST_BEND, Math.abs(to.x - from.x) / 2);
  return `M${from.x} ${from.y}C${from.x + bend} ${from.y} ${to.x - bend} ${to.y} ${to.x} ${to.y}`;
}

/**
 * @param {DOMRect} box
 * @param {DOMRect} frame
 * @returns {Point} the middle of a box, seen from the corner of a frame
 */
export function middle(box, frame) {
  return { x: box.left + box.width / 2 - frame.left, y: box.top + box.height / 2 - frame.top };
}
