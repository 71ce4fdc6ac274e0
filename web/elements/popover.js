/**
 * The position of a popover: below its button, or above it where space is short. It follows the
 * button while it is open, and never covers it.
 */

const GAP = 4;
const ENOUGH = 240; // pixels below the button that are enough

/** @typedef {{ width: number, height: number }} Size */
/** @typedef {{ left: number, top: number, bottom: number, width: number }} Box */
/** @typedef {{ left: number, width: number, height: number, upward: boolean }} Placement `height`: the largest that leaves the button visible */

/** @type {WeakMap<HTMLElement, HTMLElement>} the button that each open popover follows */
const buttons = new WeakMap();

/**
 * Places a popover at its button, and again whenever the button moves.
 * @param {HTMLElement} popover already open, `position: fixed`
 * @param {HTMLElement} button
 * @param {Size} most
 */
export function placePopover(popover, button, most) {
  buttons.set(popover, button);
  let placed = "";
  const follow = () => {
    if (buttons.get(popover) !== button || !button.isConnected) return;
    const { left, top, bottom, width } = button.getBoundingClientRect();
    const spot = [left, top, bottom, width, innerWidth, innerHeight].join(" ");
    if (spot !== placed) apply(popover, placement({ left, top, bottom, width }, most, { width: innerWidth, height: innerHeight }), { top, bottom });
    placed = spot;
    if (popover.matches(":popover-open")) requestAnimationFrame(follow);
    else buttons.delete(popover);
  };
  follow();
}

/**
 * The side and the size of a popover beside a box of a window.
 * @param {Box} box of the button
 * @param {Size} most
 * @param {Size} frame the window
 * @returns {Placement}
 */
export function placement(box, most, frame) {
  const width = Math.min(Math.max(box.width, most.width), frame.width - 2 * GAP);
  const below = frame.height - box.bottom - 2 * GAP;
  const above = box.top - 2 * GAP;
  const upward = below < Math.min(ENOUGH, most.height) && above > below;
  const left = Math.max(GAP, Math.min(box.left, frame.width - width - GAP));
  return { left, width, height: Math.max(0, Math.min(most.height, upward ? above : below)), upward };
}

/** @param {HTMLElement} popover @param {Placement} placement @param {{ top: number, bottom: number }} box of the button */
function apply({ style }, { left, width, height, upward }, { top, bottom }) {
  style.width = `${width}px`;
  style.left = `${left}px`;
  style.maxHeight = `${height}px`;
  style.top = upward ? "auto" : `${bottom + GAP}px`;
  style.bottom = upward ? `${innerHeight - top + GAP}px` : "auto";
}
