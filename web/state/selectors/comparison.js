/** Images to compare one with: its inputs, its neighbours, the other results of the workflow. */
/** @import { Asset, Output, Picture, State } from "../types.js" */
import { entryNamed } from "../../document/lookup.js";
import { assetUrl } from "./input-preview.js";
import { pictures } from "./tasks.js";

/** @typedef {{ output: Output, text: string }} ComparisonOption */

const MAX_OPTIONS = 80;

/**
 * @param {State} state
 * @param {Picture[]} all images of the lightbox
 * @param {Picture} shown the image on display
 * @param {Asset | null} chosen an image of the gallery
 * @returns {ComparisonOption[]} each image once, without the one on display
 */
export function comparisonOptions(state, all, shown, chosen) {
  /** @type {Map<string, ComparisonOption>} */
  const options = new Map();
  /** @param {Output} output @param {string} text */
  const add = (output, text) => {
    const id = output.asset_id;
    if (id !== shown.output.asset_id && !options.has(id) && options.size < MAX_OPTIONS) options.set(id, { output, text });
  };
  if (chosen) add(outputOf(chosen.id, chosen), chosen.name ?? "From the gallery");
  for (const id of inputAssets(state, shown)) add(outputOf(id), "Input image");
  all.forEach((picture, index) => add(picture.output, `${index + 1} · ${caption(picture)}`));
  for (const id of Object.values(state.results).flat()) {
    const task = state.tasks[id];
    for (const picture of task ? pictures(state, task) : []) add(picture.output, caption(picture));
  }
  return [...options.values()];
}

/** @param {Picture} picture */
function caption({ task, output }) {
  return `${task.title}${typeof output.seed === "number" ? ` · seed ${output.seed}` : ""}`;
}

/**
 * The input images of an output: the one at its index where a task maps inputs to outputs one by one.
 * @param {State} state
 * @param {Picture} picture
 */
function inputAssets({ entries }, { task, output }) {
  const fields = entryNamed(entries, task.operation)?.inputs.filter((port) => port.type === "image");
  const values = (fields ?? []).flatMap((port) => port.fields).flatMap((name) => task.params[name] ?? []);
  const assets = values.filter((value) => typeof value === "string" && !value.startsWith("data:")).map(String);
  const siblings = task.outputs.filter((other) => other.port === output.port);
  const own = assets[siblings.findIndex((other) => other.asset_id === output.asset_id)];
  return own && siblings.length === assets.length ? [own] : assets;
}

/** @param {string} id @param {Asset} [asset] @returns {Output} the asset as an output */
function outputOf(id, asset) {
  const url = assetUrl(id);
  const { width = null, height = null } = asset ?? {};
  return { port: "image", index: 0, kind: "image", asset_id: id, url, thumbnail_url: url, value: null, width, height, seed: null };
}
