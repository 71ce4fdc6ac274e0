// Form fields: labels, tooltips, values and requests.
import assert from "node:assert/strict";
import { test } from "node:test";

import "./dom.js";
import { stateWith } from "./state.js";

const { makeField } = await import("../../../web/elements/fields/make.js");
const { tooltip } = await import("../../../web/elements/fields/field.js");

/** A field of a schema, and the changes that it makes. */
function field(name, schema, parts = {}) {
  const changes = [];
  const requests = [];
  const context = {
    id: `b-${name}`,
    brick: "b",
    name,
    schema,
    members: [[name, schema]],
    change: (value) => changes.push(value),
    upload: () => {},
    request: (request, detail) => requests.push([request, detail]),
    pull: (model) => requests.push(["pull", model]),
  };
  const made = makeField(context);
  const view = (value, more = {}) => {
    const brick = { id: "b", type: "generate", props: { [name]: value }, column: 0, row: 0 };
    const state = stateWith(parts);
    const fallback = schema.default;
    made.update({ state, brick, value, fallback, model: undefined, problem: "", sibling: () => view, ...more });
  };
  return { element: made.element, view, changes, requests, control: (selector) => made.element.querySelector(selector) };
}

/** Types into a control. */
function type(control, value) {
  control.value = value;
  control.dispatchEvent(new Event("input", { bubbles: true }));
}

test("a tooltip ends with the parameter's name in the API, also without a description", () => {
  assert.equal(tooltip("guidance_scale", "Follows the prompt more closely."), "Follows the prompt more closely. (guidance_scale)");
  assert.equal(tooltip("guidance_scale"), "guidance_scale");
});

test("every widget labels its control and names the parameter in the tooltip", () => {
  const widgets = ["text", "textarea", "number", "size", "slider", "select", "colour", "toggle", "model", "companion", "seed", "image"];
  for (const widget of widgets) {
    const { element } = field("strength", { title: "Strength", description: "How much changes.", enum: ["a"], ui: { widget } });
    const label = element.querySelector("label");
    assert.equal(label.textContent, "Strength", widget);
    assert.equal(label.title, "How much changes. (strength)", widget);
    assert.ok(element.querySelector(`#${label.getAttribute("for")}`), `${widget}: the label has no control`);
  }
});

test("padding is one field whose numbers keep their own names", () => {
  const schema = (side) => ({ title: side, type: "integer", ui: { widget: "frame", side } });
  const sides = ["top", "bottom", "left", "right"];
  const context = { id: "b-top", brick: "b", name: "top", schema: schema("top"), change() {}, upload() {}, request() {}, pull() {} };
  const { element } = makeField({ ...context, members: sides.map((side) => [side, schema(side)]) });
  const titles = element.querySelectorAll("label").map((label) => label.title);
  assert.deepEqual(titles, ["top, bottom, left, right", ...sides]);
});

test("an empty number means the default, which its placeholder shows", () => {
  const { control, view, changes } = field("seed_count", { type: "integer", default: 4, ui: { widget: "number" } });
  view(undefined);
  assert.equal(control("input").placeholder, "4");
  type(control("input"), "7");
  type(control("input"), "");
  assert.deepEqual(changes, [7, undefined]);
});

test("a slider is filled from its neutral value to its value", () => {
  const { control, view } = field("hue", { type: "number", minimum: -180, maximum: 180, default: 0, ui: { widget: "slider", neutral: 0 } });
  const fill = () => ["--start", "--fill"].map((name) => control(".slider").style[name]);
  view(0);
  assert.deepEqual(fill(), ["50%", "50%"]);
  view(90);
  assert.deepEqual(fill(), ["50%", "75%"]);
  view(-90);
  assert.deepEqual(fill(), ["25%", "50%"]);
  assert.ok(control(".slider").classList.contains("from-neutral"));
});

test("a slider without a neutral value is filled from its start", () => {
  const { control, view } = field("strength", { type: "number", minimum: 0, maximum: 1, default: 0.5, ui: { widget: "slider" } });
  view(0.75);
  assert.equal(control(".slider").style["--start"], "0%");
  assert.equal(control(".slider").style["--fill"], "75%");
  assert.ok(!control(".slider").classList.contains("from-neutral"));
});

test("a slider keeps a value outside its usual range", () => {
  const { control, view } = field("steps", { type: "integer", minimum: 1, maximum: 150, default: 8, ui: { widget: "slider" } });
  view(undefined);
  assert.equal(control(".slider").max, "32");
  view(120);
  assert.equal(control(".slider").max, "120");
  assert.equal(control(".slider").value, "120");
});

test("a select lists labels in the schema's order and keeps a value that it does not list", () => {
  const { control, view } = field("unit", { enum: ["px", "percent"], default: "px", ui: { widget: "select", choices: { percent: "Percent", px: "Pixels" } } });
  view("px");
  assert.deepEqual(control("select").children.map((option) => option.textContent), ["Pixels", "Percent"]);
  view("furlong");
  assert.deepEqual(control("select").children.map((option) => option.textContent), ["Pixels", "Percent", "furlong"]);
});

test("a seed is random until it is locked, and the last one can be used again", () => {
  const tasks = { 1: { id: "1", outputs: [{ seed: 42 }] } };
  const { element, view, changes } = field("seed", { title: "Seed", ui: { widget: "seed" } }, { results: { b: ["1"] }, tasks });
  view(undefined);
  const [reuse, lock] = [element.querySelector(".link"), element.querySelector(".square")];
  assert.equal(lock.getAttribute("aria-label"), "Random seed: click to fix it");
  assert.equal(reuse.textContent, "last 42");
  lock.click();
  reuse.click();
  view(42);
  assert.equal(lock.getAttribute("aria-pressed"), "true");
  lock.click();
  assert.deepEqual(changes, [42, 42, undefined]);
});

test("a missing auxiliary model offers its download, one installed by hand the command", () => {
  const model = { id: "opus", label: "Opus", task: "translate", present: false, size_bytes: 49e6, licence_details: { label: "Apache 2.0" }, lacks: [{ id: "opus", label: "Opus" }] };
  const schema = { title: "Model", default: "opus", ui: { widget: "companion", task: "translate" } };
  const offered = field("model", schema, { companions: [model] });
  offered.view(undefined);
  assert.ok(offered.element.textContent.includes("not downloaded: 49\u00a0MB · Apache 2.0"));
  offered.element.querySelectorAll("button").at(-1).click();
  assert.deepEqual(offered.requests, [["pull", "opus"]]);
  const manual = field("model", schema, { companions: [{ ...model, lacks: [{ id: null, label: "rembg", command: "pip install rembg" }] }] });
  manual.view(undefined);
  assert.ok(manual.element.textContent.includes("Install it: pip install rembg"));
  assert.ok(manual.element.querySelectorAll("button").at(-1).hidden);
});

test("a problem is shown at its field and goes with it", () => {
  const { element, view } = field("prompt", { title: "Prompt", type: "string" });
  view("", { problem: "Too long." });
  const alert = element.querySelector("[role=alert]");
  assert.equal(alert.textContent, "Too long.");
  assert.ok(element.classList.contains("wrong"));
  view("");
  assert.ok(alert.hidden);
});
