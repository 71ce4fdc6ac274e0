/**
 * The geometry of room around a picture. Pure functions; pixels are those of the picture.
 *
 * @typedef {"top" | "bottom" | "left" | "right"} Side
 * @typedef {Record<Side, number>} Padding
 * @typedef {"px" | "percent"} Unit
 * @typedef {import("../pane/viewport.js").Size} Size
 * @typedef {import("../mask/area.js").Area} Area
 */

/** @type {Side[]} */
export const SIDES = ["top", "bottom", "left", "right"];
const FREE = 0.14; // of the drawing's width and height on each side, to draw edges into
const GRID = 8; // pixels that a dragged edge snaps to

/** @param {Side} side @param {Size} size @returns {number} what 100 per cent of a side's room is */
function measure(side, size) {
  return side === "left" || side === "right" ? size.width : size.height;
}

/** @param {number} value @param {Side} side @param {Unit} unit @param {Size} size */
export function pixels(value, side, unit, size) {
  return unit === "percent" ? Math.round((value * measure(side, size)) / 100) : value;
}

/** @param {number} room pixels @param {Side} side @param {Unit} unit @param {Size} size @returns {number} whole numbers */
export function inUnit(room, side, unit, size) {
  return Math.max(0, Math.round(unit === "percent" ? (100 * room) / measure(side, size) : room));
}

/**
 * The room after some of its edges were drawn by so many pixels.
 * @param {Padding} room
 * @param {Side[]} sides
 * @param {number} dx
 * @param {number} dy
 * @returns {Padding}
 */
export function dragged(room, sides, dx, dy) {
  const by = { left: -dx, right: dx, top: -dy, bottom: dy };
  const next = { ...room };
  for (const side of sides) next[side] = Math.max(0, Math.round((room[side] + by[side]) / GRID) * GRID);
  return next;
}

/**
 * Where the frame and the picture in it stand in a drawing.
 * @param {Size} size of the picture
 * @param {Padding} room pixels
 * @param {Size} area of the drawing
 * @param {number} [kept] the scale to keep while an edge is being drawn
 * @returns {{ outer: Area, inner: Area, scale: number }} `inner` is relative to `outer`
 */
export function layout(size, room, area, kept) {
  const width = size.width + room.left + room.right;
  const height = size.height + room.top + room.bottom;
  const fitting = (1 - 2 * FREE) * Math.min(area.width / width, area.height / height);
  const scale = Math.min(kept ?? fitting, Math.min(area.width / width, area.height / height));
  const outer = {
    x: (area.width - width * scale) / 2,
    y: (area.height - height * scale) / 2,
    width: width * scale,
    height: height * scale,
  };
  const inner = { x: room.left * scale, y: room.top * scale, width: size.width * scale, height: size.height * scale };
  return { outer, inner, scale };
}
