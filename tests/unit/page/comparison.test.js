// Options of the comparison in the lightbox: every image once, with a caption.
import assert from "node:assert/strict";
import { test } from "node:test";

import { comparisonOptions } from "../../../web/state/selectors/comparison.js";

const drawn = (id, seed = null) => ({ asset_id: id, port: "image", kind: "image", url: `/${id}`, seed });
const tasks = {
  made: { id: "made", title: "Generate", operation: "generate", params: {}, outputs: [drawn("A", 7), drawn("B", 8)] },
  grown: { id: "grown", title: "Upscale", operation: "upscale", params: { image: ["A", "B"] }, outputs: [drawn("C"), drawn("D")] },
  mixed: { id: "mixed", title: "Edit", operation: "edit", params: { image: ["A", "B"] }, outputs: [drawn("E")] },
};
const entries = ["upscale", "edit"].map((name) => ({ name, inputs: [{ name: "image", type: "image", fields: ["image"] }] }));
const kinds = [{ name: "image", display: "image" }];
const state = { entries, kinds, tasks, results: { g: ["made"], u: ["grown"], e: ["mixed", "gone"] } };
const all = [
  { task: tasks.grown, output: tasks.grown.outputs[0] },
  { task: tasks.grown, output: tasks.grown.outputs[1] },
];
const named = (shown, chosen = null) =>
  comparisonOptions(state, all, shown, chosen).map(({ output, text }) => `${output.asset_id} ${text}`);

test("the input image comes first, then the neighbours, then the other results", () => {
  assert.deepEqual(named(all[1]), ["B Input image", "C 1 · Upscale", "A Generate · seed 7", "E Edit"]);
});

test("an image made from several images offers each of them", () => {
  const options = named({ task: tasks.mixed, output: tasks.mixed.outputs[0] });
  assert.deepEqual(options.slice(0, 2), ["A Input image", "B Input image"]);
});

test("an image of the gallery leads, captioned with its file name", () => {
  assert.equal(named(all[0], { id: "Z", name: "holiday.png", width: 4, height: 3 })[0], "Z holiday.png");
  assert.equal(named(all[0], { id: "Z", name: null })[0], "Z From the gallery");
});
