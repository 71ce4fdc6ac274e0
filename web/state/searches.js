/**
 * Searches for settings of a training as the page holds them: their list, the open one with its
 * trials, and the form of a new one.
 *
 * @import { Entry, FieldSchema, Json } from "../document/types.js"
 * @import { TrainingFields } from "./training.js"
 *
 * @typedef {"running" | "paused" | "completed" | "failed" | "cancelled"} SearchStatus
 *
 * @typedef {object} SearchEntry
 * @property {string} search_id
 * @property {string} name
 * @property {SearchStatus} status
 * @property {string | null} error
 * @property {string} dataset
 * @property {string | null} model
 * @property {string} preset
 * @property {string} objective
 * @property {number} trials_planned
 * @property {string} created_at
 *
 * @typedef {{ number: number, state: string, value: number | null, params: Record<string, Json>, task_id: string | null, evaluation_id: string | null, error: string | null }} Trial
 * @typedef {{ name: string, low?: number, high?: number, log?: boolean, choices?: Json[] }} Axis
 * @typedef {{ axes: Axis[], lines: { trial: number, value: number, at: number[] }[] }} Parallel
 *
 * @typedef {object} SearchMore
 * @property {Record<string, any>} settings
 * @property {Record<string, any>} config
 * @property {"minimize" | "maximize"} direction
 * @property {number | null} best_trial
 * @property {Trial[]} trials
 * @property {{ trial: number, value: number, best: number }[]} history
 * @property {Record<string, number>} importance
 * @property {Parallel} parallel
 * @property {string[]} files
 * @typedef {SearchEntry & SearchMore} Search
 *
 * @typedef {{ id: number, key: string, text: string }} RangeText a setting with its values as typed
 * @typedef {{ schema: { properties: Record<string, FieldSchema> }, ranges: Record<string, Json>, keys: { key: string, title: string }[] }} SearchFields
 * @typedef {{ place: "training" | "budget" | "range" | "section" | "", section?: string, field: string, detail: string }} SearchProblem `section` of the configuration
 * @typedef {Record<string, Json | undefined>} Values
 *
 * @typedef {object} SearchForm
 * @property {Values} training fields of the operation that trials share
 * @property {Record<string, Values>} sections values of the configuration that trials share, by section
 * @property {TrainingFields | null} trainingFields
 * @property {Values} budget
 * @property {RangeText[]} ranges
 * @property {SearchFields | null} fields
 * @property {SearchProblem[]} problems
 * @property {boolean} busy
 *
 * @typedef {{ items: SearchEntry[] | null, open: Search | null, problem: string, form: SearchForm | null }} SearchesState `form` is null while it is closed
 */

import { formProblems, NO_FORM, parametersOf } from "./training.js";

/** @type {SearchesState} */
export const NO_SEARCHES = { items: null, open: null, problem: "", form: null };

/** @type {SearchForm} */
export const NEW_SEARCH = { training: {}, sections: {}, trainingFields: null, budget: {}, ranges: [], fields: null, problems: [], busy: false };

export const BUDGET = "search-budget"; // the form of the budget
const OWN_FIELDS = ["dataset", "trigger_word", "model", "preset"]; // of a training, that a search takes too
export const SHARED_FIELDS = [...OWN_FIELDS, "rank", "learning_rate"]; // those that trials share
const INTERVAL = /^([^:,]+):([^:,]+)(?::(log|[^:,]+))?$/;

/** A value as JSON: a number, true, false, or a text. @param {string} text @returns {Json} */
function scalar(text) {
  if (text === "true" || text === "false") return text === "true";
  return text !== "" && Number.isFinite(Number(text)) ? Number(text) : text;
}

/**
 * The values of a setting from a text: a list, or `low:high`, `low:high:log`, `low:high:step`.
 * @param {string} text
 * @returns {Json}
 */
export function readRange(text) {
  const [, low, high, last] = (INTERVAL.exec(text.trim()) ?? []).map((part) => part?.trim());
  if (low !== undefined && high !== undefined && Number.isFinite(Number(low)) && Number.isFinite(Number(high))) {
    /** @type {Record<string, Json>} */
    const more = last === "log" ? { log: true } : last === undefined ? {} : { step: scalar(last) };
    return { low: Number(low), high: Number(high), ...more };
  }
  return text.split(",").map((part) => part.trim()).filter(Boolean).map(scalar);
}

/** A range as text. @param {Json | undefined} range */
export function rangeText(range) {
  if (Array.isArray(range)) return range.join(", ");
  const { low, high, log, step } = /** @type {Record<string, Json>} */ (range ?? {});
  return [low, high, log ? "log" : step].filter((part) => part !== undefined && part !== null).join(":");
}

/** The rows of the usual ranges. @param {SearchFields} fields @returns {RangeText[]} */
export function usualRanges({ ranges }) {
  return Object.entries(ranges).map(([key, range], id) => ({ id, key, text: rangeText(range) }));
}

/** The ranges with the text of a setting; an empty text removes it. @param {readonly RangeText[]} ranges @param {string} key @param {string} text @returns {RangeText[]} */
export function withRange(ranges, key, text) {
  if (!text.trim()) return ranges.filter((range) => range.key !== key);
  if (ranges.some((range) => range.key === key)) return ranges.map((range) => (range.key === key ? { ...range, text } : range));
  return [...ranges, { id: Math.max(0, ...ranges.map(({ id }) => id)) + 1, key, text }];
}

/** The request of a form. @param {SearchForm} form @returns {Record<string, Json>} */
export function searchBody({ training, sections, trainingFields, budget, ranges }) {
  const set = (/** @type {Values} */ values) => Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined && value !== null && value !== ""));
  const own = Object.entries(training).filter(([name]) => OWN_FIELDS.includes(name));
  const shared = structuredClone(sections);
  for (const { field, key } of trainingFields?.settings ?? []) {
    const [section = "", name = ""] = key.split(".");
    if (!OWN_FIELDS.includes(field) && training[field] !== undefined) (shared[section] ??= {})[name] = training[field];
  }
  const chosen = ranges.filter(({ key, text }) => key && text.trim());
  const search = { ...set(budget), ranges: Object.fromEntries(chosen.map(({ key, text }) => [key, readRange(text)])) };
  return /** @type {Record<string, Json>} */ ({ ...parametersOf({ ...NO_FORM, values: Object.fromEntries(own), sections: shared }), search });
}

/**
 * A mistake of a refused request at its field.
 * @param {{ message: string, fix: string, field: string, errors?: { field?: string, detail: string }[] }} problem
 * @param {TrainingFields | null} [fields]
 * @returns {SearchProblem[]}
 */
export function searchProblems({ message, fix, field, errors = [] }, fields = null) {
  const detail = [message, fix].filter(Boolean).join(" ");
  const range = /^search\.ranges\.(.+)$/.exec(field)?.[1];
  if (range) return [{ place: "range", field: range, detail }];
  const budget = /^search\.(\w+)/.exec(field)?.[1];
  if (budget) return [{ place: "budget", field: budget, detail }];
  return formProblems({ message, fix, field, errors }, fields).map((problem) => ({ place: problem.section ? "section" : SHARED_FIELDS.includes(problem.field) ? "training" : "", ...problem }));
}

/** The budget as a declaration, from which a form is made. @param {SearchFields} fields @returns {Entry} */
export function budgetEntry({ schema }) {
  return { name: BUDGET, kind: "value", title: "Budget", summary: "", category: "setting", lane: null, transient: false, has_brick: false, rewrites: [], inputs: [], outputs: [], model_fields: [], schema };
}

/** The best trial. @param {Search} search */
export function bestTrial({ trials, best_trial: best }) {
  return trials.find(({ number }) => number === best);
}

/** The number of trials that have ended. @param {Search} search */
export function endedTrials({ trials }) {
  return trials.filter(({ state }) => state !== "running" && state !== "waiting").length;
}

/**
 * The values of the history by trial, with the best so far.
 * @param {Search} search
 * @returns {{ trials: number[], values: (number | null)[], best: (number | null)[], low: number, high: number }}
 */
export function historyOf({ history, trials }) {
  const points = new Map(history.map((point) => [point.trial, point]));
  const numbers = trials.map(({ number }) => number);
  const measured = history.map(({ value }) => value);
  const [low, high] = [Math.min(...measured), Math.max(...measured)];
  const margin = (high - low || Math.abs(high) || 1) * 0.1;
  /** @type {number | null} */
  let best = null;
  return {
    trials: numbers,
    values: numbers.map((number) => points.get(number)?.value ?? null),
    best: numbers.map((number) => (best = points.get(number)?.best ?? best)),
    low: low - margin,
    high: high + margin,
  };
}

/** The place of a value on an axis, from 0 at its low end to 1. @param {Axis} axis @param {number} value */
export function placeOn({ low = 0, high = 1, log, choices }, value) {
  if (choices) return choices.length > 1 ? value / (choices.length - 1) : 0.5;
  if (high <= low) return 0.5;
  return log ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
}

/** The name of a setting without its section. @param {string} key */
export function shortKey(key) {
  return (key.split(".").at(-1) ?? key).replaceAll("_", " ");
}

/** A value for people. @param {Json | undefined} value */
export function shown(value) {
  return typeof value === "number" ? String(Number(value.toPrecision(3))) : value === undefined || value === null ? "" : String(value);
}

/**
 * The form of a training with the settings of a trial.
 * @param {Search} search
 * @param {Trial} trial
 * @param {readonly { field: string, key: string }[]} settings fields of the operation, by dotted key
 * @returns {Record<string, Json>}
 */
export function trainingOf({ dataset, model, preset, config, settings: { max_steps: steps } }, { params }, settings) {
  /** @type {Record<string, Json>} */
  const values = { dataset, preset, ...(model ? { model } : {}), max_steps: steps };
  /** @type {Record<string, any>} */
  const sections = structuredClone(config);
  const { trigger_word: trigger, ...data } = sections.data ?? {};
  if (trigger) values.trigger_word = trigger;
  sections.data = data;
  for (const [key, value] of Object.entries(params)) {
    const own = settings.find((setting) => setting.key === key);
    if (own) values[own.field] = value;
    else put(sections, key.split("."), value);
  }
  const used = Object.entries(sections).filter(([, section]) => Object.keys(section ?? {}).length);
  return /** @type {Record<string, Json>} */ ({ ...values, ...(used.length ? { config: Object.fromEntries(used) } : {}) });
}

/** @param {Record<string, any>} target @param {string[]} path @param {Json} value */
function put(target, [name = "", ...rest], value) {
  if (!rest.length) target[name] = value;
  else put((target[name] ??= {}), rest, value);
}
