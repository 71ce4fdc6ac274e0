/** Geometry of a crop: shares of an image's sides in per cent, with or without an aspect ratio. */

/** @typedef {{ top: number, left: number, bottom: number, right: number }} Box per cent cut off each side */
/** @typedef {{ x: number, y: number }} Point */

const SMALLEST = 5; // per cent of a side that a crop leaves
const QUARTER = 90; // degrees

/** @param {number} value @param {number} least @param {number} most */
const clamp = (value, least, most) => Math.min(Math.max(value, least), Math.max(most, least));

/**
 * Width over height of a box in shares of the image, 0 where any will do.
 * @param {string} aspect `free`, `original` or a ratio as `16:9`
 * @param {number} width of the image, in pixels
 * @param {number} height
 */
export function shareRatio(aspect, width, height) {
  if (aspect === "original") return 1;
  const [wide = 0, high = 0] = aspect.split(":").map(Number);
  return wide && high && width && height ? ((wide / high) * height) / width : 0;
}

/**
 * The largest box of a ratio in the middle of another, as the server crops.
 * @param {Box} box
 * @param {number} ratio
 * @returns {Box}
 */
export function fitBox(box, ratio) {
  const wide = 100 - box.left - box.right;
  const high = 100 - box.top - box.bottom;
  if (!ratio) return box;
  const x = Math.max(0, (wide - high * ratio) / 2);
  const y = Math.max(0, (high - wide / ratio) / 2);
  return { top: box.top + y, left: box.left + x, bottom: box.bottom + y, right: box.right + x };
}

/**
 * The box after its sides were pulled to a point.
 * @param {Box} box
 * @param {string[]} sides one side, or the two of a corner
 * @param {Point} point in per cent of the image, from its top left
 * @param {number} ratio
 * @returns {Box}
 */
export function pullBox(box, sides, point, ratio) {
  const to = { left: point.x, right: 100 - point.x, top: point.y, bottom: 100 - point.y };
  const next = { ...box };
  for (const side of /** @type {(keyof Box)[]} */ (sides)) {
    const opposite = /** @type {const} */ ({ left: "right", right: "left", top: "bottom", bottom: "top" })[side];
    next[side] = clamp(to[side], 0, 100 - SMALLEST - box[opposite]);
  }
  return ratio ? keepRatio(box, next, sides, ratio) : next;
}

/**
 * The box of the ratio that a pull means: the sides that were not pulled stay, or the middle does.
 * @param {Box} before
 * @param {Box} pulled
 * @param {string[]} sides
 * @param {number} ratio
 * @returns {Box}
 */
function keepRatio(before, pulled, sides, ratio) {
  const across = span(before.left, before.right, sides.includes("left"), sides.includes("right"));
  const down = span(before.top, before.bottom, sides.includes("top"), sides.includes("bottom"));
  const wide = 100 - pulled.left - pulled.right;
  const high = 100 - pulled.top - pulled.bottom;
  const wanted = sides.length > 1 ? Math.max(wide, high * ratio) : /left|right/.test(sides.join()) ? wide : high * ratio;
  const width = clamp(wanted, Math.max(SMALLEST, SMALLEST * ratio), Math.min(across.most, down.most * ratio));
  const [left, right] = across.place(width);
  const [top, bottom] = down.place(width / ratio);
  return { top, left, bottom, right };
}

/**
 * The most that a box may measure in a direction, and its shares for a measure.
 * @param {number} near share cut off at the near side
 * @param {number} far
 * @param {boolean} pullsNear
 * @param {boolean} pullsFar
 * @returns {{ most: number, place: (measure: number) => [number, number] }}
 */
function span(near, far, pullsNear, pullsFar) {
  if (pullsNear) return { most: 100 - far, place: (measure) => [100 - far - measure, far] };
  if (pullsFar) return { most: 100 - near, place: (measure) => [near, 100 - near - measure] };
  const middle = (near + 100 - far) / 2;
  const most = 2 * Math.min(middle, 100 - middle);
  return { most, place: (measure) => [middle - measure / 2, 100 - middle - measure / 2] };
}

/**
 * The box, moved within the image.
 * @param {Box} box
 * @param {Point} by in per cent
 * @returns {Box}
 */
export function moveBox(box, by) {
  const x = clamp(by.x, -box.left, box.right);
  const y = clamp(by.y, -box.top, box.bottom);
  return { top: box.top + y, left: box.left + x, bottom: box.bottom - y, right: box.right - x };
}

/** The angle after a quarter turn, from -180 to 180. @param {number} angle @param {number} quarters */
export function turnedAngle(angle, quarters) {
  const turned = (((angle + quarters * QUARTER + 180) % 360) + 360) % 360;
  return turned === 0 ? 180 : turned - 180;
}

/**
 * The mirror and the angle that show the image as it is seen, mirrored: the mirror comes before the
 * rotation, which turns the other way then.
 * @param {string} mirror `none`, `horizontal`, `vertical` or `both`
 * @param {number} angle
 * @param {"horizontal" | "vertical"} axis
 */
export function mirrored(mirror, angle, axis) {
  const horizontal = flips(mirror, "horizontal") !== (axis === "horizontal");
  const vertical = flips(mirror, "vertical") !== (axis === "vertical");
  const next = horizontal && vertical ? "both" : horizontal ? "horizontal" : vertical ? "vertical" : "none";
  return { mirror: next, angle: angle === 180 ? 180 : -angle || 0 };
}

/** @param {string} mirror @param {"horizontal" | "vertical"} axis */
export function flips(mirror, axis) {
  return mirror === axis || mirror === "both";
}

/**
 * An aspect ratio as it is seen after the rotation, and back: lying for standing.
 * @param {string} aspect
 * @param {number} angle
 */
export function seenAspect(aspect, angle) {
  const lies = Math.round(angle / QUARTER) % 2 !== 0;
  return lies && aspect.includes(":") ? aspect.split(":").reverse().join(":") : aspect;
}

/**
 * A step on the screen as one on the image, which is mirrored and then rotated.
 * @param {Point} step
 * @param {string} mirror
 * @param {number} angle
 * @returns {Point}
 */
export function onImage(step, mirror, angle) {
  const radians = (-angle * Math.PI) / 180;
  const x = step.x * Math.cos(radians) - step.y * Math.sin(radians);
  const y = step.x * Math.sin(radians) + step.y * Math.cos(radians);
  return { x: flips(mirror, "horizontal") ? -x : x, y: flips(mirror, "vertical") ? -y : y };
}
