// Answers that come late: after newer ones, after the event that they lack, after what they belong to was closed.
import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import "./dom.js";
import { Problem } from "../../../web/state/api.js";
import { Newest } from "../../../web/state/newest.js";
import { stateWith } from "./state.js";

const { PageController } = await import("../../../web/state/controller.js");
const { evaluations, gallery, searches, training } = stateWith({});

beforeEach(() => mock.timers.enable({ apis: ["setTimeout"] }));
afterEach(() => {
  mock.timers.tick(5000); // readings that are due, so that none is due in the next test
  mock.timers.reset();
});

/** Lets what was answered arrive. */
async function settled() {
  for (let turn = 0; turn < 4; turn += 1) await new Promise(setImmediate);
}

/** A page whose server answers when the test says so. */
function page(parts) {
  const controller = new PageController();
  const open = [];
  controller.store.set(parts);
  Object.assign(controller.api, { call: (method, path) => new Promise((done, fail) => open.push({ path: `${method} ${path.split("?")[0]}`, done, fail })) });
  return {
    controller,
    perform: controller.perform.bind(controller),
    event: (type, data) => controller.live.onEvent({ id: "", type, data }),
    state: () => controller.store.state,
    asked: () => open.map(({ path }) => path),
    /** Answers the question at this place of those that are open. */
    answer: async (number, value) => {
      const [question] = open.splice(number, 1);
      if (value instanceof Error) question.fail(value);
      else question.done(value);
      await settled();
    },
  };
}

const TRAINED = { place: "training", training: { ...training, tab: "runs" } };
const EVALUATED = { place: "training", training: { ...training, tab: "evaluations" } };
const SEARCHED = { place: "training", training: { ...training, tab: "searches" } };
const evaluation = (status) => ({ task_id: "e", status });

test("an answer that is older than one already taken is dropped, and so is its error", async () => {
  const newest = new Newest();
  const ends = [];
  const ask = () => newest.of(() => new Promise((done, fail) => ends.push({ done, fail })));
  const answers = [ask(), ask(), ask(), ask()];
  ends[2].done("third");
  ends[0].done("first");
  ends[1].fail(new Problem(500, {}));
  ends[3].fail(new Problem(503, {}));
  assert.deepEqual(await Promise.all(answers.slice(0, 3)), [null, null, "third"]);
  await assert.rejects(answers[3], Problem);
  const late = ask();
  newest.drop();
  ends[4].done("late");
  assert.equal(await late, null);
});

for (const [name, parts, progress, operation, list] of [
  ["trainings", { ...TRAINED, training: { ...TRAINED.training, open: { id: "r", run: null, values: {}, problem: "" } } }, "r", "train_lora", "GET /training/runs"],
  ["evaluations", { ...EVALUATED, evaluations: { ...evaluations, open: evaluation("running") } }, "e", "evaluate_lora", "GET /evaluations"],
]) {
  test(`the list of ${name} is read where one ends right after its progress`, async () => {
    const { event, asked } = page(parts);
    event("progress", { task_id: progress });
    event("task", { id: progress, operation, status: "completed" });
    mock.timers.tick(1000);
    assert.ok(asked().includes(list), asked().join());
  });
}

test("an older list of trainings does not replace a newer one", async () => {
  const { perform, answer, state } = page(TRAINED);
  void perform("open-runs", {});
  void perform("open-runs", {});
  await answer(1, { items: [{ task_id: "r", status: "completed" }] });
  await answer(0, { items: [{ task_id: "r", status: "running" }] });
  assert.deepEqual(state().training.runs, [{ task_id: "r", status: "completed" }]);
});

test("an evaluation that ends while it is opened is read again", async () => {
  const { perform, event, answer, asked, state } = page(EVALUATED);
  void perform("open-evaluation", { id: "e" });
  event("task", { id: "e", operation: "evaluate_lora", status: "completed" });
  mock.timers.tick(1000); // the list is read; none is open yet
  await answer(asked().indexOf("GET /evaluations/e"), evaluation("running"));
  mock.timers.tick(1000);
  await answer(asked().indexOf("GET /evaluations/e"), evaluation("completed"));
  assert.equal(state().evaluations.open.status, "completed");
});

test("what was closed before it was read stays closed", async () => {
  const { perform, answer, state } = page(EVALUATED);
  void perform("open-evaluation", { id: "e" });
  void perform("open-evaluation", { id: "" });
  await answer(0, evaluation("completed"));
  assert.equal(state().evaluations.open, null);
  void perform("open-search", { id: "s" });
  void perform("open-search", { id: "" });
  await answer(0, { search_id: "s", status: "running" });
  assert.equal(state().searches.open, null);
});

test("the reading of a search that goes on does not close the form of a new one", async () => {
  const { perform, answer, asked, state } = page({ ...SEARCHED, searches: { ...searches, open: { search_id: "s", status: "running" } } });
  void perform("open-search", { id: "s" });
  void perform("new-search", {});
  assert.deepEqual(asked(), ["GET /training/searches/s", "GET /training/searches/form"]);
  await answer(0, { search_id: "s", status: "running" });
  assert.equal(state().searches.open, null);
  assert.notEqual(state().searches.form, null);
});

test("a paused search is not shown as running by a reading from before", async () => {
  const { perform, answer, state } = page({ ...SEARCHED, searches: { ...searches, open: { search_id: "s", status: "running" } } });
  void perform("open-search", { id: "s" });
  void perform("control-search", { id: "s", action: "pause" });
  await answer(1, { search_id: "s", status: "paused" });
  await answer(0, { search_id: "s", status: "running" });
  assert.equal(state().searches.open.status, "paused");
});

const asset = (id) => ({ id, kind: "image", tags: [], created_at: "2026-02-02T10:00:00Z" });

/** A page with a gallery whose lists are answered when the test says so. */
function galleryPage() {
  const opened = page({ place: "gallery", gallery });
  const lists = [];
  Object.assign(opened.controller.images, { list: () => new Promise((done) => lists.push(done)), days: async () => ({ days: [] }), facets: async () => null, collections: async () => null });
  const answerList = async (number, ...ids) => {
    const [done] = lists.splice(number, 1);
    done({ items: ids.map(asset), total: ids.length });
    await settled();
  };
  const shown = () => Array.from({ length: opened.state().gallery.list.total ?? 0 }, (_, place) => opened.state().gallery.list.items.get(place)?.id);
  return { ...opened, lists, answerList, shown };
}

test("an image that is made while the gallery opens is shown", async () => {
  const { perform, event, lists, answerList, shown } = galleryPage();
  void perform("open-gallery", {});
  event("asset", { change: "created", asset: asset("new") });
  mock.timers.tick(1000);
  await answerList(0, "old");
  mock.timers.tick(1000);
  assert.equal(lists.length, 1);
  await answerList(0, "new", "old");
  assert.deepEqual(shown(), ["new", "old"]);
});

test("an image that was deleted stays away though an older list holds it", async () => {
  const { perform, event, lists, answerList, shown } = galleryPage();
  void perform("open-gallery", {});
  await answerList(0, "a", "b");
  event("missed", {});
  mock.timers.tick(1000);
  event("asset", { change: "deleted", asset: asset("a") });
  assert.deepEqual(shown(), ["b"]);
  await answerList(0, "a", "b");
  assert.deepEqual(shown(), ["b"]);
  assert.equal(lists.length, 1, "it is read again");
});

test("an older beginning of the gallery does not replace a newer one", async () => {
  const { perform, event, answerList, shown } = galleryPage();
  void perform("open-gallery", {});
  await answerList(0, "a");
  for (let time = 0; time < 2; time += 1) {
    event("asset", { change: "created", asset: asset("c") });
    mock.timers.tick(1000);
  }
  await answerList(1, "c", "b", "a");
  await answerList(0, "b", "a");
  await answerList(0, "c", "b", "a");
  assert.deepEqual(shown(), ["c", "b", "a"]);
});

test("a gallery that could not be opened is opened once the server is back", async () => {
  const { controller, perform, event, state, answerList, shown } = galleryPage();
  const { list } = controller.images;
  Object.assign(controller.images, { list: async () => Promise.reject(new Problem(0, {})) });
  await perform("open-gallery", {});
  assert.ok(state().gallery.list.problem);
  Object.assign(controller.images, { list });
  event("missed", {});
  mock.timers.tick(1000);
  await answerList(0, "a");
  assert.deepEqual([shown(), state().gallery.list.problem], [["a"], null]);
});

const batch = (id, parts = {}) => ({ id, rows: 1, unfinished: 0, states: {}, items: [], ...parts });
const DATASET = { id: "d", images: [], next: null, faults: [], versions: [], selected: [] };

test("a batch that was closed, or left for another set, before it was read stays away", async () => {
  const { perform, asked, answer, state } = page({ place: "sets" });
  for (const leave of [["open-batch", { batch: "" }], ["open-set", { set: "" }]]) {
    void perform("open-batch", { batch: "b" });
    void perform(...leave);
    await answer(asked().indexOf("GET /batches/b"), batch("b"));
    assert.equal(state().sets.batch, null);
  }
});

test("a batch of a brick is read again, as its events were not followed before it was read", async () => {
  const { perform, asked, answer, state } = page({ place: "wall" });
  void perform("watch-batch", { batch: "b" });
  await answer(0, batch("b", { unfinished: 1 }));
  mock.timers.tick(1000);
  await answer(asked().indexOf("GET /batches/b"), batch("b"));
  assert.equal(state().sets.watched.b.unfinished, 0);
});

test("images and faults of a dataset are those of the version that is shown, and an older one comes too late", async () => {
  const { event, asked, answer, state } = page({ place: "training", datasets: { items: [], open: DATASET, upload: null, trash: null } });
  for (const version of [2, 3]) event("dataset", { id: "d", version, change: "edited" });
  const versions = asked().flatMap((path, number) => (path === "GET /datasets/d/versions" ? [number] : []));
  assert.equal(versions.length, 2);
  await answer(versions[1], { items: [{ version: 3 }, { version: 2 }] });
  const [images, faults] = ["images", "faults"].map((part) => `GET /datasets/d/${part}`);
  await answer(asked().indexOf(faults), { items: [] });
  await answer(asked().indexOf(images), { items: [{ name: "third" }], next_cursor: null });
  await answer(versions[0], { items: [{ version: 2 }] });
  await answer(asked().indexOf(faults), { items: [] });
  await answer(asked().indexOf(images), { items: [{ name: "second" }], next_cursor: null });
  const { open } = state().datasets;
  assert.deepEqual([open.versions[0].version, open.images], [3, [{ name: "third" }]]);
});

test("older records of the log are put before those that came meanwhile", async () => {
  const { views } = stateWith({});
  const record = (id) => ({ id });
  const { perform, event, answer, state } = page({ place: "log", views: { ...views, log: { ...views.log, items: [record("2")], newest: "2", older: "2", loaded: true } } });
  void perform("older-log", {});
  event("log", {});
  await answer(1, { items: [record("3")], newest: "3" });
  await answer(0, { items: [record("1")], older: null });
  assert.deepEqual(state().views.log.items.map(({ id }) => id), ["1", "2", "3"]);
});
