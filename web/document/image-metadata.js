/** How a picture was made, out of what its file says: ours exactly, other tools' as far as it goes. */
/** @import { Json } from "./types.js" */

/** @typedef {{ operation: string, params: Record<string, Json>, seed: number | null, brick: string | null }} Recipe */
/** @typedef {{ source?: string, qpyt?: any, generation?: { prompt: string, negative_prompt: string, settings: Record<string, string> } }} Metadata */

/** @type {Record<string, string>} */
const NAMES = {
  qpyt: "Qpyt Studio",
  a1111: "a web UI",
  comfyui: "ComfyUI",
  invokeai: "InvokeAI",
  fooocus: "Fooocus",
  novelai: "NovelAI",
  swarmui: "SwarmUI",
};

/** @type {Record<string, string>} what others call a parameter of ours */
const NUMBERS = { Steps: "num_inference_steps", "CFG scale": "guidance_scale" };

/** @param {Metadata} metadata */
export function maker(metadata) {
  return NAMES[metadata.source ?? ""] ?? "another tool";
}

/**
 * @param {Metadata | undefined} metadata of an asset
 * @returns {Recipe | null} null where nothing can be restored
 */
export function recipe(metadata) {
  const own = metadata?.qpyt;
  if (typeof own?.operation === "string" && own.params && typeof own.params === "object") {
    const seed = typeof own.image_seed === "number" ? own.image_seed : null;
    return { operation: own.operation, params: own.params, seed, brick: null };
  }
  const told = metadata?.generation;
  return told?.prompt ? foreign(told) : null;
}

/** @param {NonNullable<Metadata["generation"]>} told @returns {Recipe} */
function foreign({ prompt, negative_prompt, settings }) {
  /** @type {Record<string, Json>} */
  const params = { prompt, negative_prompt };
  for (const [theirs, ours] of Object.entries(NUMBERS)) {
    const value = Number(settings[theirs] ?? Number.NaN);
    if (Number.isFinite(value)) params[ours] = value;
  }
  const layer = Number(settings["Clip skip"]); // 1 is the last one: nothing is left out
  if (layer > 1) params.clip_skip = layer - 1;
  const size = /^(\d{2,5})x(\d{2,5})$/.exec(settings.Size ?? "");
  if (size) {
    params.width = Number(size[1]);
    params.height = Number(size[2]);
  }
  const seed = Number(settings.Seed ?? Number.NaN);
  const known = Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32;
  if (known) params.seed = seed;
  return { operation: "generate", params, seed: known ? seed : null, brick: null };
}
