// Sets and batches: the request of a run, rows of the table, counts, neighbours, new ids and tables.
import assert from "node:assert/strict";
import { test } from "node:test";

import "./dom.js";
import { stateWith } from "./state.js";

const sets = await import("../../../web/state/sets.js");
const { applyBatchEvent, batchEffects } = await import("../../../web/state/effects/batches.js");
const { setEffects } = await import("../../../web/state/effects/sets.js");
const { draftEffects } = await import("../../../web/state/effects/set-drafts.js");
const { SetEditor } = await import("../../../web/views/sets/set-editor.js");
const { drawTile, makeTile } = await import("../../../web/views/sets/row-tile.js");
const { PartForm } = await import("../../../web/views/sets/part-form.js");
const { placeNamed } = await import("../../../web/views/places.js");

const DETAIL = { id: "deck", own: true, definition: { mode: "generate", width: 64, seed: { policy: "shared", value: 5 }, overlay: { layout: "poker", pips: true } }, columns: ["value"], rows: 3 };
const ROWS = ["ace", "two", "king"].map((key, index) => ({ number: index + 2, key, prompt: `the ${key}`, params: {}, card: null }));
const PREVIEW = { items: ROWS, total: 3, columns: ["value"], prompt_template: "{value}", item_name: "{value}", faults: [] };
const image = (id) => ({ task_id: `t${id}`, asset_id: id, url: `/${id}`, thumbnail_url: `/${id}/t`, drawing: `d${id}` });
const row = (key, status, images = []) => ({ key, status, task_id: `t-${key}`, prompt: key, seed: 1, params: {}, images, chosen: images.at(-1)?.asset_id ?? null, error: null });
const BATCH = { id: "b2", set_id: "deck", rows: 3, states: { completed: 1, failed: 1, held: 1 }, items: [row("ace", "completed", [image("a1"), image("a2")]), row("two", "failed"), row("king", "held")] };

const open = (parts = {}) => ({ ...sets.NO_SETS, list: [], open: "deck", detail: DETAIL, preview: PREVIEW, recipe: { ...sets.NEW_RECIPE, theme: "ink" }, ...parts });

/** A context with a store of this state, and the calls of its API. */
function context(parts, answers = {}) {
  const calls = [];
  const toasts = [];
  const store = {
    state: stateWith({ sets: open(parts) }),
    set: (change) => Object.assign(store, { state: { ...store.state, ...change } }),
    toast: (...toast) => toasts.push(toast),
  };
  const call = async (method, path, body) => {
    calls.push([method, path, body]);
    const answer = answers[`${method} ${path.split("?")[0]}`];
    return structuredClone(answer ?? { items: [] });
  };
  return { store, api: { call, text: async () => "value\nace\n", preview: async () => new Blob() }, calls, toasts };
}

test("a run sends the theme and what the user changed, and nothing else", () => {
  assert.deepEqual(sets.runRequest(open()), { set_name: "deck", user_theme: "ink" });
  const recipe = { ...sets.NEW_RECIPE, theme: "ink", values: { num_inference_steps: 4 }, card: { pips: false }, policy: "random" };
  assert.deepEqual(sets.runRequest(open({ recipe }), ["ace"]), {
    num_inference_steps: 4,
    set_name: "deck",
    user_theme: "ink",
    rows: ["ace"],
    overlay: { layout: "poker", pips: false },
    seed_policy: "random",
  });
  assert.equal(sets.runRequest(open({ recipe: { ...recipe, plain: true } })).overlay, false);
});

test("the form shows what the set says until the user changes it", () => {
  assert.equal(sets.runValues(open()).width, 64);
  assert.equal(sets.runValues(open()).seed, 5);
  assert.equal(sets.seedPolicy(open()), "shared");
  const recipe = { ...sets.NEW_RECIPE, values: sets.changedValues({ width: 128, height: 64 }, { height: null, seed: 7 }), policy: "derived" };
  assert.deepEqual(recipe.values, { width: 128, seed: 7 });
  assert.equal(sets.runValues(open({ recipe })).width, 128);
  assert.equal(sets.seedPolicy(open({ recipe })), "derived");
});

test("the strong button counts the rows, and rests while the table has an error", () => {
  const { strong } = placeNamed("sets");
  const state = (parts) => stateWith({ connection: "online", sets: open(parts) });
  assert.equal(strong.text(state()), "Run 3 rows");
  assert.equal(strong.ready(state()), true);
  const fault = { level: "error", detail: "Twice.", row: 3, column: "value", fix: null };
  assert.equal(strong.ready(state({ preview: { ...PREVIEW, faults: [fault] } })), false);
  assert.equal(strong.ready(state({ preview: { ...PREVIEW, faults: [{ ...fault, level: "warning" }] } })), true);
  for (const parts of [{ preview: null }, { starting: true }, { draft: {} }]) assert.equal(strong.ready(state(parts)), false);
  assert.equal(strong.ready({ ...state(), connection: "offline" }), false);
});

test("a fault names its row and column, and the faults are counted", () => {
  const faults = [{ level: "error", row: 3, column: "seed" }, { level: "warning", row: null, column: null }];
  assert.deepEqual(faults.map(sets.faultPlace), ["Row 3, seed", ""]);
  assert.deepEqual(sets.faultCounts(faults), { errors: 1, warnings: 1 });
});

test("the table shows the set before a run, and follows the filter of a batch", () => {
  assert.deepEqual(sets.tableRows(open()).map(({ key, status }) => [key, status]), [["ace", ""], ["two", ""], ["king", ""]]);
  const keys = (filter) => sets.tableRows(open({ batch: BATCH, filter })).map(({ key }) => key);
  assert.deepEqual([keys("all"), keys("failed"), keys("open")], [["ace", "two", "king"], ["two"], ["two", "king"]]);
});

test("a batch counts its rows, and its neighbours are batches of the same set", () => {
  const { done, failed, held, waiting, open: left } = sets.batchCounts(BATCH);
  assert.deepEqual([done, failed, held, waiting, left], [1, 1, 1, 1, 1]);
  const batches = [{ id: "b3", set_id: "deck" }, { id: "x", set_id: "other" }, BATCH, { id: "b1", set_id: "deck" }];
  const state = open({ batch: BATCH, batches });
  assert.deepEqual([sets.neighbour(state, -1)?.id, sets.neighbour(state, 1)?.id], ["b3", "b1"]);
  assert.equal(sets.neighbour(open({ batches }), 1), undefined);
});

test("the chosen variant is shown, and rows that are still drawn are not drawn again", () => {
  assert.equal(sets.shownImage({ ...BATCH.items[0], chosen: "a1" }).asset_id, "a1");
  assert.equal(sets.shownImage(BATCH.items[0]).asset_id, "a2");
  assert.equal(sets.shownImage(BATCH.items[1]), undefined);
  assert.deepEqual(sets.redoable(BATCH, ["king", "two", "ace"]), ["ace", "two"]);
});

test("a new set gets an id that no other has", () => {
  assert.equal(sets.freeSetId("Über Tiere!", []), "uber-tiere");
  assert.equal(sets.freeSetId("Zodiac", ["zodiac", "zodiac-2"]), "zodiac-3");
  assert.equal(sets.freeSetId("牌", []), "set");
});

test("a table is read in UTF-8, UTF-16 or Latin-1", () => {
  assert.deepEqual(sets.decodeTable(new TextEncoder().encode("Größe")), { text: "Größe", encoding: "UTF-8" });
  assert.deepEqual(sets.decodeTable(Uint8Array.from([71, 114, 246, 223, 101])), { text: "Größe", encoding: "Latin-1" });
  assert.deepEqual(sets.decodeTable(Uint8Array.from([0xff, 0xfe, 65, 0])), { text: "A", encoding: "UTF-16" });
});

const FORM = [
  { field: "", title: "Set", summary: "", optional: false, schema: { properties: { width: {}, loras: {}, prompt_template: {} } } },
  { field: "overlay", title: "Card", summary: "", optional: true, schema: { properties: { layout: {} } } },
];

test("a mistake stands at the field of its section, and any other beside the form", () => {
  const errors = [["overlay.layout", "no layout"], ["loras.0.weight", "too much"], ["width", "too small"], ["row 2, column 'seed'", "no seed"]];
  const { problems, others } = sets.fieldProblems(FORM, errors.map(([field, detail]) => ({ field, detail })));
  assert.deepEqual(problems.map(({ section, field }) => [section, field]), [["overlay", "layout"], ["", "loras"], ["", "width"]]);
  assert.deepEqual(others, ["no seed"]);
});

test("the form of a set is built from the served fields, and changes a part of the definition or drops it", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const editor = new SetEditor(() => {});
  const draft = { replaces: "", definition: { name: "Deck", width: 8, overlay: { layout: "poker" } }, csv: "", preview: null, encoding: "", problems: [{ section: "", field: "width", detail: "too small" }], problem: "" };
  const page = context({ form: FORM, draft });
  editor.draw(page.store.state);
  const fields = [...editor.element.querySelectorAll("[data-field]")].map((field) => field.dataset.field);
  assert.deepEqual(fields, ["width", "loras", "prompt_template", "layout"]);
  assert.ok([...editor.element.querySelectorAll(".field-problem")].some((line) => line.textContent === "too small"));
  draftEffects["change-draft-part"](page, { section: "overlay", values: { pips: false } });
  assert.deepEqual(page.store.state.sets.draft.definition.overlay, { layout: "poker", pips: false });
  draftEffects["change-draft-part"](page, { section: "overlay", values: null });
  assert.equal(page.store.state.sets.draft.definition.overlay, null);
  draftEffects["change-draft-print"](page, { values: { back: "a1" } });
  assert.deepEqual(page.store.state.sets.draft.definition.print, { back: "a1" });
});

test("a print takes the card of the set, and what the user changed", () => {
  const batch = { ...BATCH, print: { card: "auto", paper: "letter" } };
  assert.deepEqual(sets.printValues(open({ batch })), { card: "poker", paper: "letter" });
  assert.deepEqual(sets.printValues(open()), { card: "poker" });
  assert.deepEqual(sets.printRequest(open({ print: { paper: "letter" } }), "cards"), { paper: "letter", format: "cards" });
  assert.deepEqual(sets.printRequest(open({ print: { paper: "letter" } }), "contact_sheet"), { format: "contact_sheet" });
});

test("what is open and the recipe are there again after a reload", async (t) => {
  const kept = new Map();
  globalThis.localStorage = { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => kept.set(key, value) };
  t.after(() => delete globalThis.localStorage);
  const answers = { "GET /sets": { items: [{ id: "deck" }] }, "GET /sets/deck": DETAIL, "GET /sets/deck/preview": PREVIEW, "GET /batches/b2": BATCH };
  const before = context({ batch: BATCH, list: [{ id: "deck" }] }, answers);
  setEffects["change-recipe"](before, { values: { num_inference_steps: 2 } });
  setEffects["focus-row"](before, { row: "king" });
  const after = context(sets.NO_SETS, answers);
  await setEffects["open-sets"](after, {});
  const { open: id, recipe, batch, row: focus } = after.store.state.sets;
  assert.deepEqual([id, recipe.theme, recipe.values, batch.id, focus], ["deck", "ink", { num_inference_steps: 2 }, "b2", "king"]);
});

test("redo sends the marked rows that have ended, and they are unmarked", async () => {
  const page = context({ batch: BATCH, marked: new Set(["ace", "king"]) }, { "GET /batches/b2": BATCH });
  await batchEffects["redo-rows"](page, {});
  assert.deepEqual(page.calls[0], ["POST", "/batches/b2/redo", { rows: ["ace"] }]);
  assert.deepEqual([...page.store.state.sets.marked], ["king"]);
});

test("the cards that stand out are marked for redo", async () => {
  const harmony = { score: 61.4, items: [{ key: "ace", outlier: false, reasons: [] }, { key: "two", outlier: true, reasons: ["style"] }] };
  const page = context({ batch: BATCH }, { "GET /batches/b2/harmony": harmony, "POST /batches/b2/harmony": { task_id: "t9" } });
  page.api.task = async () => ({ status: "completed", finished_at: "now" });
  await batchEffects["measure-harmony"](page, {});
  assert.ok(page.calls.some(([, path]) => path === "/batches/b2/harmony?task_id=t9"));
  assert.deepEqual([...page.store.state.sets.marked], ["two"]);
  assert.deepEqual(page.store.state.sets.harmony, harmony);
  assert.equal(page.store.state.sets.busy, "");
});

test("without a metric network the figures are those of image statistics", async () => {
  const harmony = { score: 80, items: [], method: "image statistics" };
  const page = context({ batch: BATCH }, { "GET /batches/b2/harmony": harmony, "POST /batches/b2/harmony": { task_id: null } });
  await batchEffects["measure-harmony"](page, {});
  assert.deepEqual(page.calls.map(([method, path]) => [method, path]), [
    ["POST", "/batches/b2/harmony"],
    ["GET", "/batches/b2/harmony"],
  ]);
  assert.equal(page.store.state.sets.harmony.method, "image statistics");
});

test("events of a batch load it once more, also those that came during a load", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const page = context({ batch: BATCH, batches: [BATCH] }, { "GET /batches/b2": BATCH });
  const ends = [];
  page.api.call = () => new Promise((resolve) => ends.push(() => resolve(BATCH)));
  const event = { type: "task", data: { run_id: "b2" } };
  const pass = async () => {
    t.mock.timers.tick(1000);
    for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
  };
  applyBatchEvent(page, event);
  applyBatchEvent(page, event);
  await pass();
  assert.equal(ends.length, 1, "one load for both");
  applyBatchEvent(page, event);
  await pass();
  assert.equal(ends.length, 1, "no second load beside the first");
  ends[0]();
  await pass();
  await pass();
  assert.equal(ends.length, 2);
  ends[1]();
  await pass();
  await pass();
  assert.equal(ends.length, 2);
});

test("a batch that is opened while rows are drawn is loaded again", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const page = context({}, { "GET /batches/b2": { ...BATCH, unfinished: 1 } });
  await batchEffects["open-batch"](page, { batch: "b2" });
  const loads = () => page.calls.filter(([, path]) => path === "/batches/b2").length;
  assert.equal(loads(), 1);
  t.mock.timers.tick(1000);
  assert.equal(loads(), 2);
});

test("a cell is named by its values, and a row by its key", () => {
  const matrix = { axes: [{ name: "guidance_scale", label: "Guidance" }] };
  const cell = { ...row("001-guidance-scale-2", "completed"), cell: { guidance_scale: 2 } };
  assert.deepEqual([sets.rowName(cell, matrix), sets.rowName(BATCH.items[0], BATCH)], ["Guidance 2", "Ace"]);
});

test("a click on a cell opens its image with its parameters, a click on a row moves the focus", () => {
  const asked = [];
  const tile = makeTile("ace", (name, detail) => asked.push([name, detail]));
  const state = stateWith({ sets: open({ batch: BATCH }) });
  drawTile(tile, BATCH.items[0], state);
  tile.dispatchEvent(new Event("click"));
  drawTile(tile, { ...BATCH.items[0], cell: { seed: 2 } }, state);
  tile.dispatchEvent(new Event("click"));
  assert.deepEqual(asked, [
    ["focus-row", { row: "ace" }],
    ["focus-row", { row: "ace" }],
    ["open-on-wall", { asset: "a2" }],
  ]);
});

test("a chosen variant replaces its row only", async () => {
  const page = context({ batch: BATCH }, { "POST /batches/b2/rows/ace/choose": { ...BATCH.items[0], chosen: "a1" } });
  await batchEffects["choose-variant"](page, { row: "ace", asset: "a1" });
  const { items } = page.store.state.sets.batch;
  assert.deepEqual([items[0].chosen, items[1]], ["a1", BATCH.items[1]]);
});

test("a deleted set comes back with Undo, as it was", async () => {
  const page = context({ list: [{ id: "deck" }] }, { "GET /sets/deck": DETAIL });
  await draftEffects["delete-set"](page, { set: "deck" });
  const [, , , undo] = page.toasts[0];
  await undo.perform();
  const put = page.calls.find(([method]) => method === "PUT");
  assert.deepEqual(put, ["PUT", "/sets/deck", { ...DETAIL.definition, csv: "value\nace\n" }]);
});

test("a shipped set is duplicated under a new id", async () => {
  const page = context({ list: [{ id: "deck" }, { id: "deck-copy" }] }, { "GET /sets/deck": { ...DETAIL, definition: { ...DETAIL.definition, name: "Deck" } }, "GET /sets/deck-copy-2": DETAIL });
  await draftEffects["edit-set"](page, { set: "deck", copy: true });
  await draftEffects["save-draft"](page, {});
  const put = page.calls.find(([method]) => method === "PUT");
  assert.deepEqual([put[1], put[2].name], ["/sets/deck-copy-2", "Deck (copy)"]);
});

test("the brick of a set sends its theme with what replaces parameters of the set", async () => {
  const page = context({}, { "POST /generate/batch": { task_ids: ["t1", "t2"] } });
  await setEffects["run-batch"](page, { set: "deck", theme: "ink", values: { width: 128, seed: 7 } });
  assert.deepEqual(page.calls[0], ["POST", "/generate/batch", { width: 128, seed: 7, set_name: "deck", user_theme: "ink" }]);
});

test("an image that is picked for a form of sets goes to that form and not to the wall", () => {
  const sent = [];
  const part = { id: "set-print", operation: "print_cards", includes: () => true, change: () => {}, request: (...request) => sent.push(request), takes: "change-print" };
  const { brick } = new PartForm(part).form;
  brick.request("show", { name: "image-picker", brick: "set-print", field: "back" });
  assert.deepEqual(sent, [["show", { name: "image-picker", brick: "set-print", field: "back", takes: "change-print" }]]);
});
