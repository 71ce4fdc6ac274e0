// The store: snapshots, the undo history, and the draft in the browser's storage.
import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { setProps } from "../../../web/document/workflow.js";
import { Drafts, storedDrafts } from "../../../web/state/draft.js";
import { Store } from "../../../web/state/store.js";
import { workflow } from "./state.js";

const turn = () => new Promise((done) => setImmediate(done));
let stored;

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout", "Date"] });
  stored = new Map();
  globalThis.localStorage = { getItem: (key) => stored.get(key) ?? null, setItem: (key, value) => stored.set(key, value) };
});
afterEach(() => {
  mock.timers.reset();
  delete globalThis.localStorage;
});

test("a subscriber is rendered at once, and once for all changes of a turn", async () => {
  const store = new Store();
  const seen = [];
  store.subscribe({ render: (state) => seen.push(state.queueOpen), signal: new AbortController().signal });
  store.set({ queueOpen: true });
  store.set({ queueOpen: false });
  store.set({ queueOpen: true });
  assert.deepEqual(seen, [false]);
  await turn();
  assert.deepEqual(seen, [false, true]);
});

test("a subscription ends with its signal", async () => {
  const store = new Store();
  const life = new AbortController();
  let renders = 0;
  store.subscribe({ render: () => (renders += 1), signal: life.signal });
  life.abort();
  store.set({ ready: true });
  await turn();
  assert.equal(renders, 1);
});

test("snapshots are frozen, and an old one keeps its values", () => {
  const store = new Store();
  const before = store.state;
  store.set({ theme: "dark" });
  assert.equal(before.theme, "system");
  assert.throws(() => (store.state.theme = "light"), TypeError);
});

test("a commit can be undone and redone, and clears the problems of the old workflow", () => {
  const store = new Store();
  const first = workflow({ p: ["prompt", { prompt: "a house" }] });
  store.commit("Add brick", first);
  store.set({ problems: [{ brick: "p", field: "prompt", detail: "Too long." }] });
  const second = setProps(first, "p", { prompt: "a tree" });
  store.commit("Edit", second, "p.prompt");
  assert.deepEqual(store.state.problems, []);
  assert.equal(store.state.undoLabel, "Edit");
  store.undo();
  assert.equal(store.state.workflow, first);
  assert.equal(store.state.redoLabel, "Edit");
  store.redo();
  assert.equal(store.state.workflow, second);
});

test("results and errors leave with their wall, and its results return with it", () => {
  const store = new Store();
  const former = workflow({ g: ["generate"] });
  store.commit("Add brick", former);
  const failure = { problems: [{ brick: "g", field: "", detail: "Refused." }], blocked: [{ brick: "g", needs: "g", detail: "", fix: "", field: "" }], rewrites: { g: { operation: "enhance", task: "", trouble: { detail: "Refused." } } } };
  store.set({ ...failure, results: { g: ["failed"] }, savedName: "Former" });
  store.toast("bad", "Refused.");
  store.toast("calm", "Kept.");
  store.open("Open the next", workflow({ g: ["img2img"] }));
  const errors = () => [store.state.problems, store.state.blocked, Object.keys(store.state.rewrites), store.state.toasts.filter(({ tone }) => tone === "bad")];
  assert.deepEqual(errors(), [[], [], [], []]);
  assert.deepEqual([store.state.results, store.state.savedName], [{}, null]);
  assert.deepEqual(store.state.toasts.map(({ text }) => text), ["Kept."]);
  store.set({ ...failure, results: { g: ["of the next"] } });
  store.toast("bad", "Refused again.");
  store.undo();
  assert.deepEqual(errors(), [[], [], [], []]);
  assert.equal(store.state.workflow, former);
  assert.deepEqual([store.state.results, store.state.savedName], [{ g: ["failed"] }, "Former"]);
  store.redo();
  assert.deepEqual(store.state.results, { g: ["of the next"] });
});

test("a commit of the same workflow is no step", () => {
  const store = new Store();
  store.commit("Nothing", store.state.workflow);
  assert.equal(store.state.undoLabel, "");
});

test("the draft follows the workflow and holds no tasks", () => {
  const store = new Store();
  store.commit("Add brick", workflow({ p: ["prompt"] }));
  store.set({ tasks: { 1: {} }, results: { p: ["1"] } });
  const [draft, ...others] = storedDrafts();
  assert.equal(draft.workflow.bricks[0].id, "p");
  assert.deepEqual(draft.results, { p: ["1"] });
  assert.ok(!("tasks" in draft));
  assert.deepEqual(others, []);
});

test("a full storage is reported once", () => {
  globalThis.localStorage.setItem = () => {
    throw new Error("quota");
  };
  const store = new Store();
  store.set({ results: { a: ["1"] } });
  store.set({ results: { a: ["1", "2"] } });
  assert.deepEqual(store.state.toasts.map(({ text }) => text), ["This browser cannot store drafts."]);
});

test("a broken draft is ignored", () => {
  for (const text of ["{", "null", "[]", '{"workflow": {}}']) {
    stored.set("qpyt.draft", text);
    assert.equal(new Drafts().read(), null);
  }
});

test("toasts are at most three, one for each text, and errors stay longer", () => {
  const store = new Store();
  for (const text of ["a", "b", "a", "c", "d"]) store.toast(text === "d" ? "bad" : "calm", text);
  assert.deepEqual(store.state.toasts.map(({ text }) => text), ["a", "c", "d"]);
  mock.timers.tick(4001);
  assert.deepEqual(store.state.toasts.map(({ text }) => text), ["d"]);
  mock.timers.tick(5000);
  assert.deepEqual(store.state.toasts, []);
});
