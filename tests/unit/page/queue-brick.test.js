// The queue as a brick: the same tasks as in the monitor beside the wall, and actions on them.
import assert from "node:assert/strict";
import { test } from "node:test";

import "./dom.js";
import { ENTRIES, stateWith, task, workflow } from "./state.js";

const { createBrick } = await import("../../../web/bricks/catalogue.js");

const QUEUE = { counts: { pending: 30, running: 1 }, paused: false, auto_run: true, cleared_at: null, eta_seconds: null, lanes: [] };

/** A queue brick over tasks, and the requests that it makes. */
function mounted(tasks, parts = {}) {
  const state = stateWith({
    ready: true,
    workflow: workflow({ q: ["queue_monitor"] }),
    tasks: Object.fromEntries(tasks.map((entry) => [entry.id, entry])),
    waiting: tasks.filter((entry) => entry.status === "pending").map((entry) => entry.id),
    queue: QUEUE,
    ...parts,
  });
  const element = createBrick(ENTRIES.find((entry) => entry.name === "queue_monitor"), "q");
  const requests = [];
  element.addEventListener("qp-request", ({ detail }) => requests.push([detail.name, detail.detail]));
  document.body.replaceChildren(element);
  element.render(state);
  element.querySelector("qp-queue-desk").render(state);
  const rows = [...element.querySelectorAll("qp-task-row")];
  for (const row of rows) row.render(state);
  return { element, rows, requests, state };
}

const press = (element, text) => [...element.querySelectorAll("button")].find((button) => button.textContent === text).click();

test("the running task stands first, and waiting ones follow in their order with their places", () => {
  const waiting = Array.from({ length: 30 }, (_, index) => task(`w${String(index).padStart(2, "0")}`, { status: "pending" }));
  const { element, rows } = mounted([...waiting, task("r", { status: "running" })]);
  assert.deepEqual(rows.slice(0, 3).map((row) => row.taskId), ["r", "w00", "w01"]);
  assert.deepEqual(rows.slice(1, 4).map((row) => row.querySelector(".task-mark").textContent), ["1", "2", "3"]);
  assert.match(element.textContent, /1 running · 30 waiting/);
});

test("of ten thousand waiting tasks a part is drawn, with room for those before and after it", () => {
  const part = Array.from({ length: 60 }, (_, index) => task(`w${index + 1000}`, { status: "pending" }));
  const queue = { ...QUEUE, counts: { pending: 10_000 } };
  const { element, rows } = mounted(part, { queue, waitingOffset: 500 });
  assert.equal(rows.length, 60);
  const { style } = element.querySelector(".tasks.waiting");
  assert.deepEqual([style.getPropertyValue("--before"), style.getPropertyValue("--after")], ["500", "9440"]);
  assert.equal(rows[0].querySelector(".task-mark").textContent, "501");
});

test("the queue is paused, held, released, cancelled and cleared from the brick", () => {
  const held = task("h", { status: "held", hold_reasons: ["user"] });
  const { element, rows, requests } = mounted([task("r", { status: "running" }), held, task("d", { finished_at: "2026-01-01" })]);
  rows[0].querySelector('[aria-label="Cancel"]').click();
  for (const text of ["Pause", "Auto-run", "Release", "Cancel all", "Clear"]) press(element, text);
  const names = ["cancel-task", "toggle-pause", "toggle-auto-run", "release-all", "cancel-all", "clear-finished"];
  assert.deepEqual(requests.map(([name]) => name), names);
});

test("a failure has its code, its cause, and the suggested repetitions as buttons", () => {
  const fixes = [{ label: "Use 768 × 768", params: { width: 768 }, seed: "same" }, { label: "Retry", params: null, seed: "same" }];
  const error = { code: "out_of_memory", detail: "No room.", fix: "Use a smaller size." };
  const { element, requests } = mounted([task("f", { status: "failed", finished_at: "2026-01-01", error, fixes })]);
  assert.match(element.querySelector(".task").textContent, /No room\..*out_of_memory.*Use a smaller size\./);
  press(element, "Use 768 × 768");
  press(element, "Retry");
  assert.deepEqual(requests, [["repeat-task", { task: "f", seed: "same", params: { width: 768 } }], ["retry-task", { task: "f" }]]);
});

test("cancelled tasks are hidden until they are shown", () => {
  const tasks = [task("c", { status: "cancelled", finished_at: "2026-01-02" }), task("d", { finished_at: "2026-01-01" })];
  const queue = { ...QUEUE, counts: { cancelled: 12 } };
  const { element, rows, requests } = mounted(tasks, { queue });
  assert.deepEqual(rows.map((row) => row.taskId), ["d"]);
  press(element, "Show 12 cancelled tasks");
  assert.deepEqual(requests, [["toggle-cancelled", {}]]);
  assert.deepEqual(mounted(tasks, { queue, showCancelled: true }).rows.map((row) => row.taskId), ["c", "d"]);
});

test("a waiting row moves with Alt and the arrow keys", () => {
  const { rows, requests } = mounted([task("a", { status: "pending" }), task("b", { status: "pending" })]);
  for (const key of ["ArrowUp", "ArrowDown", "Home", "End"]) {
    rows[1].dispatchEvent(Object.assign(new Event("keydown", { bubbles: true }), { key, altKey: true }));
  }
  assert.deepEqual(requests, [
    ["nudge-task", { task: "b", by: -1 }],
    ["nudge-task", { task: "b", by: 1 }],
    ["move-task", { task: "b", end: "top" }],
    ["move-task", { task: "b", end: "bottom" }],
  ]);
});

test("an empty queue says so, and ended tasks stand below", () => {
  const { element, rows } = mounted([task("d", { finished_at: "2026-01-01" })], { queue: { ...QUEUE, counts: {} } });
  assert.equal(element.querySelector(".queue-empty").hidden, false);
  assert.deepEqual(rows.map((row) => row.taskId), ["d"]);
});
