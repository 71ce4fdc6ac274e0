/**
 * The LoRA lab as the page holds it: a form for each of its operations, the last task of each, and
 * the reports that they deliver.
 *
 * @import { Entry, Json } from "../document/types.js"
 * @import { Task } from "./task-types.js"
 *
 * @typedef {Record<string, Json | undefined>} Values
 *
 * @typedef {object} LabState
 * @property {string} operation the open form, empty for the first
 * @property {Record<string, Values>} values by operation
 * @property {Record<string, { field: string, detail: string }[]>} problems by operation
 * @property {Record<string, string>} tasks the last task, by operation
 *
 * @typedef {{ name: string, family: string, layers: number, ranks: number[], norm: number, blocks: Record<string, number>, without_effect: string[], trigger_words: string[], metadata: Record<string, string> }} LoraFacts
 * @typedef {{ first: string, second: string, score: number, losses: { points: number, reason: string }[] }} Pair
 * @typedef {{ lora?: string, rank?: number, layers?: number, error?: number, loras?: LoraFacts[], pairs?: Pair[] }} LabReport
 */

/** @type {LabState} */
export const NO_LAB = { operation: "", values: {}, problems: {}, tasks: {} };

const EDITABLE = 400; // characters of a value that a form takes

/** The operations that have a form in the lab, those that make a file first. @param {readonly Entry[]} entries */
export function labOperations(entries) {
  const rank = (/** @type {Entry} */ { category }) => Number(category !== "generator");
  return entries.filter(({ in_lab: inLab }) => inLab).toSorted((a, b) => rank(a) - rank(b));
}

/** The operation whose form is open. @param {LabState} lab @param {readonly Entry[]} entries */
export function openOperation({ operation }, entries) {
  const operations = labOperations(entries);
  return operations.find(({ name }) => name === operation) ?? operations[0];
}

/** The value of a port that is data. @param {Task | undefined} task @param {string} port @returns {unknown} */
function valueAt(task, port) {
  return task?.outputs.find((output) => output.port === port)?.value ?? null;
}

/** The report of a task of the lab; null before its end. @param {Task | undefined} task @returns {LabReport | null} */
export function reportOf(task) {
  const report = valueAt(task, "report");
  return report && typeof report === "object" ? /** @type {LabReport} */ (report) : null;
}

/** The metadata that a task has written; null where it wrote none. @param {Task | undefined} task @returns {Record<string, string> | null} */
export function metadataOf(task) {
  const metadata = valueAt(task, "metadata");
  return metadata && typeof metadata === "object" ? /** @type {Record<string, string>} */ (metadata) : null;
}

/** Metadata as the JSON of a form: values that a person edits, without those of hundreds of lines. @param {Record<string, string>} metadata */
export function editableMetadata(metadata) {
  const short = Object.entries(metadata).filter(([, value]) => value.length <= EDITABLE && !value.startsWith("{"));
  return JSON.stringify(Object.fromEntries(short), null, 2);
}

/** The parameters of a form: the fields that are set. @param {Values} values @returns {Record<string, Json>} */
export function filled(values) {
  return /** @type {Record<string, Json>} */ (Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined && value !== null && value !== "")));
}
