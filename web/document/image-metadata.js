/** Generation parameters from the metadata of an image file, of this studio and of other tools. */
/** @import { Json } from "./types.js" */

/** @typedef {{ operation: string, params: Record<string, Json>, seed: number | null }} GenerationParameters */
/** @typedef {{ state: string, signer: string | null }} Manifests */
/** @typedef {{ source?: string, digital_source_type?: string, c2pa?: Manifests, parameters?: string, qpyt?: any, generation?: { prompt: string, negative_prompt: string, settings: Record<string, string> } }} Metadata */

/** @type {Record<string, string>} */
const SOURCES = {
  qpyt: "Qpyt Studio",
  a1111: "Stable Diffusion web UI",
  comfyui: "ComfyUI",
  invokeai: "InvokeAI",
  fooocus: "Fooocus",
  novelai: "NovelAI",
  swarmui: "SwarmUI",
};

/** @type {Record<string, string>} parameters by their names in the settings of other tools */
const NUMBERS = { Steps: "num_inference_steps", "CFG scale": "guidance_scale" };

/** @type {Record<string, string>} digital source types of the IPTC by their names */
const ORIGINS = {
  trainedAlgorithmicMedia: "AI-generated",
  compositeWithTrainedAlgorithmicMedia: "changed with AI",
  compositeSynthetic: "a composite with synthetic parts",
  algorithmicMedia: "made by software",
  algorithmicallyEnhanced: "enhanced by software",
  digitalCapture: "photograph",
  computationalCapture: "photograph",
  digitalCreation: "made by a person",
  humanEdits: "edited by a person",
};

/** @type {Record<string, string>} states of the C2PA manifest that an upload had */
const SIGNATURES = { own: "signed here", valid: "signed, valid", tampered: "changed after it was signed", invalid: "invalid signature", unreadable: "unreadable manifest" };

/** The origin that an image claims, in words; empty where it claims none. @param {Metadata} metadata */
export function originOf({ digital_source_type: type, c2pa }) {
  const name = type?.split("/").at(-1) ?? "";
  const signature = c2pa ? `${SIGNATURES[c2pa.state] ?? c2pa.state}${c2pa.signer ? ` (${c2pa.signer})` : ""}` : "";
  return [ORIGINS[name] ?? name, signature].filter(Boolean).join("; ");
}

/** The name of the tool that wrote the metadata. @param {Metadata} metadata */
export function sourceName(metadata) {
  return SOURCES[metadata.source ?? ""] ?? "another tool";
}

/**
 * Parameters that reproduce an image: exact for images of this studio, else those that can be mapped.
 * Of an edited image, those of the newest step with a prompt.
 * @param {Metadata | undefined} metadata of an asset
 * @returns {GenerationParameters | null} null where the metadata holds none
 */
export function parametersOf(metadata) {
  const snapshot = metadata?.qpyt;
  const earlier = Array.isArray(snapshot?.history) ? snapshot.history.toReversed() : [];
  const steps = [snapshot, ...earlier].filter(isStep);
  const drawn = steps.find(({ params }) => params.prompt);
  if (drawn) return ownParameters(drawn);
  const generation = metadata?.generation ?? earlier.at(-1)?.generation;
  if (generation?.prompt) return foreignParameters(generation);
  return steps[0] ? ownParameters(steps[0]) : null;
}

/** @param {any} step */
const isStep = (step) => typeof step?.operation === "string" && step.params && typeof step.params === "object";

/** @param {any} step @returns {GenerationParameters} */
function ownParameters({ operation, params, image_seed: seed }) {
  return { operation, params, seed: typeof seed === "number" ? seed : null };
}

/** @param {NonNullable<Metadata["generation"]>} generation @returns {GenerationParameters} */
function foreignParameters({ prompt, negative_prompt, settings = {} }) {
  /** @type {Record<string, Json>} */
  const params = { prompt, negative_prompt };
  for (const [theirs, name] of Object.entries(NUMBERS)) {
    const value = Number(settings[theirs] ?? Number.NaN);
    if (Number.isFinite(value)) params[name] = value;
  }
  const layer = Number(settings["Clip skip"]); // counted from 1, the last layer
  if (layer > 1) params.clip_skip = layer - 1;
  const size = /^(\d{2,5})x(\d{2,5})$/.exec(settings.Size ?? "");
  if (size) {
    params.width = Number(size[1]);
    params.height = Number(size[2]);
  }
  const seed = Number(settings.Seed ?? Number.NaN);
  const valid = Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32;
  if (valid) params.seed = seed;
  return { operation: "generate", params, seed: valid ? seed : null };
}
