/**
 * Rectangles of whole pixels, and the tiles that they touch.
 *
 * @typedef {{ x: number, y: number, width: number, height: number }} Area
 * @typedef {import("../pane/viewport.js").Point} Point
 * @typedef {import("../pane/viewport.js").Size} Size
 */

export const TILE = 256;

/**
 * The bounding box of some points with a margin, clipped to an image.
 * @param {Point[]} points
 * @param {number} margin
 * @param {Size} within
 * @returns {Area} of zero width outside the image
 */
export function around(points, margin, within) {
  const xs = points.map((point) => point.x);
  const ys = points.map((point) => point.y);
  const clip = (/** @type {number} */ value, /** @type {number} */ most) => Math.min(most, Math.max(0, value));
  const x = clip(Math.floor(Math.min(...xs) - margin), within.width);
  const y = clip(Math.floor(Math.min(...ys) - margin), within.height);
  const right = clip(Math.ceil(Math.max(...xs) + margin), within.width);
  const bottom = clip(Math.ceil(Math.max(...ys) + margin), within.height);
  return { x, y, width: right - x, height: bottom - y };
}

/** @param {Area | null} a @param {Area} b @returns {Area} the bounding box of both */
export function union(a, b) {
  if (!a || !a.width || !a.height) return b;
  if (!b.width || !b.height) return a;
  const x = Math.min(a.x, b.x);
  const y = Math.min(a.y, b.y);
  const width = Math.max(a.x + a.width, b.x + b.width) - x;
  const height = Math.max(a.y + a.height, b.y + b.height) - y;
  return { x, y, width, height };
}

/**
 * The tiles that an area touches.
 * @param {Area} area
 * @param {Size} within
 * @returns {Area[]}
 */
export function tiles(area, within) {
  /** @type {Area[]} */
  const touched = [];
  if (!area.width || !area.height) return touched;
  for (let y = Math.floor(area.y / TILE) * TILE; y < area.y + area.height; y += TILE) {
    for (let x = Math.floor(area.x / TILE) * TILE; x < area.x + area.width; x += TILE) {
      const width = Math.min(TILE, within.width - x);
      const height = Math.min(TILE, within.height - y);
      if (width > 0 && height > 0) touched.push({ x, y, width, height });
    }
  }
  return touched;
}
