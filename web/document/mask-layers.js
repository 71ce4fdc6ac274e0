/** The masks of a brick, as the mask painter opens and saves them. */
/** @import { Brick, Json, Workflow } from "./types.js" */
import { fedBy, feeding, find, owner } from "./workflow.js";
import { changeRegion, regionProps, regionsOf, tintOf } from "./regions.js";

/**
 * @typedef {object} Layer
 * @property {string} label
 * @property {string} title
 * @property {string} mask address of the saved mask; empty without one
 * @property {number} [region] index of the region that it belongs to
 * @property {number[]} [tint] red, green, blue
 */

const BLANK = 512; // pixels of an empty canvas whose size nothing says

/** @param {Brick} brick @returns {Layer[]} one mask, or one for each region */
export function layersOf(brick) {
  if (!("regions" in brick.props)) return [{ label: "Mask", title: "Mask", mask: address(brick.props.mask) }];
  return regionsOf(brick).map((region, index) => ({
    label: `Region ${index + 1}`,
    title: region.prompt || `Region ${index + 1}`,
    mask: address(region.mask),
    region: index,
    tint: tintOf(index),
  }));
}

/**
 * The props of a brick with its saved masks.
 * @param {Brick} brick
 * @param {{ region?: number, asset?: string }[]} saved
 * @returns {Record<string, Json | undefined>}
 */
export function maskProps(brick, saved) {
  let regions = regionsOf(brick);
  /** @type {Record<string, Json | undefined>} */
  let props = {};
  for (const { region, asset } of saved) {
    if (region === undefined) {
      props = { ...props, mask: asset };
    } else {
      regions = changeRegion(regions, region, { mask: asset });
      props = { ...props, ...regionProps(regions) };
    }
  }
  return props;
}

/**
 * The size of an empty canvas: that of the operation that the brick is wired to, or of its settings.
 * @param {{ workflow: Workflow }} state
 * @param {Brick} brick
 */
export function canvasSize({ workflow }, brick) {
  const target = fedBy(workflow, `${brick.id}.regions`)[0];
  const operation = target && find(workflow, owner(target.to));
  const wired = operation ? feeding(workflow, `${operation.id}.settings`).map((wire) => find(workflow, owner(wire.from))) : [];
  for (const source of [operation, ...wired]) {
    const [width, height] = [Number(source?.props.width), Number(source?.props.height)];
    if (width > 0 && height > 0) return { width, height };
  }
  return { width: BLANK, height: BLANK };
}

/** @param {unknown} asset */
function address(asset) {
  return typeof asset === "string" && asset ? `/api/assets/${encodeURIComponent(asset)}/file` : "";
}
