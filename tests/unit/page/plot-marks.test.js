// Marks on a plot: their order, close ones together, and reading them by keys and by the pointer.
import assert from "node:assert/strict";
import { test } from "node:test";

import "./dom.js";

const { markNear, marksBetween, nextMark } = await import("../../../web/elements/plot-marks.js");
const { Plot } = await import("../../../web/elements/plot.js");
const { marksOf } = await import("../../../web/views/system/machine-view.js");

const mark = (at, label, kind = "start") => ({ at, label, kind });

test("moments outside of the plot are left out, and close ones are one mark", () => {
  const marks = marksBetween([mark(500, "b"), mark(5, "early"), mark(100, "a"), mark(505, "c", "failed"), mark(2000, "late")], 50, 1050);
  assert.deepEqual(marks, [mark(100, "a"), mark(500, "b, c", "failed")]);
  const many = marksBetween(["a", "b", "c", "d", "e"].map((label) => mark(500, label)), 0, 1000);
  assert.deepEqual(many.map(({ label }) => label), ["a, b, c, and 2 more"]);
});

test("a task has a mark where it started and where it ended or failed", () => {
  const task = { id: "1", operation: "remove_background", lane: "cpu", started_at: "2026-01-01T00:00:01Z", finished_at: "2026-01-01T00:00:03Z" };
  const labels = (status) => marksOf({ ...task, status }).map(({ label, kind }) => [label, kind]);
  assert.deepEqual(labels("completed"), [["remove background started", "start"], ["remove background ended", "end"]]);
  assert.deepEqual(labels("failed")[1], ["remove background failed", "failed"]);
  assert.deepEqual(labels("cancelled")[1], ["remove background cancelled", "end"]);
});

test("marks are found from a time, on both sides and nearby", () => {
  const marks = [mark(100, "a"), mark(500, "b")];
  assert.equal(nextMark(marks, 100, 1), marks[1]);
  assert.equal(nextMark(marks, 100, -1), undefined);
  assert.equal(markNear(marks, 508, 1000), marks[1]);
  assert.equal(markNear(marks, 300, 1000), undefined);
});

test("the arrow keys read the marks of a plot, the pointer reads a near one", () => {
  const plot = new Plot("Memory");
  document.body.append(plot.element);
  const frame = plot.element.querySelector(".plot-frame");
  frame.getBoundingClientRect = () => ({ left: 0, width: 100 });
  const times = Array.from({ length: 11 }, (_, index) => index * 100);
  plot.draw({ times, marks: [mark(200, "generate started"), mark(700, "generate failed", "failed")], time: String, lines: [{ label: "Memory", kind: 0, values: times, text: String }] });
  const reading = () => plot.element.querySelector(".plot-reading").textContent;
  const send = (type, values) => frame.dispatchEvent(Object.assign(new Event(type), values));
  assert.equal(plot.element.querySelectorAll(".plot-mark").length, 2);
  assert.match(frame.getAttribute("aria-label"), /2 marked moments/);
  send("keydown", { key: "ArrowDown" });
  assert.equal(reading(), "200 · 200 · generate started");
  send("keydown", { key: "ArrowDown" });
  assert.equal(reading(), "700 · 700 · generate failed");
  send("keydown", { key: "ArrowUp" });
  assert.match(reading(), /started/);
  send("keydown", { key: "ArrowRight" });
  assert.equal(reading(), "300 · 300");
});
