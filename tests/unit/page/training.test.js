/** Trainings on the page: measurements, columns of samples, the form and its mistakes. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { bestCheckpoint, bestStep, columnsOf, formOf, formProblems, mergeValues, nextSample, parametersOf, plotSteps, plotValues, sectionEntries, scoresOf, sectionId, stepOf, NO_FORM } from "../../../web/state/training.js";
import { listText, readList } from "../../../web/elements/fields/list.js";

/** @typedef {import("../../../web/state/training.js").Run} Run */
/** @typedef {import("../../../web/state/training.js").TrainingFields} TrainingFields */

/** @param {Partial<Run>} more */
const run = (more) => /** @type {Run} */ ({ task_id: "r", steps: 80, samples: [], checkpoints: [], prompts: [], config: { validation: { sample_frequency: 40 } }, progress: null, ...more });
/** @param {number} step @param {number | null} loss */
const checkpoint = (step, loss) => ({ step, validation_loss: loss, size_bytes: 1, created_at: "", url: "" });
/** @param {number} step @param {number} index */
const sample = (step, index) => ({ step, index, prompt: "", trigger: true, seed: 1, width: 8, height: 8, url: `${step}/${index}` });

/** @type {TrainingFields} */
const FIELDS = {
  preset: "concept",
  model: "nano",
  trainable: true,
  sections: [{ name: "training", title: "Training", summary: "", schema: { properties: { batch_size: { type: "integer" } } } }],
  settings: [{ field: "max_steps", key: "training.max_steps", default: 240 }],
};

test("values that are read again replace those of their step", () => {
  const values = mergeValues({ loss: [[1, 0.9], [2, 0.8]] }, { loss: [[2, 0.7], [3, 0.6]], yielded: [[2, 1]] });
  assert.deepEqual(values, { loss: [[1, 0.9], [2, 0.7], [3, 0.6]], yielded: [[2, 1]] });
  assert.equal(stepOf(run({}), values), 3);
});

test("the best checkpoint has the lowest validation loss, the earlier one of equal ones", () => {
  assert.equal(bestCheckpoint([checkpoint(40, 0.3), checkpoint(80, 0.2), checkpoint(120, 0.2)])?.step, 80);
  assert.equal(bestCheckpoint([checkpoint(40, null), checkpoint(80, null)])?.step, 80);
  assert.equal(bestCheckpoint([]), undefined);
});

test("the best step is that of the newest evaluation, where its checkpoint is still kept", () => {
  const column = (/** @type {number} */ step, /** @type {number | null} */ score, /** @type {string[]} */ gates = []) => ({ step, score, gates });
  const scores = scoresOf(/** @type {any} */ ({ columns: [column(0, null), column(40, 0.5), column(80, 2, ["copies"])], best: 1, explanation: "Step 40 is the best." }));
  assert.deepEqual(scores, { best: 40, explanation: "Step 40 is the best.", scores: { 40: "0.50", 80: "refused" } });
  const both = run({ checkpoints: [checkpoint(40, 0.3), checkpoint(80, 0.2)] });
  assert.deepEqual([bestStep(both, scores), bestStep(both, null), bestStep(run({ checkpoints: [checkpoint(80, 0.2)] }), scores)], [40, 80, 80]);
  assert.equal(bestStep(run({}), null), undefined);
});

test("samples and checkpoints share columns by step", () => {
  const columns = columnsOf(run({ samples: [sample(0, 0), sample(0, 1), sample(40, 1)], checkpoints: [checkpoint(40, 0.3), checkpoint(50, 0.2)] }));
  assert.deepEqual(columns.map(({ step, samples, checkpoint: file }) => [step, [...samples.keys()], file?.step]), [[0, [0, 1], undefined], [40, [1], 40], [50, [], 50]]);
});

test("the next samples are due at the next multiple, or at the end", () => {
  assert.equal(nextSample(run({}), 7), 40);
  assert.equal(nextSample(run({ steps: 60 }), 40), 60);
  assert.equal(nextSample(run({}), 80), 0);
  assert.equal(nextSample(run({ config: { validation: { sample_frequency: 0 } } }), 7), 0);
});

test("a plot has at most 300 parts, each with mean and range of its steps", () => {
  assert.deepEqual(plotSteps(3), [0, 1, 2, 3]);
  assert.equal(plotSteps(100_000).length, 301);
  const { values, low, high } = plotValues([[1, 1], [2, 3], [100, 5], [50, null]], [0, 50, 100]);
  assert.deepEqual([values, low, high], [[2, null, 5], [1, null, 5], [3, null, 5]]);
});

test("a form is sent as fields and sections, and read back from them", () => {
  const form = { ...NO_FORM, values: { dataset: "robots", max_steps: undefined, trigger_word: "" }, sections: { callbacks: { "early_stopping.patience": 2, divergence: undefined } } };
  const parameters = parametersOf(form);
  assert.deepEqual(parameters, { dataset: "robots", config: { callbacks: { early_stopping: { patience: 2 } } } });
  const again = formOf({ ...parameters, config: JSON.stringify(parameters.config) });
  assert.deepEqual(again, { values: { dataset: "robots" }, sections: { callbacks: { "early_stopping.patience": 2 } } });
});

test("mistakes stand at their fields, of the operation or of a section", () => {
  const problem = { message: "No.", fix: "", field: "", errors: [{ field: "training.max_steps", detail: "a" }, { field: "training.batch_size", detail: "b" }, { field: "dataset", detail: "c" }] };
  assert.deepEqual(formProblems(problem, FIELDS), [
    { section: "", field: "max_steps", detail: "a" },
    { section: "training", field: "batch_size", detail: "b" },
    { section: "", field: "dataset", detail: "c" },
  ]);
  assert.deepEqual(formProblems({ ...problem, fix: "Do.", field: "preset", errors: [] }, FIELDS), [{ section: "", field: "preset", detail: "No. Do." }]);
});

test("sections become declarations of forms", () => {
  const [entry] = sectionEntries(FIELDS);
  assert.equal(entry?.name, sectionId("training"));
  assert.deepEqual(Object.keys(entry?.schema.properties ?? {}), ["batch_size"]);
});

test("lists are numbers between commas, or texts in lines", () => {
  const numbers = { type: "array", items: { type: "integer" } };
  assert.deepEqual(readList("512, 768", numbers), [512, 768]);
  assert.deepEqual(readList("512, wide", numbers), [512, "wide"]);
  assert.equal(readList(" ", numbers), undefined);
  const prompts = { type: "array", items: { type: "string" } };
  assert.deepEqual(readList("a cat, red\n\na dog", prompts), ["a cat, red", "a dog"]);
  assert.equal(listText(["a", "b"], prompts), "a\nb");
  const either = { anyOf: [{ type: "string" }, prompts] };
  assert.equal(readList("blocks", either), "blocks");
  assert.deepEqual(readList("to_q, to_k", either), ["to_q", "to_k"]);
  assert.equal(listText(null, numbers), "");
});
