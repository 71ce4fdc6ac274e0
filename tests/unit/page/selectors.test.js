// Selectors of models, downloads, inputs, targets and the photo editor.
import assert from "node:assert/strict";
import { test } from "node:test";

import { shownAlerts, worstSeverity } from "../../../web/state/selectors/alerts.js";
import { downloadLabel, downloadStatus, downloadTask } from "../../../web/state/selectors/downloads.js";
import { changedValues, changesByDefault, editorEntry, fieldGroups, inputAsset, viewOf } from "../../../web/state/selectors/editing.js";
import { fitQuery } from "../../../web/state/selectors/fit.js";
import { assetUrl, inputPreview } from "../../../web/state/selectors/input-preview.js";
import { displayOf, wireColour } from "../../../web/state/selectors/kinds.js";
import { chosenModel, modelDefault, modelDownstream, modelsFor, modelSupports, uselessInputs } from "../../../web/state/selectors/models.js";
import { newTargets, targetsOnWall } from "../../../web/state/selectors/send-targets.js";
import { ENTRIES, image, stateWith, task, workflow } from "./state.js";

const mode = { parameters: ["guidance_scale"], defaults: { guidance_scale: 4 } };
const MODELS = [
  { id: "absent", present: false, modes: { generate: mode }, vaes: [] },
  { id: "ready", present: true, modes: { generate: mode }, vaes: [{ id: "v" }] },
  { id: "editor", present: true, modes: { edit: { parameters: [], defaults: {} } }, vaes: [] },
];
const brick = (state, id) => state.workflow.bricks.find((item) => item.id === id);
const entry = (name) => ENTRIES.find((item) => item.name === name);

test("models of an operation are those with its mode, downloaded ones first", () => {
  const state = stateWith({ models: MODELS, workflow: workflow({ g: ["generate"], h: ["generate", { model: "absent" }] }) });
  assert.deepEqual(modelsFor(state, "generate").map(({ id }) => id), ["ready", "absent"]);
  assert.equal(chosenModel(state, brick(state, "g")).id, "ready");
  assert.equal(chosenModel(state, brick(state, "h")).id, "absent");
});

test("a value brick follows the model of the operation that it feeds", () => {
  const state = stateWith({ models: MODELS, workflow: workflow({ p: ["prompt"], g: ["generate", { model: "absent" }] }, ["p.prompt g.prompt"]) });
  assert.equal(modelDownstream(state, brick(state, "p")).model.id, "absent");
  assert.equal(modelDefault(MODELS[1], "generate", "guidance_scale"), 4);
});

test("a parameter that the model does not support is hidden, one that all support never is", () => {
  const without = { ...MODELS[1], modes: { generate: { parameters: [], defaults: {} } } };
  assert.ok(modelSupports(MODELS[1], entry("generate"), "guidance_scale"));
  assert.ok(!modelSupports(without, entry("generate"), "guidance_scale"));
  assert.ok(modelSupports(without, entry("generate"), "seed"));
});

test("connected references that the model has no use for are named before the run", () => {
  const wall = workflow({ r: ["reference"], g: ["generate"] }, ["r.reference g.reference"]);
  const properties = { reference: { title: "References" } };
  const inputs = [{ name: "reference", type: "reference", fields: ["reference"] }];
  const generate = { ...entry("generate"), inputs, model_fields: ["reference"], schema: { properties } };
  const useless = (/** @type {string[]} */ parameters) => {
    const state = stateWith({ models: [{ ...MODELS[1], modes: { generate: { parameters, defaults: {} } } }], workflow: wall });
    return uselessInputs(state, brick(state, "g"), generate);
  };
  assert.deepEqual(useless([]), ["References"]);
  assert.deepEqual(useless(["reference"]), []);
});

test("the estimate is asked for the values that count, whichever brick sets them", () => {
  const loras = [{ name: "ink" }, { name: "off", enabled: false }, { name: "unknown" }];
  const props = { model: "ready", width: 512.4, num_images: 1, loras };
  const state = stateWith({ models: MODELS, loras: [{ id: "ink" }, { id: "off" }], workflow: workflow({ g: ["generate", props] }) });
  assert.equal(fitQuery(state, brick(state, "g")), "ready/fit?width=512&loras=ink");
  const absent = stateWith({ models: MODELS.slice(0, 1), workflow: workflow({ g: ["generate"] }) });
  assert.equal(fitQuery(absent, brick(absent, "g")), null);
});

test("the estimate counts the ControlNets that are here and wired", () => {
  const bricks = { c: ["controlnet", { model: "canny" }], d: ["controlnet", { model: "gone" }], g: ["generate"] };
  const companions = [{ id: "canny", task: "control", present: true }, { id: "gone", task: "control", present: false }];
  const state = stateWith({ models: MODELS.slice(1), companions, workflow: workflow(bricks, ["c.control g.control", "d.control g.control"]) });
  assert.equal(fitQuery(state, brick(state, "g")), "ready/fit?controls=canny");
});

test("an input shows the value brick's image, else the newest result, else its own", () => {
  const bricks = { i: ["image_input", { image: "A" }], g: ["generate"], v: ["img2img", { image: "own" }] };
  const at = (wires) => {
    const tasks = { 1: task("1", { outputs: [image("B")] }) };
    const state = stateWith({ workflow: workflow(bricks, wires), results: { g: ["1"] }, tasks });
    return inputPreview(state, brick(state, "v"), "image");
  };
  assert.equal(at(["i.image v.image"]), "/api/assets/A/file");
  assert.equal(at(["g.image v.image"]), "/files/B");
  assert.equal(at([]), "/api/assets/own/file");
});

test("an asset's address quotes its id, and only data of images passes as it is", () => {
  assert.equal(assetUrl("../a b"), "/api/assets/..%2Fa%20b/file");
  assert.equal(assetUrl("data:image/png;base64,AA"), "data:image/png;base64,AA");
  assert.equal(assetUrl("data:text/html,x"), "/api/assets/data%3Atext%2Fhtml%2Cx/file");
  assert.equal(assetUrl(undefined), "");
});

test("an image can be sent to bricks of the workflow, numbered where two are equal, and to new ones", () => {
  const state = stateWith({ workflow: workflow({ a: ["img2img"], b: ["img2img"], i: ["image_input"], p: ["prompt"] }) });
  assert.deepEqual(targetsOnWall(state, "image").map(({ title, brick: id }) => [title, id]), [["Image to image 1", "a"], ["Image to image 2", "b"], ["Image", "i"]]);
  assert.deepEqual(newTargets(state, "image").map(({ entry: { name }, brick: id }) => [name, id]), [["image_input", ""], ["img2img", ""]]);
  assert.deepEqual(newTargets(state, "mask"), []);
});

test("a running download counts before a newer one that failed", () => {
  const pull = (id, parts) => task(id, { operation: "pull_model", params: { model: "sdxl" }, ...parts });
  const running = pull("1", { status: "running", progress: { fraction: 0.251, eta_seconds: 12 } });
  const state = stateWith({ tasks: { 1: running, 2: pull("2", { status: "failed" }), 3: pull("3", { params: { model: "other" } }) } });
  assert.equal(downloadTask(state, ["sdxl"]).id, "1");
  assert.equal(downloadStatus(running), "downloading, 25\u00a0% · 12\u00a0s left");
  assert.equal(downloadStatus(pull("4", { status: "cancelled" })), "download cancelled; it can be resumed");
  assert.equal(downloadLabel(stateWith({ companions: [{ id: "esrgan", label: "ESRGAN" }] }), { id: "esrgan", label: "esrgan" }), "ESRGAN");
});

test("an edit keeps only values that differ from their defaults, without inputs and hidden fields", () => {
  const filter = {
    inputs: [{ name: "image", type: "image", fields: ["image"] }],
    schema: { properties: { image: {}, contrast: { default: 1, ui: { group: "Light" } }, blur: { default: 0 }, secret: { ui: { widget: "hidden" } } } },
  };
  assert.deepEqual([...fieldGroups(filter)].map(([group, fields]) => [group, fields.map(([name]) => name)]), [["Light", ["contrast"]], ["Settings", ["blur"]]]);
  assert.deepEqual(changedValues(filter, { contrast: 1, blur: 2, secret: 9, image: "A", unknown: 1 }), { blur: 2 });
});

test("the photo editor is the operation with handles on the image, not any with a live preview", () => {
  const inputs = [{ name: "image", type: "image", fields: ["image"] }];
  const edges = { name: "edges", transient: true, inputs, schema: { properties: { sigma: { default: 1, ui: {} } } } };
  const filter = { name: "filter", transient: true, inputs, schema: { properties: { crop: { default: 0, ui: { neutral: 0, handle: "top" } } } } };
  assert.equal(editorEntry(stateWith({ entries: [edges, filter] })).name, "filter");
  assert.equal(editorEntry(stateWith({ entries: [edges] })), undefined);
  assert.deepEqual([edges, filter].map(changesByDefault), [true, false]);
});

test("the image to edit is the newest over the wire, else the value brick's", () => {
  const bricks = { i: ["image_input", { image: "A" }], v: ["img2img"] };
  const state = stateWith({ workflow: workflow(bricks, ["i.image v.image"]) });
  assert.equal(inputAsset(state, brick(state, "v")), "A");
  const drawn = stateWith({ workflow: workflow({ g: ["generate"], v: ["img2img"] }, ["g.image v.image"]), results: { g: ["1"] }, tasks: { 1: task("1", { outputs: [image("B")] }) } });
  assert.equal(inputAsset(drawn, brick(drawn, "v")), "B");
});

test("an edited image goes to the view that shows the original", () => {
  const state = stateWith({ workflow: workflow({ g: ["generate"], out: ["image_output"] }, ["g.image out.image"]), results: { g: ["1"] } });
  assert.equal(viewOf(state, "1"), "out");
  assert.equal(viewOf({ ...state, workflow: workflow({ g: ["generate"] }) }, "1"), "g");
  assert.equal(viewOf(state, "unknown"), "");
});

test("a kind that the server does not know any more is a plain value in a neutral colour", () => {
  const state = stateWith();
  assert.equal(displayOf(state, image("M", { kind: "mask" })), "image");
  assert.equal(displayOf(state, image("P", { kind: "palette" })), "value");
  assert.equal(wireColour(state, "image"), "light-dark(green, lime)");
  assert.equal(wireColour(state, "palette"), "var(--wire-other)");
});

test("alerts are shown from the worst to the least, and none while the server is out of reach", () => {
  const alerts = ["warning", "info", "error"].map((severity) => ({ code: severity, severity }));
  const state = stateWith({ connection: "online", system: { alerts } });
  assert.deepEqual(shownAlerts(state).map(({ code }) => code), ["error", "warning", "info"]);
  assert.equal(worstSeverity(state), "error");
  assert.equal(worstSeverity({ ...state, connection: "offline" }), "");
  assert.equal(worstSeverity(stateWith()), "");
});
