/** Sweeps: weights of a LoRA, or LoRAs of a folder by weights, as a matrix. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { sweepFolders, sweepMatrix } from "../../../web/state/sweep.js";

const lora = (/** @type {string} */ id, folder = "", refusal = null) => /** @type {any} */ ({ id, folder, refusal });
const LORAS = [lora("anna", "people/women"), lora("bob", "people"), lora("ink"), lora("broken", "people", /** @type {any} */ ("no keys"))];
const TEXT = { prompt: "a robot", lora: "anna", folder: "", weights: "0..1:0.5" };

test("the weights of one LoRA are an axis beside the other LoRAs", () => {
  const loras = [{ name: "ink", weight: 1 }];
  const { matrix, cells, problem } = sweepMatrix(TEXT, LORAS, { prompt: "old", loras, seed: 7 });
  assert.deepEqual(matrix, { operation: "generate", params: { loras, seed: 7, prompt: "a robot" }, axes: [{ name: "loras.anna.weight", values: [0, 0.5, 1] }] });
  assert.deepEqual([cells, problem], [3, ""]);
});

test("all LoRAs of a folder that can be used are an axis of their own", () => {
  const { matrix, cells } = sweepMatrix({ ...TEXT, lora: "", folder: "people", weights: "1" }, LORAS, { loras: [{ name: "ink" }] });
  assert.deepEqual(matrix.axes, [{ name: "loras", values: ["anna", "bob"] }, { name: "loras.*.weight", values: [1] }]);
  assert.deepEqual([matrix.params, cells], [{ prompt: "a robot" }, 2]);
  assert.deepEqual(sweepFolders(LORAS), ["people", "people/women"]);
});

test("a sweep that cannot run says why", () => {
  assert.match(sweepMatrix({ ...TEXT, weights: "9" }, LORAS, {}).problem, /outside/);
  assert.match(sweepMatrix({ ...TEXT, prompt: " " }, LORAS, {}).problem, /prompt/);
  assert.match(sweepMatrix({ ...TEXT, lora: "", folder: "none" }, LORAS, {}).problem, /no LoRA/);
});
