// What waits says so until it has what it needs, and chance does not strike twice under a mask.
import assert from "node:assert/strict";
import { test } from "node:test";

import { luckySeeds, waiting } from "../../../web/state/selectors/blocked.js";

const FIX = "Paint a mask over the picture, then run again.";
const wires = ["settings.settings made.settings", "made.image grown.image", "grown.image mask.image", "mask.mask anew.mask"];
const entries = [
  { name: "generate", inputs: [{ name: "settings", fields: ["seed", "width"] }] },
  { name: "upscale", inputs: [{ name: "image", fields: ["image"] }] },
  { name: "settings", inputs: [] },
];

function wall(props = {}) {
  const types = { settings: "settings", made: "generate", grown: "upscale", mask: "mask_painter", anew: "inpaint" };
  return {
    entries,
    workflow: {
      bricks: Object.entries(types).map(([id, type]) => ({ id, type, props: props[id] ?? {} })),
      wires: wires.map((each) => ({ from: each.split(" ")[0], to: each.split(" ")[1] })),
    },
    waits: [{ brick: "anew", needs: "mask", detail: "Inpaint waits.", fix: FIX }],
    results: { made: ["old", "older"], grown: ["up"], anew: ["late"] },
    tasks: {
      old: { params: { seed: 7 }, outputs: [{}] },
      older: { params: { seed: 6 }, outputs: [{}] },
      up: { params: {}, outputs: [{}] },
      late: { params: { seed: 9 }, outputs: [{}] },
    },
  };
}
const said = (state, id) => waiting(state, state.workflow.bricks.find((brick) => brick.id === id));

test("the brick that waits tells why, the one that it waits for what to do", () => {
  const state = wall();
  assert.deepEqual(said(state, "anew"), { text: `Inpaint waits. ${FIX}`, ready: false });
  assert.deepEqual(said(state, "mask"), { text: FIX, ready: false });
  assert.equal(said(state, "made"), null);
});

test("with a mask both are ready, and without the painter nobody waits", () => {
  const painted = wall({ mask: { mask: "M1" } });
  assert.ok(said(painted, "anew").ready);
  assert.ok(said(painted, "mask").ready);
  const gone = wall();
  gone.workflow.bricks = gone.workflow.bricks.filter(({ id }) => id !== "mask");
  assert.equal(said(gone, "anew"), null);
});

test("the newest seed left to chance is kept, however far before the mask it was drawn", () => {
  assert.deepEqual(luckySeeds(wall(), "mask"), { made: 7 });
});

test("a seed that is set already stays as it is, by itself or over a wire", () => {
  for (const holder of ["made", "settings"]) {
    assert.deepEqual(luckySeeds(wall({ [holder]: { seed: 3 } }), "mask"), {});
  }
});
