/**
 * Sweeps of LoRAs: weights of one, or LoRAs of a folder by weights, as a matrix of images.
 *
 * @import { Json } from "../document/types.js"
 * @import { Lora } from "./types.js"
 *
 * @typedef {object} SweepText
 * @property {string} prompt
 * @property {string} lora empty for all of the folder
 * @property {string} folder of all LoRAs for an empty one
 * @property {string} weights as typed: a list, or a range such as 0..1:0.25
 *
 * @typedef {{ operation: string, params: Record<string, Json>, axes: { name: string, values: Json[] }[] }} Matrix
 */
import { cellCount, matrixProblem, readAxis } from "./matrix.js";

export const WEIGHTS = "0, 0.25, 0.5, 0.75, 1";
const OPERATION = "generate";

/** The folders of LoRAs with those in and below them. @param {readonly Lora[]} loras @returns {string[]} */
export function sweepFolders(loras) {
  return [...new Set(loras.flatMap(({ folder }) => folder.split("/").map((_, place, parts) => parts.slice(0, place + 1).join("/"))))].filter(Boolean).sort();
}

/** The LoRAs of a sweep that can be used. @param {SweepText} text @param {readonly Lora[]} loras */
export function sweptLoras({ lora, folder }, loras) {
  if (lora) return [lora];
  const inside = loras.filter((other) => !other.refusal && (!folder || other.folder === folder || other.folder.startsWith(`${folder}/`)));
  return inside.map(({ id }) => id);
}

/**
 * The matrix of a sweep with its number of images, or the reason why it cannot run.
 * @param {SweepText} text
 * @param {readonly Lora[]} loras
 * @param {Record<string, Json>} params of every image
 * @returns {{ matrix: Matrix, cells: number, problem: string }}
 */
export function sweepMatrix(text, loras, params) {
  const names = sweptLoras(text, loras);
  const single = text.lora !== "";
  const weights = readAxis({ name: `loras.${single ? names[0] : "*"}.weight`, text: text.weights }, undefined);
  const axes = single ? [weights] : [{ name: "loras", values: /** @type {Json[]} */ (names), problem: names.length ? "" : "The folder has no LoRA that can be used." }, weights];
  const prompt = text.prompt.trim();
  const shared = Object.entries(params).filter(([name]) => name !== "prompt" && (single || name !== "loras"));
  return {
    matrix: { operation: OPERATION, params: { ...Object.fromEntries(shared), prompt }, axes: axes.map(({ name, values }) => ({ name, values })) },
    cells: cellCount(axes),
    problem: matrixProblem(axes) || (prompt ? "" : "Write a prompt, with the trigger word."),
  };
}
