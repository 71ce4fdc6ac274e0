/** The LoRA lab: its operations, reports of tasks, editable metadata, and rules by block. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { rulesOf, rulesText } from "../../../web/elements/fields/block-rules.js";
import { usesOf } from "../../../web/elements/fields/loras.js";
import { editableMetadata, filled, labOperations, metadataOf, NO_LAB, openOperation, reportOf } from "../../../web/state/lab.js";
import { labEffects } from "../../../web/state/effects/lab.js";
import { Problem } from "../../../web/state/api.js";
import { Store } from "../../../web/state/store.js";

const entry = (/** @type {string} */ name, /** @type {string} */ category, inLab = true) => /** @type {any} */ ({ name, category, in_lab: inLab });
const ENTRIES = [entry("inspect", "setting"), entry("generate", "generator", false), entry("merge", "generator")];
const task = (/** @type {string} */ port, /** @type {unknown} */ value) => /** @type {any} */ ({ outputs: [{ port: "lora", value: null }, { port, value }] });

test("the lab offers the operations that declare it, those that make a file first", () => {
  assert.deepEqual(labOperations(ENTRIES).map(({ name }) => name), ["merge", "inspect"]);
  assert.equal(openOperation(NO_LAB, ENTRIES)?.name, "merge");
  assert.equal(openOperation({ ...NO_LAB, operation: "inspect" }, ENTRIES)?.name, "inspect");
  assert.equal(openOperation({ ...NO_LAB, operation: "generate" }, ENTRIES)?.name, "merge");
  assert.equal(openOperation(NO_LAB, []), undefined);
});

test("a task has a report or metadata only once it delivered them", () => {
  assert.deepEqual(reportOf(task("report", { lora: "a" })), { lora: "a" });
  assert.equal(reportOf(task("image", { lora: "a" })), null);
  assert.equal(reportOf(undefined), null);
  assert.deepEqual(metadataOf(task("metadata", { title: "A" })), { title: "A" });
  assert.equal(metadataOf(task("report", { title: "A" })), null);
});

test("metadata to edit leaves out configurations and long values", () => {
  const text = editableMetadata({ "modelspec.title": "Anna", ss_config: '{"a": 1}', notes: "x".repeat(500) });
  assert.deepEqual(JSON.parse(text), { "modelspec.title": "Anna" });
});

test("empty fields are not sent, zero and false are", () => {
  assert.deepEqual(filled({ rank: 0, name: "", keep: undefined, dtype: null, flat: false }), { rank: 0, flat: false });
});

test("rules by block are lines by LoRA, also of names with a colon", () => {
  const rules = rulesOf("anna: face\nink: 2: double.0-7=0.5\nnonsense");
  assert.deepEqual([...rules], [["anna", "face"], ["ink: 2", "double.0-7=0.5"]]);
  assert.equal(rulesText(new Map([...rules, ["anna", ""]])), "ink: 2: double.0-7=0.5");
  assert.deepEqual(usesOf(undefined), []);
  assert.deepEqual(usesOf([{ name: "anna" }]), [{ name: "anna" }]);
});

/** A page whose server answers with what `call` returns. @param {(path: string, body: any) => any} call */
function page(call) {
  const store = new Store();
  const done = { id: "T", operation: "merge", finished_at: "now", version: 1, status: "completed", outputs: [] };
  const api = { call: async (/** @type {string} */ _, /** @type {string} */ path, /** @type {any} */ body) => call(path, body), task: async () => done, loras: async () => ({ items: [{ id: "made" }] }) };
  return /** @type {any} */ ({ store, api, live: { queue: { soon: () => {} } } });
}

test("a form is run with its values, and what it made stands in the list of LoRAs", async () => {
  /** @type {any[]} */
  const sent = [];
  const context = page((path, body) => (sent.push([path, body]), { task_id: "T" }));
  labEffects["open-lab"](context, { operation: "merge", values: { rank: 8, lora_name: "" } });
  assert.equal(context.store.state.training.tab, "lab");
  await labEffects["run-lab"](context, { operation: "merge" });
  assert.deepEqual(sent, [["/merge", { rank: 8 }]]);
  assert.equal(context.store.state.lab.tasks.merge, "T");
  assert.deepEqual(context.store.state.loras, [{ id: "made" }]);
});

test("a refused form shows the mistake at its field until the field changes", async () => {
  const context = page(() => {
    throw new Problem(422, { detail: "No LoRA is chosen.", field: "loras", fix: "Choose LoRAs." });
  });
  await labEffects["run-lab"](context, { operation: "merge" });
  const problems = () => context.store.state.lab.problems.merge.map((/** @type {any} */ { field, detail }) => [field, detail]);
  assert.deepEqual(problems(), [["loras", "No LoRA is chosen. Choose LoRAs."]]);
  labEffects["change-lab"](context, { operation: "merge", values: { rank: 4 } });
  assert.equal(problems().length, 1);
  labEffects["change-lab"](context, { operation: "merge", values: { loras: [] } });
  assert.deepEqual(problems(), []);
});
