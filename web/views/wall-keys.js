/** Keys of the focused brick: navigate, move, enter, collapse, remove. */
/** @import { State } from "../state/types.js" */
import { columns, find } from "../document/workflow.js";
import { BrickElement } from "../bricks/brick.js";
import { BRICK_ACTIONS, FOCUS_WIRES } from "./brick-actions.js";
import { isPressed } from "./keys.js";

/** @typedef {(brick: string) => void} Focus focuses a brick by its id */
/** @typedef {import("./wire-keys.js").WireKeys} WireKeys */

/** @type {Record<string, [number, number]>} */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/**
 * @param {KeyboardEvent} event
 * @param {Focus} focus
 * @param {State} state
 * @param {WireKeys} wireKeys
 */
export function wallKey(event, focus, state, wireKeys) {
  const target = event.target;
  if (!(target instanceof Element) || event.defaultPrevented) return;
  const brick = target.closest(".brick");
  if (!(brick instanceof BrickElement)) return;
  if (target !== brick) {
    if (event.key === "Escape") {
      brick.focus();
      event.preventDefault();
    }
    return;
  }
  if (isPressed(FOCUS_WIRES, event, state.keys) ? wireKeys.enter(brick.brickId, state) : onBrick(event, brick, focus, state)) event.preventDefault();
}

/**
 * @param {KeyboardEvent} event
 * @param {BrickElement} brick
 * @param {Focus} focus
 * @param {State} state
 * @returns {boolean} true for a handled key
 */
function onBrick(event, brick, focus, state) {
  const id = brick.brickId;
  const arrow = event.ctrlKey || event.metaKey ? undefined : ARROWS[event.key];
  if (arrow && event.altKey) {
    brick.request("nudge-brick", { brick: id, dx: arrow[0], dy: arrow[1] });
    return true;
  }
  if (arrow && event.shiftKey) brick.request("select", { bricks: [id], mode: "add" });
  if (arrow) return walk(id, arrow, event.shiftKey ? extend(brick, focus) : focus, state);
  if (event.key === "Enter" && !event.ctrlKey && !event.metaKey) {
    brick.enter();
    return true;
  }
  if (event.key === "Escape" && state.selected.length) {
    brick.request("select", { bricks: [] });
    return true;
  }
  const action = BRICK_ACTIONS.find((item) => (item.fits?.(brick.entry) ?? true) && isPressed(item, event, state.keys));
  if (!action?.request) return false;
  if (action.leaves && !walk(id, [0, -1], focus, state)) walk(id, [0, 1], focus, state);
  const [name, detail] = action.request(id);
  brick.request(name, detail);
  return true;
}

/** Focuses a brick and selects it, too. @param {BrickElement} brick @param {Focus} focus @returns {Focus} */
function extend(brick, focus) {
  return (id) => {
    brick.request("select", { bricks: [id], mode: "add" });
    focus(id);
  };
}

/**
 * @param {string} id
 * @param {[number, number]} arrow
 * @param {Focus} focus
 * @param {State} state
 */
function walk(id, [dx, dy], focus, state) {
  const current = find(state.workflow, id);
  const stacks = columns(state.workflow);
  const stack = current && stacks[current.column + dx];
  if (!current || !stack) return false;
  const row = dx ? Math.min(current.row, stack.length - 1) : current.row + dy;
  const next = stack[row];
  if (!next) return false;
  focus(next.id);
  return true;
}
