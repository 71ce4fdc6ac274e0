// Any two pictures can be laid beside each other, each once, under a name that tells which it is.
import assert from "node:assert/strict";
import { test } from "node:test";

import { rivals } from "../../../web/state/selectors/comparison.js";

const drawn = (id, seed = null) => ({ asset_id: id, port: "image", kind: "image", url: `/${id}`, seed });
const tasks = {
  made: { id: "made", title: "Generate", operation: "generate", params: {}, outputs: [drawn("A", 7), drawn("B", 8)] },
  grown: { id: "grown", title: "Upscale", operation: "upscale", params: { image: ["A", "B"] }, outputs: [drawn("C"), drawn("D")] },
  mixed: { id: "mixed", title: "Edit", operation: "edit", params: { image: ["A", "B"] }, outputs: [drawn("E")] },
};
const entries = ["upscale", "edit"].map((name) => ({ name, inputs: [{ name: "image", type: "image", fields: ["image"] }] }));
const state = { entries, tasks, results: { g: ["made"], u: ["grown"], e: ["mixed", "gone"] } };
const all = [
  { task: tasks.grown, output: tasks.grown.outputs[0] },
  { task: tasks.grown, output: tasks.grown.outputs[1] },
];
const named = (shown, chosen = null) =>
  rivals(state, all, shown, chosen).map(({ output, text }) => `${output.asset_id} ${text}`);

test("the picture before comes first, then the neighbours, then the rest of the wall", () => {
  assert.deepEqual(named(all[1]), ["B The picture before", "C 1 · Upscale", "A Generate · seed 7", "E Edit"]);
});

test("of what was made from several pictures, each was before it", () => {
  const found = named({ task: tasks.mixed, output: tasks.mixed.outputs[0] });
  assert.deepEqual(found.slice(0, 2), ["A The picture before", "B The picture before"]);
});

test("one from the gallery leads, by the name of its file", () => {
  assert.equal(named(all[0], { id: "Z", name: "holiday.png", width: 4, height: 3 })[0], "Z holiday.png");
  assert.equal(named(all[0], { id: "Z", name: null })[0], "Z From the gallery");
});
