// Random seeds that a run on change keeps, and the ones that it draws anew.
import assert from "node:assert/strict";
import { test } from "node:test";

import * as doc from "../../../web/document/workflow.js";
import { KeptSeeds } from "../../../web/state/kept-seeds.js";
import { ENTRIES, stateWith, task, workflow } from "./state.js";

const SETTINGS = {
  ...ENTRIES.find(({ name }) => name === "prompt"),
  name: "settings",
  outputs: [{ name: "settings", type: "settings" }],
  schema: { properties: { seed: {}, num_images: {} } },
};
const GENERATE = ENTRIES.find(({ name }) => name === "generate");
const READER = { ...GENERATE, inputs: [...GENERATE.inputs, { name: "settings", type: "settings", fields: ["seed"], required: false, many: false }] };
const entries = [SETTINGS, READER, ...ENTRIES.filter(({ name }) => name !== "generate")];
const wall = () => workflow({ p: ["prompt"], s: ["settings"], g: ["generate"], i: ["img2img"] }, ["p.prompt g.prompt", "s.settings g.settings", "g.image i.image"]);

/** A state after a run of the wall, and the seed that a run on change sends after an edit. */
function ran(ranWith = wall()) {
  const seeds = new KeptSeeds();
  const state = stateWith({ entries, workflow: ranWith, tasks: { 1: task("1", { params: { seed: 7 } }) } });
  seeds.note(state, ranWith, { g: "1" });
  return (edit) => {
    const edited = edit(state.workflow);
    const sent = seeds.keep({ ...state, workflow: edited });
    return [doc.find(sent, "g").props.seed, edited === sent ? "as it is" : "with seeds"];
  };
}

test("an edit before or after a brick keeps its random seed", () => {
  const seedAfter = ran();
  assert.deepEqual(seedAfter((document) => doc.setProps(document, "p", { prompt: "a boat" })), [7, "with seeds"]);
  assert.deepEqual(seedAfter((document) => doc.setProps(document, "i", { strength: 0.2 })), [7, "with seeds"]);
});

test("an edit of the brick, or of the settings that feed it, draws a new seed", () => {
  const seedAfter = ran();
  assert.deepEqual(seedAfter((document) => doc.setProps(document, "g", { guidance_scale: 2 })), [undefined, "as it is"]);
  assert.deepEqual(seedAfter((document) => doc.setProps(document, "s", { num_images: 2 })), [undefined, "as it is"]);
});

test("a fixed seed is left as it is, and a brick that has not run has none to keep", () => {
  const seedAfter = ran();
  assert.deepEqual(seedAfter((document) => doc.setProps(document, "s", { seed: 3 })), [undefined, "as it is"]);
  const never = new KeptSeeds();
  const state = stateWith({ entries, workflow: wall() });
  assert.equal(never.keep(state), state.workflow);
});
