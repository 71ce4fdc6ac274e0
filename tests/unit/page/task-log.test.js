import assert from "node:assert/strict";
import { test } from "node:test";
import { logRows, replayChanges, replayText } from "../../../web/state/selectors/task-log.js";

const filter = { text: "", status: "", operation: "", model: "", date: "" };
const task = (id, status = "completed", created_at = "2026-01-31T12:00:00Z") => ({ id, status, created_at });
const rows = (tasks, change = {}) =>
  logRows({ tasks, unfolded: false, filter, ...change }).map((row) => (row.kind === "fold" ? row.count : row.kind));

test("every day has a heading", () => {
  const tasks = [task("c"), task("b"), task("a", "failed", "2026-01-29T12:00:00Z")];
  assert.deepEqual(rows(tasks), ["day", "task", "task", "day", "task"]);
});

test("cancelled tasks in a row are one line until they are shown", () => {
  const tasks = [task("d"), task("c", "cancelled"), task("b", "cancelled"), task("a")];
  assert.deepEqual(rows(tasks), ["day", "task", 2, "task"]);
  assert.deepEqual(rows(tasks, { unfolded: true }), ["day", "task", "task", "task", "task"]);
  assert.deepEqual(rows(tasks, { filter: { ...filter, status: "cancelled" } }).length, 5);
});

test("the badge of a replay has the number of pixels that differ", () => {
  const pixels = { max: 0, mean: 0, changed: 0, pixels: 16384 };
  const report = { identical: true, pixels, size: [128, 128], other_size: [128, 128], changes: [] };
  assert.equal(replayText(report), "Replay identical · 0 of 16,384\u00a0px differ");
  const changed = { ...report, identical: false, pixels: { ...pixels, max: 9, changed: 12 } };
  assert.equal(replayText(changed), "Replay differs · 12 of 16,384\u00a0px differ, at most by 9 of 255");
  assert.match(replayText({ ...report, identical: false, pixels: null, other_size: [64, 64] }), /64 × 64/u);
});

test("a replay names what changed since", () => {
  const changes = [{ label: "PyTorch", before: "2.12", after: "2.13" }, { label: "LoRA night", before: "a", after: null }];
  assert.deepEqual(replayChanges({ changes }), ["PyTorch: 2.12 → 2.13", "LoRA night: a → none"]);
});
