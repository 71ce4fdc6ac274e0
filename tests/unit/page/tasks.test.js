// Selectors of tasks: which one a brick reports, and how answers of the server are merged.
import assert from "node:assert/strict";
import { test } from "node:test";

import { currentTask, inputPictures, mergeTasks, pictures, previewUrl, tasksOfBrick, unfinishedTasks } from "../../../web/state/selectors/tasks.js";
import { image, stateWith, task, workflow } from "./state.js";

const tasks = (...all) => Object.fromEntries(all.map((item) => [item.id, item]));

test("a brick reports what runs, else the oldest that waits, else the newest that ended", () => {
  const results = { g: ["4", "3", "2", "1"] };
  const ended = task("1");
  const waiting = [task("3", { status: "pending" }), task("4", { status: "held" })];
  const running = task("2", { status: "running" });
  const at = (...all) => currentTask(stateWith({ results, tasks: tasks(...all) }), "g")?.id;
  assert.equal(at(ended, running, ...waiting), "2");
  assert.equal(at(ended, ...waiting), "3");
  assert.equal(at(ended, task("2")), "2");
  assert.equal(at(), undefined);
});

test("an answer that overtakes an event does not turn a task back", () => {
  const state = stateWith({ tasks: tasks(task("1", { version: 5, status: "completed" })) });
  assert.equal(mergeTasks(state, [task("1", { version: 4, status: "running" })])["1"].status, "completed");
  assert.equal(mergeTasks(state, [task("1", { version: 5, status: "failed" })])["1"].status, "failed");
});

test("old tasks are dropped beyond the limit, but not those of the workflow or running ones", () => {
  const many = Array.from({ length: 320 }, (_, n) => task(String(1000 + n)));
  many[1].status = "running";
  const merged = mergeTasks(stateWith({ results: { g: ["1000"] } }), many);
  assert.ok(merged["1000"]);
  assert.ok(merged["1001"]);
  assert.ok(!merged["1002"]);
  assert.ok(merged["1319"]);
});

test("the last preview stays after the last step, and no other task's preview does", () => {
  const url = "/api/tasks/7/preview?step=3";
  const progress = { preview_url: url, fraction: 0.5 };
  const running = task("7", { status: "running", progress });
  assert.equal(previewUrl(running, ""), url);
  const last = { ...running, progress: { preview_url: url, fraction: 1 } };
  assert.equal(previewUrl(last, "/api/tasks/7/preview?step=2"), "/api/tasks/7/preview?step=2");
  assert.equal(previewUrl(last, "/api/tasks/6/preview?step=9"), "");
  assert.equal(previewUrl(task("7"), url), "");
});

test("only outputs that an image element can show are pictures, by port where one is named", () => {
  const done = task("1", { outputs: [image("A"), image("M", { port: "mask", kind: "mask" }), { kind: "text", value: "a cat" }] });
  const ids = (port) => pictures(stateWith(), done, port).map(({ output }) => output.asset_id);
  assert.deepEqual(ids(), ["A", "M"]);
  assert.deepEqual(ids("mask"), ["M"]);
});

test("a view shows what arrives over its wires and the edits of it, newest first", () => {
  const state = stateWith({
    workflow: workflow({ g: ["generate"], out: ["image_output"] }, ["g.image out.image"]),
    results: { g: ["1"], out: ["2"] },
    tasks: tasks(task("1", { outputs: [image("drawn")] }), task("2", { outputs: [image("edited")] })),
  });
  const view = state.workflow.bricks.find(({ id }) => id === "out");
  assert.deepEqual(inputPictures(state, view, ["image"]).map(({ output }) => output.asset_id), ["edited", "drawn"]);
});

test("the workflow's unfinished tasks leave out what others submitted", () => {
  const state = stateWith({
    results: { g: ["1", "2", "unknown"] },
    tasks: tasks(task("1"), task("2", { status: "pending" }), task("3", { status: "running" })),
  });
  assert.deepEqual(unfinishedTasks(state).map(({ id }) => id), ["2"]);
  assert.deepEqual(tasksOfBrick(state, "g").map(({ id }) => id), ["1", "2"]);
});
