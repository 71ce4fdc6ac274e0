// Synchronization with the server: what REST and events leave in the store.
import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { Problem } from "../../../web/state/api.js";
import { writeTheme } from "../../../web/state/draft.js";
import { Live } from "../../../web/state/live.js";
import { Store } from "../../../web/state/store.js";
import { endedTasks } from "../../../web/state/selectors/tasks.js";
import { ENTRIES, KINDS, task, workflow } from "./state.js";

const settled = () => new Promise((done) => setImmediate(done));
let sockets;

class Socket extends EventTarget {
  constructor() {
    super();
    sockets.push(this);
  }

  receive(message) {
    this.dispatchEvent(Object.assign(new Event("message"), { data: JSON.stringify(message) }));
  }

  close() {
    this.dispatchEvent(new Event("close"));
  }
}

/** A server with some tasks, which counts what the page reads. */
function serverWith(tasks = []) {
  const calls = [];
  const listed = (items) => ({ items });
  const api = {
    operations: async () => ({ items: ENTRIES, kinds: KINDS }),
    models: async () => (calls.push("models"), { items: [{ id: "nano", present: true, seconds_per_image: null, lacks: [] }] }),
    loras: async () => listed([]),
    system: async () => (calls.push("system"), { device: { name: "CPU" } }),
    snapshot: async () => {
      calls.push("snapshot");
      const of = (...states) => tasks.filter(({ status }) => states.includes(status));
      const queue = { paused: false, auto_run: true, cleared_at: null, counts: {}, lanes: [], eta_seconds: null };
      const waiting = of("pending", "held");
      return { ...queue, event_id: "e-1", offset: 0, running: of("running"), waiting, starts_in_seconds: waiting.map(() => 2), ended: of("completed", "failed") };
    },
    tasksById: async (ids) => (calls.push(`tasks ${ids}`), listed(tasks.filter(({ id }) => ids.includes(id)))),
    preset: async () => ({ bricks: [{ id: "g", type: "generate" }], wires: [] }),
    draft: async () => null,
    putDraft: async () => 1,
    workflows: async () => (calls.push("workflows"), listed([{ name: "Windmills" }])),
  };
  return { api, calls };
}

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
  sockets = [];
  globalThis.WebSocket = Socket;
  globalThis.location = { href: "http://studio.test/", protocol: "http:" };
  globalThis.document = Object.assign(new EventTarget(), { documentElement: { dataset: {} }, cookie: "" });
  const stored = new Map();
  globalThis.localStorage = { getItem: (key) => stored.get(key) ?? null, setItem: (key, value) => stored.set(key, value) };
});
afterEach(() => {
  mock.timers.reset();
  for (const name of ["WebSocket", "location", "document", "localStorage"]) delete globalThis[name];
});

async function started(tasks) {
  const server = serverWith(tasks);
  const store = new Store();
  const live = new Live(store, server.api);
  await live.start();
  sockets[0]?.receive({ type: "hello", id: "e-1" });
  await settled();
  server.calls.length = 0;
  let number = 1;
  const event = (type, data) => sockets[0].receive({ id: `e-${type === "progress" ? number : (number += 1)}`, type, data });
  return { ...server, store, live, event };
}

test("a first visit opens the first preset and knows the queue", async () => {
  const { store } = await started([task("1", { status: "running" }), task("2", { status: "pending" })]);
  const { workflow: opened, ready, connection, waiting, tasks, kinds } = store.state;
  assert.deepEqual(opened.bricks.map(({ type }) => type), ["generate"]);
  assert.ok(ready);
  assert.equal(connection, "online");
  assert.deepEqual(waiting, ["2"]);
  assert.deepEqual(Object.keys(tasks), ["1", "2"]);
  assert.equal(kinds, KINDS);
});

test("what is drawn on the wall before the first preset arrives stays", async () => {
  const { api } = serverWith();
  const arrivals = [];
  const first = api.preset;
  api.preset = () => new Promise((done) => arrivals.push(async () => done(await first())));
  const store = new Store();
  const live = new Live(store, api);
  const [start, refresh] = [live.start(), live.refresh()]; // both load where the first try failed
  await settled();
  assert.equal(arrivals.length, 2);
  await arrivals[0]();
  await settled();
  const { draftId } = store.state;
  store.set({ workflow: workflow({ mine: ["generate"] }) });
  await arrivals[1]();
  await Promise.all([start, refresh]);
  assert.deepEqual(store.state.workflow.bricks.map(({ id }) => id), ["mine"]);
  assert.equal(store.state.draftId, draftId);
});

test("everything is read once on the first load, and again when the stream comes back", async () => {
  const { api, calls } = serverWith([task("1", { status: "running" })]);
  await new Live(new Store(), api).start();
  sockets[0].receive({ type: "hello", id: "e-1" });
  await settled();
  const once = ["models", "snapshot", "system"];
  assert.deepEqual([...calls].sort(), once);
  sockets[0].close();
  await settled();
  assert.deepEqual([...calls].sort(), [...once, ...once].sort());
});

test("many changes of the workers read the machine once", async () => {
  const { event, calls } = await started();
  for (let n = 0; n < 5; n += 1) event("worker", { lanes: [] });
  mock.timers.tick(800);
  await settled();
  assert.deepEqual(calls, ["system"]);
});

test("the theme goes into a cookie, which the server reads before the page is painted", async () => {
  globalThis.localStorage.setItem("qpyt.theme", "light");
  const { store } = await started();
  assert.equal(store.state.theme, "light");
  assert.match(document.cookie, /^qpyt_theme=light; path=\/; max-age=31536000; samesite=strict$/);
  writeTheme("system");
  assert.match(document.cookie, /max-age=0/);
});

test("a draft wins over the preset, with the results of its tasks", async () => {
  const draft = { workflow: workflow({ p: ["prompt", { prompt: "a house" }] }), results: { p: ["7"] } };
  globalThis.localStorage.setItem("qpyt.draft", JSON.stringify(draft));
  const { store } = await started([task("7", { status: "completed" })]);
  assert.equal(store.state.workflow.bricks[0].props.prompt, "a house");
  assert.equal(store.state.tasks["7"].status, "completed");
});

test("progress belongs to running tasks only: a late one does not revive a finished task", async () => {
  const { store, event } = await started([task("1", { status: "running" })]);
  event("progress", { task_id: "1", progress: { fraction: 0.5 } });
  assert.equal(store.state.tasks["1"].progress.fraction, 0.5);
  event("task", task("1", { status: "completed", version: 3 }));
  event("progress", { task_id: "1", progress: { fraction: 0.7 } });
  assert.equal(store.state.tasks["1"].progress, null);
});

test("the order of the queue is read once after many changes", async () => {
  const { event, calls } = await started();
  for (let n = 0; n < 5; n += 1) event("task", task(String(n), { status: "pending" }));
  mock.timers.tick(250);
  await settled();
  assert.deepEqual(calls, ["snapshot"]);
});

test("a download and the first run of a model reload the models, another run does not", async () => {
  const { event, calls, store } = await started();
  event("task", task("1", { operation: "pull_model" }));
  event("task", task("2", { params: { model: "nano" } }));
  await settled();
  assert.deepEqual(calls.filter((name) => name === "models").length, 2);
  store.set({ models: [{ id: "nano", present: true, seconds_per_image: 3 }] });
  event("task", task("3", { params: { model: "nano" } }));
  await settled();
  assert.deepEqual(calls.filter((name) => name === "models").length, 2);
});

test("a task of the wall that no list holds is read, and dropped where it was deleted", async () => {
  const { store, live, calls } = await started();
  store.set({ tasks: { a: task("a", { status: "running" }) }, results: { g: ["a"] } });
  await live.refresh();
  assert.ok(calls.includes("tasks a"));
  assert.deepEqual(store.state.tasks, {});
});

test("an unfinished task that the snapshot lacks and nobody shows is dropped unread", async () => {
  const { store, live, calls } = await started();
  store.set({ tasks: { a: task("a", { status: "pending" }) } });
  await live.refresh();
  assert.ok(!calls.some((name) => name.startsWith("tasks")));
  assert.deepEqual(store.state.tasks, {});
});

test("a snapshot that an event overtook does not undo it", async () => {
  const { api, store, live, event } = await started([task("1", { status: "running" })]);
  const { snapshot } = api;
  api.snapshot = async () => {
    const answer = await snapshot();
    event("task", task("1", { status: "completed", version: 5, finished_at: "2026-01-01" }));
    return answer;
  };
  await live.refresh();
  assert.equal(store.state.tasks["1"].status, "completed");
});

test("an older snapshot never replaces a newer one", async () => {
  const { api, store, live } = await started();
  const { snapshot } = api;
  api.snapshot = async () => ({ ...(await snapshot()), event_id: "e-9", paused: true });
  await live.refresh();
  api.snapshot = async () => ({ ...(await snapshot()), event_id: "e-7", paused: false });
  await live.refresh();
  assert.equal(store.state.queue.paused, true);
});

test("missing numbers of events read everything anew", async () => {
  const { calls } = await started();
  sockets[0].receive({ id: "e-5", type: "workflow", data: {} });
  await settled();
  assert.ok(calls.includes("snapshot"));
  assert.ok(calls.includes("system"));
});

test("the page polls while the stream is down, and not while it is up", async () => {
  const { calls } = await started();
  mock.timers.tick(2500);
  await settled();
  assert.ok(!calls.includes("snapshot"));
  sockets[0].close();
  await settled();
  calls.length = 0;
  mock.timers.tick(2500);
  await settled();
  assert.ok(calls.includes("snapshot"));
});

test("what may have been missed is read again: before the stream began, in a gap, and while it is down", async () => {
  const { live } = await started();
  const missed = [];
  live.onEvent = ({ type }) => missed.push(type);
  const times = async (happen) => {
    missed.length = 0;
    happen();
    await settled();
    return missed.filter((type) => type === "missed").length;
  };
  assert.equal(await times(() => sockets[0].receive({ id: "e-5", type: "workflow", data: {} })), 1, "a gap");
  assert.equal(await times(() => sockets[0].receive({ id: "e-6", type: "workflow", data: {} })), 0, "the next event");
  assert.equal(await times(() => sockets[0].close()), 1, "the stream is lost");
  assert.equal(await times(() => mock.timers.tick(2500)), 1, "polling");
  assert.equal(await times(() => sockets.at(-1).receive({ type: "hello", id: "e-6" })), 1, "the stream is back");
  const fresh = new Live(new Store(), serverWith().api);
  await fresh.start();
  fresh.onEvent = ({ type }) => missed.push(type);
  assert.equal(await times(() => sockets.at(-1).receive({ type: "hello", id: "e-1" })), 1, "the first opening");
});

test("a load that failed is tried again, also while the stream is up", async () => {
  const { api, store } = await started();
  const { snapshot } = api;
  api.snapshot = async () => {
    throw new Problem(503, {});
  };
  sockets[0].receive({ id: "e-5", type: "workflow", data: {} });
  await settled();
  assert.equal(store.state.connection, "offline");
  api.snapshot = snapshot;
  mock.timers.tick(2500);
  await settled();
  assert.equal(store.state.connection, "online");
});

test("an older list of models does not replace a newer one", async () => {
  const { api, event, store } = await started();
  const answers = [];
  api.models = () => new Promise((done) => answers.push(done));
  for (const id of ["1", "2"]) event("task", task(id, { operation: "pull_model" }));
  answers[1]({ items: [{ id: "second" }] });
  await settled();
  answers[0]({ items: [{ id: "first" }] });
  await settled();
  assert.deepEqual(store.state.models.map(({ id }) => id), ["second"]);
});

test("without the server the page is offline and keeps its workflow", async () => {
  const { api, store, live } = await started();
  const { workflow: before } = store.state;
  api.snapshot = async () => {
    throw new Problem(0, {});
  };
  await live.refresh();
  assert.equal(store.state.connection, "offline");
  assert.equal(store.state.workflow, before);
});

test("a refused token locks the page until it is unlocked", async () => {
  const { api, store, live } = await started();
  api.onLocked();
  assert.ok(store.state.locked);
  await live.unlock();
  assert.ok(!store.state.locked);
  assert.equal(sockets.length, 2);
});

test("a change of the library is read again", async () => {
  const { store, event } = await started();
  event("workflow", {});
  await settled();
  assert.deepEqual(store.state.library, [{ name: "Windmills" }]);
});

test("A failed task whose retry and cancellation were lost leaves the list with the next snapshot", async () => {
  const failed = (id, hour) => task(id, { status: "failed", finished_at: `2026-01-02T${hour}:00:00Z` });
  const rows = [failed("lost", "10"), failed("kept", "09")];
  const { live, store, event } = await started(rows);
  assert.deepEqual(endedTasks(store.state).map(({ id }) => id), ["lost", "kept"]);
  rows[0] = { ...rows[0], status: "cancelled", version: 9 };
  event("task", task("new", { finished_at: "2026-01-02T11:00:00Z" }));
  await live.queue.load();
  assert.deepEqual(endedTasks(store.state).map(({ id }) => id), ["new", "kept"], "an event newer than the snapshot stays");
});

test("A task of the wall that left the list of the ended ones is read again", async () => {
  const rows = [task("lost", { status: "failed", finished_at: "2026-01-02T10:00:00Z" })];
  const { live, store } = await started(rows);
  store.set({ results: { g: ["lost"] } });
  rows[0] = { ...rows[0], status: "cancelled", version: 9 };
  await live.queue.load();
  assert.equal(store.state.tasks.lost.status, "cancelled");
});
