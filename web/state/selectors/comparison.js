/** What a picture can be laid beside: what it was made from, its neighbours, the rest of the wall. */
/** @import { Asset, Output, Picture, State } from "../types.js" */
import { entryNamed } from "../../document/lookup.js";
import { address } from "./input-preview.js";
import { pictures } from "./tasks.js";

/** @typedef {{ output: Output, text: string }} Rival */

const MOST = 80;

/**
 * @param {State} state
 * @param {Picture[]} all what is leafed through
 * @param {Picture} shown
 * @param {Asset | null} chosen one from the gallery
 * @returns {Rival[]} each picture once, never the one that is shown
 */
export function rivals(state, all, shown, chosen) {
  /** @type {Map<string, Rival>} */
  const found = new Map();
  /** @param {Output} output @param {string} text */
  const add = (output, text) => {
    const id = output.asset_id;
    if (id !== shown.output.asset_id && !found.has(id) && found.size < MOST) found.set(id, { output, text });
  };
  if (chosen) add(plain(chosen.id, chosen), chosen.name ?? "From the gallery");
  for (const id of origins(state, shown)) add(plain(id), "The picture before");
  all.forEach((picture, index) => add(picture.output, `${index + 1} · ${called(picture)}`));
  for (const id of Object.values(state.results).flat()) {
    const task = state.tasks[id];
    for (const picture of task ? pictures(task) : []) add(picture.output, called(picture));
  }
  return [...found.values()];
}

/** @param {Picture} picture */
function called({ task, output }) {
  return `${task.title}${typeof output.seed === "number" ? ` · seed ${output.seed}` : ""}`;
}

/**
 * What a picture was made from: of a task that took as many as it gave, the one in its place.
 * @param {State} state
 * @param {Picture} picture
 */
function origins({ entries }, { task, output }) {
  const fields = entryNamed(entries, task.operation)?.inputs.filter((port) => port.type === "image");
  const values = (fields ?? []).flatMap((port) => port.fields).flatMap((name) => task.params[name] ?? []);
  const given = values.filter((value) => typeof value === "string" && !value.startsWith("data:")).map(String);
  const like = task.outputs.filter((other) => other.port === output.port);
  const own = given[like.findIndex((other) => other.asset_id === output.asset_id)];
  return own && like.length === given.length ? [own] : given;
}

/** @param {string} id @param {Asset} [asset] @returns {Output} an asset as the pane shows it */
function plain(id, asset) {
  const url = address(id);
  const { width = null, height = null } = asset ?? {};
  return { port: "image", index: 0, kind: "image", asset_id: id, url, thumbnail_url: url, value: null, width, height, seed: null };
}
