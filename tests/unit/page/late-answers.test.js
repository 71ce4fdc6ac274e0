// Answers that come late: after newer ones, after the event that they lack, after what they belong to was closed.
import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import "./dom.js";
import { Problem } from "../../../web/state/api.js";
import { Newest } from "../../../web/state/newest.js";
import { stateWith } from "./state.js";

const { PageController } = await import("../../../web/state/controller.js");
const { evaluations, searches, training } = stateWith({});

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
