// Notices of blocked bricks, and the seeds that keep an image under a mask.
import assert from "node:assert/strict";
import { test } from "node:test";

import { blockedNotice, randomSeeds } from "../../../web/state/selectors/blocked.js";

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
      wires: wires.map((wire) => ({ from: wire.split(" ")[0], to: wire.split(" ")[1] })),
    },
    blocked: [{ brick: "anew", needs: "mask", detail: "Inpaint waits.", fix: FIX }],
    results: { made: ["old", "older"], grown: ["up"], anew: ["late"] },
    tasks: {
      old: { params: { seed: 7 }, outputs: [{}] },
      older: { params: { seed: 6 }, outputs: [{}] },
      up: { params: {}, outputs: [{}] },
      late: { params: { seed: 9 }, outputs: [{}] },
    },
  };
}
const notice = (state, id) => blockedNotice(state, state.workflow.bricks.find((brick) => brick.id === id));

test("a blocked brick says why, and the brick that blocks it says what to do", () => {
  const state = wall();
  assert.deepEqual(notice(state, "anew"), { text: `Inpaint waits. ${FIX}`, ready: false });
  assert.deepEqual(notice(state, "mask"), { text: FIX, ready: false });
  assert.equal(notice(state, "made"), null);
});

test("a painted mask unblocks both, and a removed painter leaves no notice", () => {
  const painted = wall({ mask: { mask: "M1" } });
  assert.ok(notice(painted, "anew").ready);
  assert.ok(notice(painted, "mask").ready);
  const gone = wall();
  gone.workflow.bricks = gone.workflow.bricks.filter(({ id }) => id !== "mask");
  assert.equal(notice(gone, "anew"), null);
});

test("the newest random seed counts, however far upstream of the mask", () => {
  assert.deepEqual(randomSeeds(wall(), "mask"), { made: 7 });
});

test("a fixed seed is left out, set by the brick or over a wire", () => {
  for (const holder of ["made", "settings"]) {
    assert.deepEqual(randomSeeds(wall({ [holder]: { seed: 3 } }), "mask"), {});
  }
});
