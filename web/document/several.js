/**
 * Edits of several bricks at once, as pure functions. Positions may be fractions while they are
 * compared; `normalize` numbers them anew.
 *
 * @import { Brick, Workflow } from "./types.js"
 */
import { columns, find, normalize, owner } from "./workflow.js";

/** @typedef {readonly string[]} Ids ids of bricks */

const APART = 1e-4; // keeps the order of moved bricks within the place that they move to

/** The bricks with these ids, from left to right and from top to bottom. @param {Workflow} workflow @param {Ids} ids */
export function bricksOf(workflow, ids) {
  const wanted = new Set(ids);
  return workflow.bricks.filter((brick) => wanted.has(brick.id)).sort((a, b) => a.column - b.column || a.row - b.row);
}

/** @param {Workflow} workflow @param {Ids} ids */
export function removeAll(workflow, ids) {
  const gone = new Set(ids);
  if (!workflow.bricks.some((brick) => gone.has(brick.id))) return workflow;
  return normalize({
    ...workflow,
    bricks: workflow.bricks.filter((brick) => !gone.has(brick.id)),
    wires: workflow.wires.filter((wire) => !gone.has(owner(wire.from)) && !gone.has(owner(wire.to))),
  });
}

/** @param {Workflow} workflow @param {Ids} ids @param {Pick<Brick, "bypassed"> | Pick<Brick, "collapsed">} flag */
export function setFlags(workflow, ids, flag) {
  const chosen = new Set(ids);
  return normalize({ ...workflow, bricks: workflow.bricks.map((brick) => (chosen.has(brick.id) ? { ...brick, ...flag } : brick)) });
}

/**
 * Moves bricks so that one of them, the lead, comes to a place. The others keep their columns
 * relative to it.
 * @param {Workflow} workflow
 * @param {Ids} ids
 * @param {string} lead
 * @param {number} column target of the lead; `insert` adds new columns before it
 * @param {number} row index among the bricks of the column that stay
 * @param {boolean} [insert]
 */
export function moveAll(workflow, ids, lead, column, row, insert = false) {
  const moving = bricksOf(workflow, ids);
  const first = find(workflow, lead);
  if (!first || !moving.includes(first)) return workflow;
  const places = new Map(
    moving.map((brick, place) => {
      const away = brick.column - first.column;
      const target = insert ? column - 0.5 + away * APART : Math.max(0, column + away);
      return [brick.id, { column: target, row: row - 0.5 + place * APART }];
    }),
  );
  const staying = stayingRows(workflow, new Set(places.keys()));
  return normalize({
    ...workflow,
    bricks: workflow.bricks.map((brick) => ({ ...brick, ...(places.get(brick.id) ?? { row: staying.get(brick.id) ?? brick.row }) })),
  });
}

/** The rows of the bricks that stay, once the others have left. @param {Workflow} workflow @param {Set<string>} moving */
function stayingRows(workflow, moving) {
  /** @type {Map<number, number>} */
  const heights = new Map();
  const staying = workflow.bricks.filter((brick) => !moving.has(brick.id)).sort((a, b) => a.row - b.row);
  return new Map(
    staying.map((brick) => {
      const row = heights.get(brick.column) ?? 0;
      heights.set(brick.column, row + 1);
      return [brick.id, row];
    }),
  );
}

/**
 * Moves bricks one step: within their columns, to the next columns, or past the edge into new ones.
 * @param {Workflow} workflow
 * @param {Ids} ids
 * @param {number} dx
 * @param {number} dy
 */
export function nudgeAll(workflow, ids, dx, dy) {
  const chosen = new Set(ids);
  if (!workflow.bricks.some((brick) => chosen.has(brick.id))) return workflow;
  if (dy) return shiftRows(workflow, chosen, dy);
  const bricks = workflow.bricks.map((brick) => (chosen.has(brick.id) ? { ...brick, column: brick.column + dx, row: brick.row - 0.5 } : brick));
  return normalize({ ...workflow, bricks });
}

/** @param {Workflow} workflow @param {Set<string>} chosen @param {number} dy */
function shiftRows(workflow, chosen, dy) {
  /** @type {Map<string, number>} */
  const rows = new Map();
  for (const stack of columns(workflow)) {
    const order = dy < 0 ? stack : stack.toReversed();
    for (let place = 1; place < order.length; place += 1) {
      const [before, brick] = [order[place - 1], order[place]];
      if (!before || !brick || !chosen.has(brick.id) || chosen.has(before.id)) continue;
      order[place - 1] = brick;
      order[place] = before;
    }
    (dy < 0 ? order : order.toReversed()).forEach((brick, row) => rows.set(brick.id, row));
  }
  return normalize({ ...workflow, bricks: workflow.bricks.map((brick) => withRow(brick, rows.get(brick.id) ?? brick.row)) });
}

/** @param {Brick} brick @param {number} row */
function withRow(brick, row) {
  return brick.row === row ? brick : { ...brick, row };
}
