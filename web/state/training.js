/**
 * Trainings as the page holds them: the list of runs, the open run with its measurements, and the
 * form of a new one.
 *
 * @import { Json, Entry, FieldSchema } from "../document/types.js"
 * @import { Task } from "./task-types.js"
 *
 * @typedef {[number, number | null][]} Series pairs of step and value
 *
 * @typedef {object} RunEntry
 * @property {string} task_id
 * @property {string} name
 * @property {Task["status"]} status
 * @property {string} created_at
 * @property {string | null} finished_at
 * @property {string} model
 * @property {string} preset
 * @property {string} trigger_word
 * @property {number} steps
 * @property {string | null} search_id of a trial
 * @property {Task["progress"]} progress
 * @property {Record<string, number | null>} newest
 *
 * @typedef {{ step: number, size_bytes: number, validation_loss: number | null, created_at: string, url: string }} Checkpoint
 * @typedef {{ step: number, index: number, prompt: string, trigger: boolean, seed: number, width: number, height: number, url: string }} Sample
 * @typedef {{ images: number, digest: string, buckets: number[][], name: string, reference: string, version: number | null, shown: string }} RunDataset
 *
 * @typedef {object} RunMore
 * @property {Record<string, any>} config
 * @property {RunDataset} dataset
 * @property {string} yaml
 * @property {string} command
 * @property {Record<string, Json>} params
 * @property {{ prompt: string, trigger: boolean }[]} prompts
 * @property {Record<string, any> | null} report
 * @property {{ detail: string }[]} warnings
 * @property {{ detail: string, fix?: string | null } | null} error
 * @property {Checkpoint[]} checkpoints
 * @property {Sample[]} samples
 * @typedef {RunEntry & RunMore} Run
 *
 * @typedef {{ best: number | null, explanation: string, scores: Record<number, string> }} RunScores of the newest evaluation, by step
 * @typedef {{ id: string, prompt: string, step: number, weight: number, seed: number }} PromptTest the task that draws it
 * @typedef {{ id: string, run: Run | null, values: Record<string, Series>, problem: string, scores?: RunScores | null, tests?: PromptTest[] }} OpenRun
 * @typedef {{ name: string, title: string, summary: string, schema: { properties: Record<string, FieldSchema> } }} FormSection
 * @typedef {{ preset: string, model: string, trainable: boolean, sections: FormSection[], settings: { field: string, key: string, default: Json }[] }} TrainingFields
 * @typedef {{ section: string, field: string, detail: string }} FormProblem `section` is empty for a field of the operation
 * @typedef {Record<string, Json | undefined>} FormValues
 *
 * @typedef {object} TrainingForm
 * @property {FormValues} values of the operation
 * @property {Record<string, FormValues>} sections values of the configuration, by section
 * @property {TrainingFields | null} fields
 * @property {FormProblem[]} problems
 * @property {boolean} busy
 * @property {{ fits: boolean, sentence: string } | null} estimate memory and time; null before a dataset is chosen
 *
 * @typedef {{ tab: string, runs: RunEntry[] | null, open: OpenRun | null, problem: string, form: TrainingForm }} TrainingState
 */

import { formEntry } from "../document/schema.js";

export const OPERATION = "train_lora";
const POINTS = 300; // of a plot

/** @type {TrainingForm} */
export const NO_FORM = { values: {}, sections: {}, fields: null, problems: [], busy: false, estimate: null };

/** @type {TrainingState} */
export const NO_TRAINING = { tab: "datasets", runs: null, open: null, problem: "", form: NO_FORM };

/** The state of a run: that of its task, where the page follows it. @param {RunEntry} run @param {Task | undefined} task */
export function statusOf(run, task) {
  return task?.status ?? run.status;
}

/** The last step that was trained. @param {RunEntry} run @param {Record<string, Series>} [values] @param {Task["progress"]} [progress] */
export function stepOf(run, values = {}, progress = run.progress) {
  const measured = values.loss?.at(-1)?.[0] ?? 0;
  return Math.max(measured, progress?.phase === "training" ? progress.step : 0);
}

/**
 * Values with later ones added; of two at the same step the later one counts.
 * @param {Record<string, Series>} before
 * @param {Record<string, Series>} more
 * @returns {Record<string, Series>}
 */
export function mergeValues(before, more) {
  const merged = { ...before };
  for (const [name, series] of Object.entries(more)) {
    const steps = new Map([...(before[name] ?? []), ...series]);
    merged[name] = [...steps].toSorted(([a], [b]) => a - b);
  }
  return merged;
}

/** The checkpoint with the lowest validation loss, the earlier one of equal ones; without a loss the newest. @param {readonly Checkpoint[]} checkpoints */
export function bestCheckpoint(checkpoints) {
  const measured = checkpoints.filter(({ validation_loss: loss }) => loss !== null);
  const sorted = measured.toSorted((a, b) => Number(a.validation_loss) - Number(b.validation_loss) || a.step - b.step);
  return sorted[0] ?? checkpoints.at(-1);
}

/** The step that is best: by the newest evaluation, else by the validation loss. @param {Run} run @param {RunScores | null} [scores] */
export function bestStep({ checkpoints }, scores) {
  const known = checkpoints.some(({ step }) => step === scores?.best);
  return known ? (scores?.best ?? undefined) : bestCheckpoint(checkpoints)?.step;
}

/** The scores of an evaluation by step; a checkpoint that a gate refuses has none. @param {import("./evaluations.js").Report} report @returns {RunScores} */
export function scoresOf({ columns, best, explanation }) {
  const scored = columns.filter(({ step }) => step);
  const scores = scored.map(({ step, score, gates }) => [step, gates.length ? "refused" : (score?.toFixed(2) ?? "")]);
  return { best: best === null ? null : (columns[best]?.step ?? null), explanation, scores: Object.fromEntries(scores) };
}

/**
 * The columns of samples and checkpoints: the steps of both, in their order.
 * @param {Run} run
 * @returns {{ step: number, samples: Map<number, Sample>, checkpoint: Checkpoint | undefined }[]}
 */
export function columnsOf({ samples, checkpoints }) {
  const steps = [...new Set([...samples, ...checkpoints].map(({ step }) => step))].toSorted((a, b) => a - b);
  return steps.map((step) => ({
    step,
    samples: new Map(samples.filter((sample) => sample.step === step).map((sample) => [sample.index, sample])),
    checkpoint: checkpoints.find((checkpoint) => checkpoint.step === step),
  }));
}

/** The next step at which samples are drawn, 0 where there is none. @param {Run} run @param {number} step */
export function nextSample({ config, steps }, step) {
  const every = config.validation?.sample_frequency ?? 0;
  const next = every ? Math.min((Math.floor(step / every) + 1) * every, steps) : 0;
  return next > step ? next : 0;
}

/** The steps of a plot: at most 300, evenly from 0 to the last. @param {number} steps @returns {number[]} */
export function plotSteps(steps) {
  const parts = Math.max(1, Math.min(steps, POINTS));
  return Array.from({ length: parts + 1 }, (_, index) => Math.round((index * steps) / parts));
}

/**
 * Values at the steps of a plot: the mean of those around each, with their range.
 * @param {Series} series
 * @param {number[]} steps
 * @returns {{ values: (number | null)[], low: (number | null)[], high: (number | null)[] }}
 */
export function plotValues(series, steps) {
  const total = steps.at(-1) || 1;
  /** @type {number[][]} */
  const parts = steps.map(() => []);
  for (const [step, value] of series) if (value !== null) parts[Math.min(steps.length - 1, Math.round((step / total) * (steps.length - 1)))]?.push(value);
  const summary = (/** @type {(part: number[]) => number} */ of) => parts.map((part) => (part.length ? of(part) : null));
  return {
    values: summary((part) => part.reduce((sum, value) => sum + value, 0) / part.length),
    low: summary((part) => Math.min(...part)),
    high: summary((part) => Math.max(...part)),
  };
}

/**
 * The parameters of a new training: the fields that are set, and the sections of its configuration.
 * @param {TrainingForm} form
 * @returns {Record<string, Json>}
 */
export function parametersOf({ values, sections }) {
  const filled = Object.entries(values).filter(([, value]) => value !== undefined && value !== "" && value !== null);
  /** @type {Record<string, Json>} */
  const config = {};
  for (const [name, fields] of Object.entries(sections)) {
    for (const [key, value] of Object.entries(fields)) {
      if (value !== undefined) place(config, [name, ...key.split(".")], value);
    }
  }
  return /** @type {Record<string, Json>} */ ({ ...Object.fromEntries(filled), ...(Object.keys(config).length ? { config } : {}) });
}

/** @param {Record<string, Json>} target @param {string[]} path @param {Json} value */
function place(target, [name = "", ...rest], value) {
  if (!rest.length) target[name] = value;
  else place(/** @type {Record<string, Json>} */ (target[name] ??= {}), rest, value);
}

/**
 * The form of the parameters of an earlier training.
 * @param {Record<string, Json>} params
 * @returns {Pick<TrainingForm, "values" | "sections">}
 */
export function formOf({ config, ...values }) {
  /** @type {Record<string, FormValues>} */
  const sections = {};
  const given = typeof config === "string" ? JSON.parse(config) : config;
  for (const [name, fields] of Object.entries(given ?? {})) sections[name] = flat(/** @type {Record<string, Json>} */ (fields), "");
  return { values, sections };
}

/** @param {Record<string, Json>} fields @param {string} prefix @returns {FormValues} */
function flat(fields, prefix) {
  return Object.assign({}, ...Object.entries(fields).map(([name, value]) => (value && typeof value === "object" && !Array.isArray(value) ? flat(value, `${prefix}${name}.`) : { [prefix + name]: value })));
}

/**
 * The mistakes of a refused request, each at its field.
 * @param {{ message: string, fix: string, field: string, errors: { field?: string, detail: string }[] }} problem
 * @param {TrainingFields | null} fields
 * @returns {FormProblem[]}
 */
export function formProblems({ message, fix, field, errors }, fields) {
  const given = errors.length ? errors : [{ field, detail: [message, fix].filter(Boolean).join(" ") }];
  return given.map(({ field: key = "", detail }) => {
    const own = fields?.settings.find((setting) => setting.key === key);
    if (own) return { section: "", field: own.field, detail };
    const section = fields?.sections.find(({ name }) => key.startsWith(`${name}.`));
    return section ? { section: section.name, field: key.slice(section.name.length + 1), detail } : { section: "", field: key, detail };
  });
}

/** The sections as declarations, from which a form is made. @param {TrainingFields} fields @returns {Entry[]} */
export function sectionEntries({ sections }) {
  return sections.map((section) => formEntry(sectionId(section.name), section));
}

/** The operation with the values of the preset as defaults of its fields. @param {Entry} entry @param {TrainingFields | null} fields @returns {Entry} */
export function withDefaults(entry, fields) {
  const properties = { ...entry.schema.properties };
  const defaults = fields ? [...fields.settings.map((setting) => [setting.field, setting.default]), ["preset", fields.preset], ["model", fields.model]] : [];
  for (const [field, value] of defaults) {
    const name = String(field);
    if (properties[name]) properties[name] = { ...properties[name], default: /** @type {Json} */ (value) };
  }
  // The page folds the advanced fields itself, with the sections.
  const unfolded = Object.entries(properties).map(([name, schema]) => [name, { ...schema, ui: { ...schema.ui, advanced: false } }]);
  return { ...entry, schema: { ...entry.schema, properties: Object.fromEntries(unfolded) } };
}

/** @param {string} name */
export function sectionId(name) {
  return `training-${name}`;
}
