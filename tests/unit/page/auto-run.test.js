// Runs after each change: the newest wins, and no second run waits.
import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import * as doc from "../../../web/document/workflow.js";
import { AutoRun } from "../../../web/state/auto-run.js";
import { Store } from "../../../web/state/store.js";
import { ENTRIES, task, workflow } from "./state.js";

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout"] });
  globalThis.localStorage = { getItem: () => null, setItem: () => {} };
});
afterEach(() => {
  mock.timers.reset();
  delete globalThis.localStorage;
});

const turn = () => new Promise(setImmediate);

async function page(tasks = []) {
  const store = new Store();
  const calls = [];
  store.set({ entries: ENTRIES, connection: "online", runOnChange: true, draftId: "canvas-1", workflow: workflow({ p: ["prompt"], g: ["generate"] }) });
  const wait = async (milliseconds) => {
    await turn();
    mock.timers.tick(milliseconds);
    await turn();
  };
  new AutoRun(store, { cancel: async (id) => calls.push(`cancel ${id}`) }, async () => void calls.push("run"));
  await turn();
  store.set({ tasks: Object.fromEntries(tasks.map((item) => [item.id, item])), results: { g: tasks.map(({ id }) => id) } });
  const type = (prompt) => store.commit("Edit", doc.setProps(store.state.workflow, "p", { prompt }));
  return { store, calls, wait, type };
}

test("a pause after the last change runs once, and a move runs nothing", async () => {
  const { store, calls, wait, type } = await page();
  await wait(5000);
  assert.deepEqual(calls, [], "switching it on runs nothing");
  for (const prompt of ["a", "ab", "abc"]) {
    type(prompt);
    await wait(300);
  }
  assert.deepEqual(calls, []);
  await wait(800);
  assert.deepEqual(calls, ["run"]);
  store.commit("Move", doc.nudge(store.state.workflow, "p", 1, 0));
  await wait(5000);
  assert.deepEqual(calls, ["run"]);
  store.set({ runOnChange: false });
  type("off");
  await wait(5000);
  assert.deepEqual(calls, ["run"]);
});

test("a run that waits is replaced, and one that draws ends first", async () => {
  const { store, calls, wait, type } = await page([task("1", { status: "pending", run_id: "r", brick_id: "g" })]);
  type("new");
  await wait(800);
  assert.deepEqual(calls, ["cancel 1", "run"]);
  store.set({ tasks: { 2: task("2", { status: "running", run_id: "s", brick_id: "g" }) }, results: { g: ["2"] } });
  type("newer");
  await wait(800);
  await wait(500);
  assert.equal(calls.length, 2);
  store.set({ tasks: { 2: task("2", { status: "completed", run_id: "s", brick_id: "g" }) } });
  await wait(500);
  assert.deepEqual(calls, ["cancel 1", "run", "run"]);
});

test("an edit of another page, and another workflow, run nothing", async () => {
  const { store, calls, wait } = await page();
  const prompted = doc.setProps(store.state.workflow, "p", { prompt: "theirs" });
  store.receive(prompted, (document) => document, {});
  await wait(5000);
  store.open("Open", workflow({ p: ["prompt", { prompt: "other" }], g: ["generate"] }), { draftId: "canvas-2" });
  await wait(5000);
  assert.deepEqual(calls, []);
});
