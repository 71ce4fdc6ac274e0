// Metadata of other tools as parameters of this studio.
import assert from "node:assert/strict";
import { test } from "node:test";

import { parametersOf } from "../../../web/document/image-metadata.js";

const parameters = (settings) => parametersOf({ generation: { prompt: "a house", negative_prompt: "", settings } }).params;

test("numbers and sizes keep their meaning", () => {
  const params = parameters({ Steps: "20", "CFG scale": "7.5", Size: "512x768", Seed: "7" });
  assert.equal(params.num_inference_steps, 20);
  assert.equal(params.guidance_scale, 7.5);
  assert.deepEqual([params.width, params.height, params.seed], [512, 768, 7]);
});

test("clip skip is counted from 1 elsewhere and from 0 here", () => {
  assert.equal(parameters({ "Clip skip": "2" }).clip_skip, 1);
  for (const nothing of ["1", "0", "much"]) assert.ok(!("clip_skip" in parameters({ "Clip skip": nothing })));
});
