// Matrix runs: values as typed, their count, problems in words, and the parameters of every cell.
import assert from "node:assert/strict";
import { test } from "node:test";

import { stateWith, task, workflow } from "./state.js";
import { axisChoices, cellCount, matrixProblem, readAxis, sharedParams } from "../../../web/state/matrix.js";

const STEPS = { type: "integer", minimum: 1, maximum: 50 };
const values = (text, schema = STEPS, name = "num_inference_steps") => readAxis({ name, text }, schema);

test("values are a list, a range with a step, or both", () => {
  assert.deepEqual(values("1, 4, 8").values, [1, 4, 8]);
  assert.deepEqual(values("1..9:4, 20").values, [1, 5, 9, 20]);
  assert.deepEqual(values("2..4").values, [2, 3, 4]);
  assert.deepEqual(values("0.1..0.4:0.1", { type: "number" }).values, [0.1, 0.2, 0.3, 0.4]);
  assert.deepEqual(values("4, 4, 4").values, [4], "each once");
});

test("a value that is no number, or outside its limits, is named", () => {
  assert.match(values("4, many").problem, /^many is neither a number nor a range/);
  assert.match(values("0, 4").problem, /^0 is outside 1 to 50/);
  assert.match(values("9..1").problem, /^9\.\.1 is neither/);
  assert.match(values("1..9:0").problem, /is neither/);
  assert.equal(values(" ").problem, "Give its values.");
  assert.match(readAxis({ name: "loras.ink.weight", text: "0.5, 9" }, undefined).problem, /^9 is outside -4 to 4/);
});

test("words are separated by commas, and prompts by semicolons", () => {
  assert.deepEqual(values("true, false", { type: "boolean" }, "tiling").values, [true, false]);
  assert.deepEqual(values("a cat, asleep; a dog", { type: "string", ui: { widget: "textarea" } }, "prompt").values, ["a cat, asleep", "a dog"]);
});

test("the count is the product, and too many or a parameter twice is a problem", () => {
  const axes = [values("1..3"), { ...values("1..4"), name: "seed" }];
  assert.equal(cellCount(axes), 12);
  assert.equal(matrixProblem(axes), "");
  assert.equal(matrixProblem([axes[0], axes[0]]), "A parameter is there twice.");
  assert.match(matrixProblem([values("1..50"), { ...values("1..20"), name: "seed" }]), /^1000 images are too many/);
  assert.equal(cellCount([]), 0);
});

test("every cell shares what the brick has, and what is wired to it", () => {
  const wall = workflow({ p: ["prompt", { prompt: "a boat" }], g: ["generate", { guidance_scale: 3 }], i: ["img2img", { strength: 0.5 }] }, ["p.prompt g.prompt", "g.image i.image"]);
  const state = stateWith({ workflow: wall, results: { g: ["1"] }, tasks: { 1: task("1", { outputs: [{ asset_id: "a1" }] }) } });
  const brick = (id) => wall.bricks.find((each) => each.id === id);
  assert.deepEqual(sharedParams(state, brick("g")), { prompt: "a boat", guidance_scale: 3 });
  assert.deepEqual(sharedParams(state, brick("i")), { image: "a1", strength: 0.5 });
});

test("parameters of the operation and weights of its LoRAs can change, images cannot", () => {
  const { entries } = stateWith();
  const names = (name, params) => axisChoices(entries.find((entry) => entry.name === name), params).map((choice) => choice.name);
  assert.deepEqual(names("generate", { loras: [{ name: "ink" }] }), ["prompt", "model", "guidance_scale", "seed", "loras.ink.weight"]);
  assert.deepEqual(names("img2img", {}), ["strength"]);
});
