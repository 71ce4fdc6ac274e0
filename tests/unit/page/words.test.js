// Durations, sizes and task states in plain words.
import assert from "node:assert/strict";
import { test } from "node:test";

import { ago, count, duration, fitSummary, gigabytes, ordinal, phase, size, taskSubject, timeLeft } from "../../../web/state/words.js";

test("durations take the unit that a reader expects", () => {
  const cases = { 0: "0.1\u00a0s", 0.34: "0.3\u00a0s", 2: "2\u00a0s", 12.4: "12\u00a0s", 89: "89\u00a0s", 90: "2\u00a0min", 7800: "2\u00a0h 10\u00a0min" };
  for (const [seconds, text] of Object.entries(cases)) assert.equal(duration(Number(seconds)), text);
});

test("the time left is rounded up and empty while nobody can tell", () => {
  assert.equal(timeLeft(11.2), "12\u00a0s left");
  assert.equal(timeLeft(0.2), "under 1\u00a0s left");
  assert.equal(timeLeft(null), "");
  assert.equal(timeLeft(undefined), "");
});

test("sizes change from megabytes to gigabytes at one gigabyte", () => {
  assert.deepEqual([size(10), size(49e6), size(1.25e9), size(24e9)], ["1\u00a0MB", "49\u00a0MB", "1.3\u00a0GB", "24\u00a0GB"]);
  assert.equal(gigabytes(9.96e9), "10.0");
});

test("ordinals know the exceptions of English", () => {
  assert.deepEqual([1, 2, 3, 4, 11, 12, 13, 21, 112].map(ordinal), ["1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "112th"]);
});

test("a count agrees with its noun", () => {
  assert.deepEqual([count(0, "image"), count(1, "image"), count(2, "image"), count(2, "mask", "masks in all")], ["0 images", "1 image", "2 images", "2 masks in all"]);
  assert.equal(ago(1000), "just now");
  assert.equal(ago(65_000), "65\u00a0s ago");
});

test("a model says whether it fits, by which plan and how fast", () => {
  const model = { present: true, memory: null, seconds_per_image: 3 };
  assert.deepEqual(fitSummary(model), { tone: "calm", text: "ready · about 3\u00a0s an image" });
  assert.deepEqual(fitSummary({ ...model, present: false }), { tone: "bad", text: "not downloaded" });
  const fit = { fits: true, needed_bytes: 8e9, free_bytes: 20e9, seconds: 4, plan: { id: "offload", label: "parts on demand" } };
  assert.deepEqual(fitSummary(model, fit), { tone: "good", text: "fits: 8.0 of 20\u00a0GB, parts on demand · about 4\u00a0s" });
  assert.equal(fitSummary(model, { ...fit, fits: false }).text, "too large for this machine: needs 8.0 of 20\u00a0GB free");
});

test("the phase of a task counts steps, and images where there are several", () => {
  const progress = { phase: "denoising", step: 3, steps: 8, image: 2, images: 4 };
  assert.equal(phase({ progress }), "step 3 of 8 · image 2 of 4");
  assert.equal(phase({ progress: { ...progress, phase: "downloading", steps: 400, step: 100, images: 1 } }), "downloading, 25\u00a0%");
  assert.equal(phase({ progress: null }), "starting…");
  assert.equal(phase({ progress, cancel_requested: true }), "cancelling…");
});

test("a task is named by its prompt, and by its title without one", () => {
  assert.equal(taskSubject({ params: { prompt: "  a house " }, title: "Generate" }), "a house");
  assert.equal(taskSubject({ params: { prompt: " " }, title: "Generate" }), "Generate");
});
