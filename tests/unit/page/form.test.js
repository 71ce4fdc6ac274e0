// Bricks with their forms, rendered from snapshots.
import assert from "node:assert/strict";
import { test } from "node:test";

import "./dom.js";
import { ENTRIES, stateWith, task, workflow } from "./state.js";

const { createBrick } = await import("../../../web/bricks/catalogue.js");
const { PromptTools } = await import("../../../web/bricks/prompt-tools.js");

const MODEL = { id: "nano", label: "Nano", present: true, lacks: [], vaes: [], memory: null, modes: { generate: { parameters: ["guidance_scale"], defaults: { guidance_scale: 4 } } } };
const WALL = workflow({ p: ["prompt", { prompt: "a house" }], g: ["generate"] }, ["p.prompt g.prompt"]);

/** A brick in the page, and the requests that it makes. */
function mounted(id, parts = {}) {
  const state = stateWith({ models: [MODEL], workflow: WALL, ...parts });
  const type = state.workflow.bricks.find((brick) => brick.id === id).type;
  const element = createBrick(ENTRIES.find(({ name }) => name === type), id);
  const requests = [];
  element.addEventListener("qp-request", ({ detail }) => requests.push([detail.name, detail.detail]));
  document.body.replaceChildren(element);
  element.render(state);
  const field = (name) => element.querySelector(`[data-field="${name}"]`);
  return { element, requests, field, render: (more) => element.render({ ...state, ...more }) };
}

test("a parameter that a wire sets is hidden, and shown again without the wire", () => {
  const { field, render } = mounted("g");
  assert.ok(field("prompt").hidden);
  render({ workflow: { ...WALL, wires: [] } });
  assert.ok(!field("prompt").hidden);
});

test("a parameter that the model does not support is hidden", () => {
  const { field, render } = mounted("g");
  assert.ok(!field("guidance_scale").hidden);
  render({ models: [{ ...MODEL, modes: { generate: { parameters: [], defaults: {} } } }] });
  assert.ok(field("guidance_scale").hidden);
  assert.ok(!field("seed").hidden);
});

test("a change in a field is a request with the brick and the parameter", () => {
  const { element, requests } = mounted("p");
  const control = element.querySelector("textarea");
  control.value = "a tree";
  control.dispatchEvent(new Event("input", { bubbles: true }));
  assert.deepEqual(requests.at(-1), ["set-prop", { brick: "p", name: "prompt", value: "a tree" }]);
});

test("a problem stands at its field, and on the card where the field is hidden", () => {
  const { element, field, render } = mounted("g");
  render({ problems: [{ brick: "g", field: "seed", detail: "At most 4294967295.", fix: "" }] });
  assert.equal(field("seed").querySelector("[role=alert]").textContent, "At most 4294967295.");
  assert.ok(element.querySelector(".brick-problem").hidden);
  render({ problems: [{ brick: "g", field: "prompt", detail: "Empty.", fix: "Write one." }] });
  assert.equal(element.querySelector(".brick-problem").textContent, "Empty. Write one.");
});

test("a running task shows its progress and can be cancelled", () => {
  const progress = { phase: "denoising", step: 3, steps: 8, images: 1, fraction: 0.4, eta_seconds: 5, preview_url: "/api/tasks/1/preview" };
  const tasks = { 1: task("1", { status: "running", progress }) };
  const { element, requests, render } = mounted("g");
  const stage = element.querySelector("qp-stage");
  stage.render(stateWith({ workflow: WALL, results: { g: ["1"] }, tasks }));
  assert.equal(stage.querySelector(".stage-text").textContent, "step 3 of 8");
  assert.equal(stage.querySelector(".stage-picture").src, "/api/tasks/1/preview");
  render({});
  stage.querySelector('[aria-label="Cancel"]').click();
  assert.deepEqual(requests.at(-1), ["cancel-task", { task: "1" }]);
});

test("a failed task shows its error with the fix, and can be retried", () => {
  const tasks = { 1: task("1", { status: "failed", error: { title: "Out of memory", detail: "It needs 9 GB.", fix: "Draw smaller." } }) };
  const { element, requests } = mounted("g");
  const stage = element.querySelector("qp-stage");
  stage.render(stateWith({ workflow: WALL, results: { g: ["1"] }, tasks }));
  const alert = stage.querySelector(".trouble");
  for (const text of ["Out of memory", "It needs 9 GB.", "Draw smaller."]) assert.ok(alert.textContent.includes(text));
  alert.querySelectorAll("button").at(-1).click();
  assert.deepEqual(requests.at(-1), ["retry-task", { task: "1" }]);
});

test("a brick of an unknown type shows what it holds", () => {
  const { element } = mounted("x", { workflow: workflow({ x: ["from_the_future", { warp: 9 }] }) });
  assert.equal(element.localName, "qp-unknown-brick");
  assert.ok(element.textContent.includes('"warp": 9'));
});

test("every operation that rewrites prompts has a button, in use one at a time", () => {
  const requests = [];
  const brick = { brickId: "p", body: document.createElement("div"), request: (...request) => requests.push(request) };
  const tools = new PromptTools(brick);
  tools.draw(stateWith());
  const buttons = () => tools.element.querySelector(".tool-row").querySelectorAll("button").slice(1);
  assert.deepEqual(buttons().map((button) => button.textContent), ["Translate"]);
  buttons()[0].click();
  assert.deepEqual(requests, [["rewrite-prompt", { brick: "p", operation: "translate" }]]);
  tools.draw(stateWith({ rewrites: { p: { operation: "translate", task: "", trouble: null } } }));
  assert.ok(buttons()[0].disabled);
  assert.equal(buttons().length, 1);
});
