// The library of workflows and the fields of forms: effects and pure functions.
import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import "./dom.js";
import { exposableFields, exposedFields } from "../../../web/document/exposure.js";
import { find, setExposed, setTags } from "../../../web/document/workflow.js";
import { Problem } from "../../../web/state/api.js";
import { ENTRIES, stateWith, workflow } from "./state.js";

const { PageController } = await import("../../../web/state/controller.js");
const { formName } = await import("../../../web/views/form-page.js");

const entry = (name) => ENTRIES.find((item) => item.name === name);
const wall = () => workflow({ p: ["prompt", { prompt: "a cat" }], g: ["generate"] }, ["p.prompt g.prompt"]);

/** A page over the server of a test: `calls` are the methods and their arguments. */
function page(parts = {}, answers = {}) {
  const controller = new PageController();
  controller.store.set(stateWith({ workflow: wall(), ...parts }));
  const calls = [];
  const spied = {
    workflows: async () => ({ items: [] }),
    deletedWorkflows: async () => ({ items: [] }),
    versions: async () => ({ items: [] }),
    workflow: async () => ({ workflow: wall(), revision: "r2" }),
    deleteWorkflow: async () => null,
    changeWorkflow: async (_name, changes) => ({ tags: [], ...changes }),
    ...answers,
  };
  for (const [name, answer] of Object.entries(spied)) {
    controller.api[name] = async (...words) => {
      calls.push([name, ...words]);
      return answer(...words);
    };
  }
  const state = () => controller.store.state;
  return { controller, calls, state, perform: controller.perform.bind(controller) };
}

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout"] });
  globalThis.localStorage = { getItem: () => null, setItem: () => {} };
});
afterEach(() => {
  mock.timers.reset();
  delete globalThis.localStorage;
});

test("the form may show every field but those that a wire fills", () => {
  const document = wall();
  const names = exposableFields(document, find(document, "g"), entry("generate")).map(([name]) => name);
  assert.deepEqual(names, ["model", "guidance_scale", "seed"]);
  assert.deepEqual(exposableFields(document, find(document, "p"), undefined), []);
});

test("exposed fields come in the order of the brick, and a bypassed brick has none", () => {
  const document = setExposed(wall(), "g", ["seed", "prompt", "model", "nothing"]);
  const brick = find(document, "g");
  assert.deepEqual(exposedFields(document, brick, entry("generate")), ["model", "seed"]);
  assert.deepEqual(exposedFields(document, { ...brick, bypassed: true }, entry("generate")), []);
});

test("a field is put into the form, taken out again, and each is one step of undo", async () => {
  const { controller, perform, state } = page();
  const exposed = () => find(state().workflow, "g").exposed ?? [];
  await perform("toggle-exposed", { brick: "g", name: "seed" });
  assert.deepEqual(exposed(), ["seed"]);
  await perform("toggle-exposed", { brick: "g", name: "seed" });
  assert.deepEqual(exposed(), []);
  controller.store.undo();
  assert.deepEqual(exposed(), ["seed"]);
});

test("the open workflow takes the new name and the new tags of its file", async () => {
  const open = setTags(wall(), []);
  const { perform, state, calls } = page({ workflow: open, savedName: "house", savedWorkflow: open });
  await perform("rename-saved", { name: "house", to: "home" });
  await perform("tag-saved", { name: "home", tags: ["night"] });
  assert.equal(state().savedName, "home");
  assert.equal(state().workflow.name, "home");
  assert.deepEqual(state().workflow.tags, ["night"]);
  assert.deepEqual(state().savedWorkflow, state().workflow);
  assert.equal(state().savedRevision, "r2");
  assert.deepEqual(calls[0], ["changeWorkflow", "house", { name: "home" }]);
  await perform("rename-saved", { name: "home", to: "home" });
  assert.equal(calls.filter(([name]) => name === "changeWorkflow").length, 2);
});

test("a deletion is taken back by the button of its notice", async () => {
  const restored = async () => ({ name: "house" });
  const { perform, state, calls } = page({ library: [{ name: "house" }] }, { restoreWorkflow: restored });
  await perform("delete-saved", { name: "house" });
  const { action } = state().toasts.at(-1);
  assert.equal(action.label, "Undo");
  action.perform();
  await new Promise(setImmediate);
  assert.ok(calls.some(([name, word]) => name === "restoreWorkflow" && word === "house"));
});

test("a button whose work fails says so in a notice", async () => {
  const failing = async () => {
    throw new Problem(404, { detail: "The trash is empty." });
  };
  const { perform, state } = page({}, { restoreWorkflow: failing });
  await perform("delete-saved", { name: "house" });
  state().toasts.at(-1).action.perform();
  await new Promise(setImmediate);
  assert.equal(state().toasts.at(-1).text, "The trash is empty.");
});

test("an older search never replaces the matches of a newer one", async () => {
  /** @type {((value: unknown) => void)[]} */
  const answers = [];
  const { perform, state } = page({}, { workflows: () => new Promise((resolve) => answers.push(resolve)) });
  const first = perform("search-library", { query: "a" });
  const second = perform("search-library", { query: "ab" });
  await new Promise(setImmediate);
  answers[1]({ items: [{ name: "newer" }] });
  answers[0]({ items: [{ name: "older" }] });
  await Promise.all([first, second]);
  assert.deepEqual(state().librarySearch, { query: "ab", tag: "", names: ["newer"] });
});

test("the address of a form names its workflow", () => {
  assert.equal(formName("#/form/Night%20houses"), "Night houses");
  for (const other of ["", "#wall", "#/form/", "#/form/%E0%A4%A"]) assert.equal(formName(other), null);
});
