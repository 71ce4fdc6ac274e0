/**
 * Geometry of the padding around an image, in pixels of the image.
 *
 * @typedef {"top" | "bottom" | "left" | "right"} Side
 * @typedef {Record<Side, number>} Padding
 * @typedef {"px" | "percent"} Unit
 * @typedef {import("../pane/viewport.js").Size} Size
 * @typedef {import("../mask/area.js").Area} Area
 */

/** @type {Side[]} */
export const SIDES = ["top", "bottom", "left", "right"];
const FREE = 0.14; // share of the drawing kept free on each side, to drag edges into
const GRID = 8; // pixels that a dragged edge snaps to

/** @param {Side} side @param {Size} size @returns {number} the length that 100 per cent of a side stands for */
function measure(side, size) {
  return side === "left" || side === "right" ? size.width : size.height;
}

/** @param {number} value @param {Side} side @param {Unit} unit @param {Size} size */
export function pixels(value, side, unit, size) {
  return unit === "percent" ? Math.round((value * measure(side, size)) / 100) : value;
}

/** @param {number} padding pixels @param {Side} side @param {Unit} unit @param {Size} size @returns {number} whole numbers */
export function inUnit(padding, side, unit, size) {
  return Math.max(0, Math.round(unit === "percent" ? (100 * padding) / measure(side, size) : padding));
}

/**
 * The padding after some edges were dragged by so many pixels.
 * @param {Padding} padding
 * @param {Side[]} sides
 * @param {number} dx
 * @param {number} dy
 * @returns {Padding}
 */
export function dragged(padding, sides, dx, dy) {
  const by = { left: -dx, right: dx, top: -dy, bottom: dy };
  const next = { ...padding };
  for (const side of sides) next[side] = Math.max(0, Math.round((padding[side] + by[side]) / GRID) * GRID);
  return next;
}

/**
 * The rectangles of padding and image in a drawing.
 * @param {Size} size of the image
 * @param {Padding} padding pixels
 * @param {Size} area of the drawing
 * @param {number} [kept] the scale to keep while an edge is dragged
 * @returns {{ outer: Area, inner: Area, scale: number }} `inner` is relative to `outer`
 */
export function layout(size, padding, area, kept) {
  const width = size.width + padding.left + padding.right;
  const height = size.height + padding.top + padding.bottom;
  const fitting = (1 - 2 * FREE) * Math.min(area.width / width, area.height / height);
  const scale = Math.min(kept ?? fitting, Math.min(area.width / width, area.height / height));
  const outer = {
    x: (area.width - width * scale) / 2,
    y: (area.height - height * scale) / 2,
    width: width * scale,
    height: height * scale,
  };
  const inner = { x: padding.left * scale, y: padding.top * scale, width: size.width * scale, height: size.height * scale };
  return { outer, inner, scale };
}
