// A picture of another tool fills a generator: what is called otherwise there is translated.
import assert from "node:assert/strict";
import { test } from "node:test";

import { recipe } from "../../../web/document/image-metadata.js";

const told = (settings) => recipe({ generation: { prompt: "a house", negative_prompt: "", settings } }).params;

test("numbers and sizes keep their meaning", () => {
  const found = told({ Steps: "20", "CFG scale": "7.5", Size: "512x768", Seed: "7" });
  assert.equal(found.num_inference_steps, 20);
  assert.equal(found.guidance_scale, 7.5);
  assert.deepEqual([found.width, found.height, found.seed], [512, 768, 7]);
});

test("layers of CLIP are counted from the last one there, and left out here", () => {
  assert.equal(told({ "Clip skip": "2" }).clip_skip, 1);
  for (const nothing of ["1", "0", "much"]) assert.ok(!("clip_skip" in told({ "Clip skip": nothing })));
});
