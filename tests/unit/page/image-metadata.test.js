// Metadata of other tools as parameters of this studio.
import assert from "node:assert/strict";
import { test } from "node:test";

import { originOf, parametersOf } from "../../../web/document/image-metadata.js";

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

const house = { operation: "generate", params: { prompt: "a house" }, image_seed: 7 };
const filter = { operation: "filter", params: { contrast: 2 }, image_seed: null };

test("an edited image gives the parameters of its newest generation", () => {
  const varied = { operation: "img2img", params: { prompt: "a castle" }, image_seed: 8 };
  const metadata = { qpyt: { ...filter, history: [house, varied, filter] } };
  assert.deepEqual(parametersOf(metadata), { operation: "img2img", params: varied.params, seed: 8 });
});

test("an edited image of another tool gives what that tool wrote", () => {
  const generation = { prompt: "an owl", negative_prompt: "", settings: { Seed: "9" } };
  const history = [{ source: "comfyui", generation }, { omitted: 3 }, filter];
  assert.equal(parametersOf({ qpyt: { ...filter, history } }).params.prompt, "an owl");
  assert.equal(parametersOf({ qpyt: filter, generation }).seed, 9);
});

test("an image that nothing generated gives its own step, and damaged histories none", () => {
  assert.equal(parametersOf({ qpyt: filter }).operation, "filter");
  for (const history of [null, 3, [null, 3, "x", { operation: "generate" }]]) {
    assert.equal(parametersOf({ qpyt: { ...filter, history } }).operation, "filter");
    assert.equal(parametersOf({ qpyt: { history } }), null);
  }
});

test("an origin is the source type in words, and the signature that an upload had", () => {
  const type = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia";
  assert.equal(originOf({ digital_source_type: type }), "AI-generated");
  assert.equal(originOf({ digital_source_type: type, c2pa: { state: "valid", signer: "Camera" } }), "AI-generated; signed, valid (Camera)");
  assert.equal(originOf({ digital_source_type: "novelty" }), "novelty");
  assert.equal(originOf({}), "");
});
