// Tiles of tasks that have no image, and summaries of collapsed bricks.
import assert from "node:assert/strict";
import { test } from "node:test";

import "./dom.js";
import { brickSummary } from "../../../web/state/selectors/summary.js";
import { taskTile } from "../../../web/state/selectors/tile.js";
import { image, KINDS, stateWith, task, workflow } from "./state.js";

const { h } = await import("../../../web/elements/dom.js");
const { drawTile } = await import("../../../web/elements/task-tile.js");

const FILE = { name: "lora", noun: "LoRA", display: "file", ending: "safetensors", wire: { light: "red", dark: "red" } };

test("every kind of output has a tile", () => {
  const state = stateWith({ kinds: [...KINDS, FILE] });
  const tile = (outputs, operation = "other") => Object.values(taskTile(state, task("1", { operation, outputs }))).join(" ").trim();
  assert.equal(tile([image("a")]), "input");
  assert.equal(tile([{ kind: "text", value: "a cat.png" }]), "words");
  assert.equal(tile([{ kind: "lora" }]), "file");
  assert.equal(tile([{ kind: "value", value: "2026/a cat.webp" }]), "file WEBP");
  assert.equal(tile([{ kind: "value", value: "no file" }]), "check");
  assert.equal(tile([]), "check");
  assert.equal(tile([], "generate"), "input");
  assert.equal(tile([], "translate"), "words");
  assert.equal(tile([], "pull_model"), "download");
});

test("a summary holds the state of the task and the values that differ from the defaults", () => {
  const wall = workflow({ p: ["prompt", { prompt: " a red cat " }], g: ["generate", { guidance_scale: 4, seed: null }], o: ["image_output"], e: ["prompt"] }, ["g.image o.image"]);
  const models = [{ id: "nano", label: "Nano", present: true, modes: { generate: {} } }];
  const summary = (brick, parts = {}) => brickSummary(stateWith({ workflow: wall, models, ...parts }), wall.bricks.find(({ id }) => id === brick));
  assert.equal(summary("p"), "a red cat");
  assert.equal(summary("g"), "Nano · Guidance scale 4");
  const done = { results: { g: ["1"] }, tasks: { 1: task("1", { outputs: [image("a"), image("b", { index: 1 })] }) } };
  assert.equal(summary("o", done), "2 images");
  assert.match(summary("g", { results: { g: ["1"] }, tasks: { 1: task("1", { status: "failed" }) } }), /^failed · Nano/);
  assert.match(summary("g", { results: { g: ["1"] }, tasks: { 1: task("1", { status: "pending" }) } }), /^in the queue · Nano/);
});

test("a tile is an icon or the ending of a file, and is empty beside an image", () => {
  const element = h("span", {});
  drawTile(element, { icon: "file", text: "AVIF" });
  assert.equal(element.textContent, "AVIF");
  drawTile(element, { icon: "check", text: "" });
  assert.equal(element.children.length, 1);
  drawTile(element, null);
  assert.equal(element.childNodes.length, 0);
});
