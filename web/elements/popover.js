/** The position of a popover: below its button, or above it where space is short. */

const GAP = 4;

/**
 * @param {HTMLElement} popover already open, `position: fixed`
 * @param {HTMLElement} button
 * @param {{ width: number, height: number }} most
 */
export function placePopover(popover, button, most) {
  const box = button.getBoundingClientRect();
  const width = Math.min(Math.max(box.width, most.width), innerWidth - 2 * GAP);
  const below = innerHeight - box.bottom - 2 * GAP;
  const upward = below < 240 && box.top > below;
  const style = popover.style;
  style.width = `${width}px`;
  style.left = `${Math.max(GAP, Math.min(box.left, innerWidth - width - GAP))}px`;
  style.maxHeight = `${Math.min(most.height, upward ? box.top - 2 * GAP : below)}px`;
  style.top = upward ? "auto" : `${box.bottom + GAP}px`;
  style.bottom = upward ? `${innerHeight - box.top + GAP}px` : "auto";
}
