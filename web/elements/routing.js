/**
 * Routes of wires over columns of bricks. A wire curves in the free space between two columns, and
 * crosses a column in a gap between its bricks: no brick hides it. Lengths in CSS pixels.
 *
 * @typedef {{ x: number, y: number }} Point
 * @typedef {{ top: number, bottom: number }} Box
 * @typedef {{ left: number, right: number, boxes: Box[] }} Column boxes from top to bottom
 * @typedef {Point & { column: number }} End of a wire, on the edge of its column
 * @typedef {{ way: "curve" | "line" | "turn", to: Point }} Step
 */
const ABOVE = 5; // of the first brick, below the title of the column
const BELOW = 10; // the last brick
const LANE = 4; // between two wires in one gap
const OUTER_LANES = 12; // below a column
const TURN = 26; // reach of a turn back

export class Router {
  /** @type {Map<string, number>} wires by gap */
  #used = new Map();

  /** @param {Column[]} columns from left to right */
  constructor(columns) {
    this.columns = columns;
  }

  /**
   * @param {End} from an output, on the right edge
   * @param {End} to an input, on the left edge
   * @returns {Step[]}
   */
  route(from, to) {
    const forward = to.column > from.column;
    /** @type {Step[]} */
    const steps = [];
    let { y } = from;
    for (const index of crossed(from.column, to.column)) {
      const column = this.columns[index];
      if (!column) continue;
      y = this.#lane(index, column, y, to.y);
      const [enter, leave] = forward ? [column.left, column.right] : [column.right, column.left];
      const way = !forward && steps.length === 0 ? "turn" : "curve";
      steps.push({ way, to: { x: enter, y } }, { way: "line", to: { x: leave, y } });
    }
    steps.push({ way: forward ? "curve" : "turn", to: { x: to.x, y: to.y } });
    return steps;
  }

  /**
   * A free height at which a wire crosses a column, in the gap that makes it the shortest.
   * @param {number} index
   * @param {Column} column
   * @param {number} from height before the column
   * @param {number} to height of the end
   */
  #lane(index, { boxes }, from, to) {
    const first = boxes[0];
    const last = boxes.at(-1);
    if (!first || !last) return (from + to) / 2;
    /** @param {number} y */
    const length = (y) => Math.abs(y - from) + Math.abs(y - to);
    let best = { gap: boxes.length, y: last.bottom + BELOW, most: OUTER_LANES };
    for (let gap = 1; gap < boxes.length; gap += 1) {
      const [upper, lower] = [boxes[gap - 1], boxes[gap]];
      if (!upper || !lower) continue;
      const y = (upper.bottom + lower.top) / 2;
      if (length(y) < length(best.y)) best = { gap, y, most: Math.max(1, Math.floor((lower.top - upper.bottom) / LANE) - 1) };
    }
    if (length(first.top - ABOVE) < length(best.y)) best = { gap: 0, y: first.top - ABOVE, most: 1 };
    const key = `${index} ${best.gap}`;
    const used = this.#used.get(key) ?? 0;
    this.#used.set(key, used + 1);
    const lane = used % best.most;
    if (best.gap === boxes.length) return best.y + lane * LANE;
    return best.y + (lane % 2 ? -1 : 1) * Math.ceil(lane / 2) * LANE;
  }
}

/**
 * The columns that a wire crosses, in its order. A wire back crosses those of both its ends.
 * @param {number} from
 * @param {number} to
 */
function crossed(from, to) {
  if (to > from) return Array.from({ length: to - from - 1 }, (_, step) => from + 1 + step);
  return Array.from({ length: from - to + 1 }, (_, step) => from - step);
}

/**
 * A route as the data of an SVG path.
 * @param {Point} from
 * @param {Step[]} steps
 */
export function pathOf(from, steps) {
  let path = `M${from.x} ${from.y}`;
  let at = from;
  steps.forEach(({ way, to }, index) => {
    const outward = index === 0 ? TURN : -TURN;
    const half = (to.x - at.x) / 2;
    if (way === "line") path += `L${to.x} ${to.y}`;
    else if (way === "turn") path += `C${at.x + outward} ${at.y} ${to.x + outward} ${to.y} ${to.x} ${to.y}`;
    else path += `C${at.x + half} ${at.y} ${to.x - half} ${to.y} ${to.x} ${to.y}`;
    at = to;
  });
  return path;
}
