// The queue as a brick: the same tasks as in the monitor beside the wall, and actions on them.
import assert from "node:assert/strict";
import { test } from "node:test";

import "./dom.js";
import { ENTRIES, stateWith, task, workflow } from "./state.js";

const { createBrick } = await import("../../../web/bricks/catalogue.js");

const QUEUE = { counts: { pending: 30, running: 1 }, paused: false, eta_seconds: null, lanes: [] };

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
  const rows = [...element.querySelectorAll("qp-task-row")];
  for (const row of rows) row.render(state);
  return { element, rows, requests };
}

test("the running task stands first, waiting ones follow in their order, and the rest is counted", () => {
  const waiting = Array.from({ length: 30 }, (_, index) => task(`w${String(index).padStart(2, "0")}`, { status: "pending" }));
  const { element, rows } = mounted([...waiting, task("r", { status: "running" })]);
  assert.deepEqual(rows.slice(0, 3).map((row) => row.taskId), ["r", "w00", "w01"]);
  assert.equal(rows.length, 12);
  assert.match(element.textContent, /and 19 more tasks/);
  assert.match(element.textContent, /30 waiting/);
});

test("a task is cancelled, and the queue paused and cleared, from the brick", () => {
  const { element, rows, requests } = mounted([task("r", { status: "running" })]);
  rows[0].querySelector('[aria-label="Cancel"]').click();
  const press = (text) => [...element.querySelectorAll("button")].find((button) => button.textContent === text).click();
  press("Pause");
  press("Cancel all");
  assert.deepEqual(requests, [["cancel-task", { task: "r" }], ["toggle-pause", {}], ["cancel-all", {}]]);
});

test("an empty queue says so, and ended tasks stand below", () => {
  const { element, rows } = mounted([task("d", { finished_at: "2026-01-01" })], { queue: { ...QUEUE, counts: {} } });
  assert.equal(element.querySelector(".queue-empty").hidden, false);
  assert.deepEqual(rows.map((row) => row.taskId), ["d"]);
});
