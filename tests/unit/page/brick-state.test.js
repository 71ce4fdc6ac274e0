// The state of a brick in words: each state of its task, with what a person waits for.
import assert from "node:assert/strict";
import { test } from "node:test";

import { brickState } from "../../../web/state/selectors/brick-state.js";
import { brickSummary } from "../../../web/state/selectors/summary.js";
import { image, stateWith, task, workflow } from "./state.js";

const WALL = workflow({ g: ["generate"], i: ["img2img"] }, ["g.image i.image"]);

/** The state of brick `i`, whose task has these parts; brick `g` has a running task. */
function shown(parts, more = {}) {
  const tasks = { t: task("t", parts), r: task("r", { status: "running" }) };
  return brickState(stateWith({ workflow: WALL, tasks, results: { i: ["t"], g: ["r"] }, waiting: ["a", "t"], ...more }), "i");
}

test("a brick without a task is idle", () => {
  assert.deepEqual(shown({}, { results: {} }), { name: "idle", icon: "", text: "No image yet.", aside: "" });
});

test("a waiting task shows its position and the reason", () => {
  const queued = (parts, more) => {
    const { name, text, aside } = shown({ status: "pending", ...parts }, more);
    return [name, text, aside];
  };
  assert.deepEqual(queued({}), ["queued", "in the queue", "2nd"]);
  assert.deepEqual(queued({}, { waiting: ["t"] }), ["queued", "in the queue", "next"]);
  assert.deepEqual(queued({}, { waiting: [] }), ["queued", "in the queue", ""]);
  assert.deepEqual(queued({}, { queue: { paused: true } }), ["queued", "queue paused", "2nd"]);
  assert.deepEqual(queued({ status: "held", hold_reasons: ["parent"] }), ["queued", "waits for Generate", "2nd"]);
  assert.deepEqual(queued({ status: "held", hold_reasons: ["user"] }), ["queued", "on hold", "2nd"]);
});

test("a running task shows its step, its image and the time left", () => {
  const progress = { phase: "denoising", step: 5, steps: 8, image: 3, images: 4, fraction: 0.6, eta_seconds: 1.5, preview_url: null };
  const { name, text, aside } = shown({ status: "running", progress });
  assert.deepEqual([name, text, aside], ["running", "step 5 of 8 · image 3 of 4", "2\u00a0s left"]);
});

test("an ended task shows its results, the cache, warnings and failures", () => {
  const outputs = [image("a"), image("b", { index: 1 })];
  const names = [
    shown({ outputs, timings: { run_seconds: 1.2 } }),
    shown({ outputs, cached: true }),
    shown({ outputs, warnings: [{ code: "x", field: null, detail: "Steps were reduced." }] }),
    shown({ status: "failed", error: { detail: "Out of memory." } }),
    shown({ status: "cancelled" }),
  ].map(({ name, text }) => `${name}: ${text}`);
  assert.deepEqual(names, ["done: 2 images in 1.2\u00a0s", "cached: 2 images, cached", "warning: 2 images", "failed: failed", "cancelled: cancelled"]);
});

test("a collapsed brick sums up its state", () => {
  const state = stateWith({ workflow: WALL, tasks: { t: task("t", { status: "pending" }) }, results: { i: ["t"] }, waiting: ["a", "t"] });
  assert.match(brickSummary(state, WALL.bricks[1]), /^in the queue · 2nd/);
});
