/** Uploads of datasets: which files are sent, in which parts, under which name. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { datasetFiles, DESCRIBE, describingTask, faultsOf, freeName, tagsOf, uploadParts } from "../../../web/state/datasets.js";
import { datasetEffects } from "../../../web/state/effects/datasets.js";
import { Store } from "../../../web/state/store.js";

/** @param {string} path @param {number} [size] */
const placed = (path, size = 1) => ({ path, file: /** @type {File} */ ({ size }) });
/** @param {string} name */
const dataset = (name) => /** @type {import("../../../web/state/datasets.js").Dataset} */ ({ name });

test("images, captions and zips are sent, hidden and other files are not", () => {
  const paths = ["set/a.png", "set/a.txt", "set/b.JPG", "set/.DS_Store", "set/.git/a.png", "notes.md", "all.zip", "set/c.caption"];
  assert.deepEqual(
    datasetFiles(paths.map((path) => placed(path))).map(({ path }) => path),
    ["set/a.png", "set/a.txt", "set/b.JPG", "all.zip", "set/c.caption"],
  );
});

test("an upload in parts keeps the caption with its image", () => {
  const large = 30 << 20;
  const parts = uploadParts([placed("s/a.png", large), placed("s/b.png", large), placed("s/a.txt"), placed("s/b.txt")]);
  assert.deepEqual(
    parts.map((part) => part.map(({ path }) => path)),
    [
      ["s/a.png", "s/a.txt"],
      ["s/b.png", "s/b.txt"],
    ],
  );
});

test("small files share a part of at most 500", () => {
  const parts = uploadParts(Array.from({ length: 501 }, (_, number) => placed(`${number}.png`)));
  assert.deepEqual(parts.map(({ length }) => length), [500, 1]);
});

test("a new dataset is named after its folder or zip, with a number where that is taken", () => {
  assert.equal(freeName([placed("robots/a.png")], []), "robots");
  assert.equal(freeName([placed("robots.zip")], [dataset("Robots")]), "robots 2");
  assert.equal(freeName([placed("a.png"), placed("b.png")], []), "Dataset");
});

test("tags are the parts between commas", () => {
  assert.deepEqual(tagsOf(" red, , flat "), ["red", "flat"]);
});

test("faults are counted by level", () => {
  const faults = /** @type {import("../../../web/state/datasets.js").DatasetFault[]} */ ([{ level: "error" }, { level: "warning" }, { level: "error" }]);
  assert.equal(faultsOf(faults, "error").length, 2);
});

test("a selection is described by a task whose newest one is followed", async () => {
  const task = (/** @type {string} */ id, /** @type {string} */ created) => /** @type {any} */ ({ id, operation: DESCRIBE, params: { dataset: "D" }, created_at: created, version: 1, outputs: [] });
  const others = { a: task("a", "1"), b: task("b", "2"), c: { ...task("c", "3"), params: { dataset: "E" } }, d: { ...task("d", "4"), operation: "describe" } };
  assert.equal(describingTask(others, "D")?.id, "b");
  assert.equal(describingTask(others, "F"), undefined);
  /** @type {any[]} */
  const sent = [];
  const store = new Store();
  store.set({ datasets: { items: [], trash: null, upload: null, open: /** @type {any} */ ({ id: "D", selected: ["house.png"] }) } });
  const api = { call: async (/** @type {any[]} */ ...call) => (sent.push(call), { task_id: "new" }), task: async () => task("new", "5") };
  await datasetEffects["describe-dataset"](/** @type {any} */ ({ store, api, live: { queue: { soon: () => {} } } }), { id: "D", values: { task: "caption", trigger_word: "", model: undefined } });
  assert.deepEqual(sent, [["POST", "/caption_dataset", { task: "caption", dataset: "D", names: ["house.png"] }]]);
  assert.equal(describingTask(store.state.tasks, "D")?.id, "new");
});
