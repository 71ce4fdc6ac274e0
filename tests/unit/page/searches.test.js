/** Searches: ranges as text, the request, mistakes, plots, and the training with the best settings. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { bestTrial, endedTrials, historyOf, NEW_SEARCH, NO_SEARCHES, placeOn, rangeText, readRange, searchBody, searchProblems, shown, trainingOf, usualRanges, withRange } from "../../../web/state/searches.js";
import { searchEffects } from "../../../web/state/effects/searches.js";
import { Problem } from "../../../web/state/api.js";
import { Store } from "../../../web/state/store.js";

const FIELDS = { schema: { properties: {} }, ranges: { "lora.rank": [4, 8], "training.learning_rate": { low: 1e-4, high: 1e-2, log: true } }, keys: [] };
const TRAINING = /** @type {any} */ ({ preset: "concept", model: "nano", trainable: true, sections: [{ name: "lora", title: "LoRA", summary: "", schema: { properties: {} } }], settings: [{ field: "rank", key: "lora.rank", default: 24 }] });
const trial = (/** @type {number} */ number, /** @type {string} */ state, value = null) => ({ number, state, value, params: { "lora.rank": 8, "lora.dropout": 0.1 }, task_id: null, evaluation_id: null, error: null });
const SEARCH = /** @type {any} */ ({
  dataset: "robots",
  model: null,
  preset: "concept",
  settings: { max_steps: 80 },
  config: { data: { trigger_word: "robot" }, training: { optimizer: "adamw" } },
  trials: [trial(0, "complete"), trial(1, "pruned"), trial(2, "complete"), trial(3, "running")],
  history: [{ trial: 0, value: -0.5, best: -0.5 }, { trial: 2, value: 0.5, best: 0.5 }],
  best_trial: 2,
});

test("ranges are lists or intervals, and are written as they are read", () => {
  assert.deepEqual(readRange("4, 8,16"), [4, 8, 16]);
  assert.deepEqual(readRange("adamw, prodigy"), ["adamw", "prodigy"]);
  assert.deepEqual(readRange("true, false"), [true, false]);
  assert.deepEqual(readRange("1e-5:1e-3:log"), { low: 1e-5, high: 1e-3, log: true });
  assert.deepEqual(readRange("0 : 0.1 : 0.05"), { low: 0, high: 0.1, step: 0.05 });
  assert.deepEqual(readRange(""), []);
  for (const text of ["4, 8, 16", "0.001:0.01:log", "0:40:10", "1:2"]) assert.equal(rangeText(readRange(text)), text);
});

test("a search is sent with the fields and the ranges that are set", () => {
  const ranges = [...usualRanges(FIELDS), { id: 9, key: "", text: "1" }, { id: 10, key: "lora.alpha", text: " " }];
  const body = searchBody({ ...NEW_SEARCH, training: { dataset: "robots", model: "" }, budget: { trials: 4, seed: undefined }, ranges });
  assert.deepEqual(body, { dataset: "robots", search: { trials: 4, ranges: FIELDS.ranges } });
});

test("the configuration of a search is that of a training, and a setting has values beside it", () => {
  const form = { ...NEW_SEARCH, trainingFields: TRAINING, training: { dataset: "robots", rank: 8 }, sections: { callbacks: { "early_stopping.patience": 3 } }, ranges: withRange([], "lora.dropout", "0, 0.1") };
  assert.deepEqual(searchBody(form), { dataset: "robots", config: { callbacks: { early_stopping: { patience: 3 } }, lora: { rank: 8 } }, search: { ranges: { "lora.dropout": [0, 0.1] } } });
  assert.deepEqual(withRange(form.ranges, "lora.dropout", "0, 0.05").map(({ text }) => text), ["0, 0.05"]);
  assert.deepEqual(withRange(form.ranges, "lora.dropout", " "), []);
});

test("a mistake stands at its field", () => {
  const at = (/** @type {string} */ field) => /** @type {any} */ (searchProblems({ message: "No.", fix: "", field }, TRAINING)[0]);
  assert.deepEqual([at("search.ranges.lora.rank").place, at("search.ranges.lora.rank").field], ["range", "lora.rank"]);
  assert.deepEqual([at("search.trials").place, at("search.trials").field], ["budget", "trials"]);
  assert.equal(at("dataset").place, "training");
  assert.equal(at("config.lora").place, "");
  assert.deepEqual(at("lora.dropout"), { place: "section", section: "lora", field: "dropout", detail: "No." });
  assert.equal(at("lora.rank").place, "training");
});

test("the history joins trials without a value, also below zero", () => {
  const { trials, values, best, low, high } = historyOf(SEARCH);
  assert.deepEqual([trials, values, best], [[0, 1, 2, 3], [-0.5, null, 0.5, null], [-0.5, -0.5, 0.5, 0.5]]);
  assert.deepEqual([low, high], [-0.6, 0.6]);
  assert.deepEqual([endedTrials(SEARCH), bestTrial(SEARCH)?.number], [3, 2]);
});

test("values stand on their axes, evenly by order of magnitude on logarithmic ones", () => {
  assert.equal(placeOn({ name: "a", low: 1, high: 100, log: true }, 10), 0.5);
  assert.equal(placeOn({ name: "a", low: 0, high: 4 }, 1), 0.25);
  assert.equal(placeOn({ name: "a", choices: ["x", "y"] }, 1), 1);
  assert.equal(placeOn({ name: "a", low: 3, high: 3 }, 3), 0.5);
  assert.deepEqual([shown(0.000123456), shown("adamw"), shown(null)], ["0.000123", "adamw", ""]);
});

test("the settings of the best trial become a training", () => {
  const training = trainingOf(SEARCH, SEARCH.trials[2], [{ field: "rank", key: "lora.rank" }]);
  assert.deepEqual(training, { dataset: "robots", preset: "concept", max_steps: 80, trigger_word: "robot", rank: 8, config: { training: { optimizer: "adamw" }, lora: { dropout: 0.1 } } });
  assert.deepEqual(SEARCH.config.data, { trigger_word: "robot" });
});

/** @param {(method: string, path: string, body: any) => any} call */
const page = (call) => /** @type {any} */ ({ store: new Store(), api: { call: async (/** @type {string} */ method, /** @type {string} */ path, /** @type {any} */ body) => call(method, path, body) } });

test("a refused search keeps its form, a started one opens", async () => {
  let refused = true;
  const context = page((method, path) => {
    if (path.endsWith("/form")) return FIELDS;
    if (path.startsWith("/training/configuration")) return TRAINING;
    if (method === "GET") return path.endsWith("searches") ? { items: [{ search_id: "S" }] } : { ...SEARCH, search_id: "S", status: "running" };
    if (refused) throw new Problem(422, { detail: "999 is too large.", field: "search.ranges.lora.rank" });
    return { search_id: "S" };
  });
  const searches = () => context.store.state.searches;
  assert.deepEqual(searches(), NO_SEARCHES);
  await searchEffects["new-search"](context);
  assert.deepEqual(searches().form.ranges.map((/** @type {any} */ { key }) => key), ["lora.rank", "training.learning_rate"]);
  assert.deepEqual(searches().form.trainingFields.sections.map((/** @type {any} */ { name }) => name), ["lora"]);
  await searchEffects["start-search"](context);
  assert.deepEqual(searches().form.problems, [{ place: "range", field: "lora.rank", detail: "999 is too large." }]);
  assert.equal(searches().form.busy, false);
  refused = false;
  await searchEffects["start-search"](context);
  assert.deepEqual([searches().form, searches().open.search_id, searches().items.length], [null, "S", 1]);
});
