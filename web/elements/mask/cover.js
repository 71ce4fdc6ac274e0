/** Operations on the coverage of a mask: one byte a pixel, 0 to 255, in rows. */

import { around } from "./area.js";

const PASSES = 3; // box blurs in a row approximate a Gaussian

/**
 * Blurs the edge of a mask.
 * @param {Uint8Array} cover
 * @param {number} width
 * @param {number} height
 * @param {number} radius pixels to either side
 * @returns {Uint8Array}
 */
export function blurred(cover, width, height, radius) {
  const box = Math.max(1, Math.round(radius / PASSES));
  let from = Uint8Array.from(cover);
  let to = new Uint8Array(cover.length);
  for (let pass = 0; pass < PASSES; pass += 1) {
    for (let y = 0; y < height; y += 1) slide(from, to, y * width, 1, width, box);
    [from, to] = [to, from];
    for (let x = 0; x < width; x += 1) slide(from, to, x, width, height, box);
    [from, to] = [to, from];
  }
  return from;
}

/**
 * The running mean of one line; the outermost pixels repeat beyond its ends.
 * @param {Uint8Array} from
 * @param {Uint8Array} to
 * @param {number} start
 * @param {number} step
 * @param {number} length
 * @param {number} box
 */
function slide(from, to, start, step, length, box) {
  const last = start + (length - 1) * step;
  const first = from[start] ?? 0;
  const end = from[last] ?? 0;
  const span = 2 * box + 1;
  let sum = first * box;
  for (let i = 0; i < box; i += 1) sum += i < length ? (from[start + i * step] ?? 0) : end;
  for (let i = 0; i < length; i += 1) {
    sum += i + box < length ? (from[start + (i + box) * step] ?? 0) : end;
    to[start + i * step] = Math.round(sum / span);
    sum -= i - box >= 0 ? (from[start + (i - box) * step] ?? 0) : first;
  }
}

/**
 * Flood fill of the connected area around a pixel, painted or bare as that pixel. Half-covered
 * pixels at its edge are filled too, so that no pale line remains.
 * @param {Uint8Array} cover changed in place
 * @param {number} width
 * @param {number} height
 * @param {number} x
 * @param {number} y
 * @param {number} value 0 or 255
 * @returns {import("./area.js").Area | null} the changed area
 */
export function flood(cover, width, height, x, y, value) {
  if (x < 0 || y < 0 || x >= width || y >= height) return null;
  const painted = (cover[y * width + x] ?? 0) >= 128;
  if (painted === value >= 128) return null;
  const open = (/** @type {number} */ at) => (cover[at] ?? 0) >= 128 === painted;
  let [left, top, right, bottom] = [x, y, x, y];
  const seeds = [y * width + x];
  while (seeds.length) {
    const seed = /** @type {number} */ (seeds.pop());
    if (!open(seed)) continue;
    const row = Math.floor(seed / width) * width;
    let from = seed;
    let to = seed;
    while (from > row && open(from - 1)) from -= 1;
    while (to < row + width - 1 && open(to + 1)) to += 1;
    cover.fill(value, from, to + 1);
    if (from > row) cover[from - 1] = value;
    if (to < row + width - 1) cover[to + 1] = value;
    for (const next of [row - width, row + width]) {
      if (next < 0 || next >= cover.length) continue;
      for (let at = next + from - row; at <= next + to - row; at += 1) {
        if (!open(at)) cover[at] = value;
        else if (at === next + from - row || !open(at - 1)) seeds.push(at);
      }
    }
    left = Math.min(left, from - row);
    right = Math.max(right, to - row);
    top = Math.min(top, row / width);
    bottom = Math.max(bottom, row / width);
  }
  const corners = [
    { x: left, y: top },
    { x: right + 1, y: bottom + 1 },
  ];
  return around(corners, 1, { width, height });
}
