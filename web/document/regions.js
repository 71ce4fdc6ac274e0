/** Regions of a brick: their values, colours, and what they cost. */
/** @import { Brick, Json } from "./types.js" */

/** @typedef {{ name: string, weight: number }} RegionLora */
/**
 * @typedef {object} Region
 * @property {string} [mask] asset id
 * @property {string} prompt
 * @property {string} negative_prompt
 * @property {number} strength 0 to 1
 * @property {number} feather pixels of the result
 * @property {RegionLora[]} loras beside those of the whole image
 */

export const MOST_REGIONS = 8;
/** Red, green and blue of each region's mask, distinct beside each other. */
export const TINTS = [
  [236, 72, 153],
  [56, 132, 255],
  [245, 158, 11],
  [16, 185, 129],
  [139, 92, 246],
  [239, 68, 68],
  [6, 182, 212],
  [132, 204, 22],
];
/** @type {Region} */
const EMPTY = { prompt: "", negative_prompt: "", strength: 1, feather: 16, loras: [] };

/** @param {number} index @returns {number[]} */
export function tintOf(index) {
  return TINTS[index % TINTS.length] ?? [0, 0, 0];
}

/** @param {Brick} brick @returns {Region[]} */
export function regionsOf(brick) {
  const saved = /** @type {Partial<Region>[]} */ (/** @type {unknown} */ (brick.props.regions ?? []));
  return saved.map((region) => ({ ...EMPTY, ...region }));
}

/** @param {Region[]} regions @returns {Record<string, Json>} the props of a brick */
export function regionProps(regions) {
  return { regions: /** @type {Json} */ (/** @type {unknown} */ (regions)) };
}

/** @param {Region[]} regions */
export function withRegion(regions) {
  return regions.length < MOST_REGIONS ? [...regions, { ...EMPTY }] : regions;
}

/** @param {Region[]} regions @param {number} index @param {Partial<Region>} change */
export function changeRegion(regions, index, change) {
  return regions.map((region, at) => (at === index ? { ...region, ...change } : region));
}

/** @param {Region} region @returns {string} what it lacks; empty where it takes part */
export function lackOf(region) {
  if (!region.mask) return "Not painted yet: it takes no part.";
  return region.prompt.trim() ? "" : "No prompt yet: it takes no part.";
}

/**
 * The cost of the regions as a sentence; empty without any.
 * @param {Region[]} regions
 * @param {number} steps of the operation; 0 where they are not known
 * @param {string} [method] of the regions: `blend` or `attention`
 */
export function costOf(regions, steps, method = "blend") {
  const active = regions.filter((region) => !lackOf(region) && region.strength > 0).length;
  if (!active) return "";
  if (method === "attention") return "Each step runs the network once, with the texts of all regions.";
  const passes = active + 1;
  const all = steps ? `: up to ${passes * steps} instead of ${steps}` : "";
  return `Each step runs the network up to ${passes} times${all}.`;
}
