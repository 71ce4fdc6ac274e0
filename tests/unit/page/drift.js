// The state code of the page on a real server, behind a network that drops, repeats, reorders and
// delays events, cuts connections and loses requests: `node drift.js URL SEED`. At the end, when the
// network is sound again, the page must have the state of the server. Run by a test of the server.
import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";

import { chance } from "./chance.js";

const [, , url, seed] = process.argv;
const ACTIONS = 60;
const PATIENCE = 120_000; // milliseconds
const draw = chance(Number(seed));
const network = { faulty: true };

const RealSocket = globalThis.WebSocket;
const realFetch = globalThis.fetch;

/** A socket whose messages are lost, repeated or late, and that is cut now and then. */
class FaultySocket extends EventTarget {
  constructor(address) {
    super();
    this.socket = new RealSocket(address);
    this.socket.addEventListener("message", ({ data }) => this.#pass(data));
    this.socket.addEventListener("close", () => this.dispatchEvent(new Event("close")));
    this.socket.addEventListener("error", () => {});
  }

  #pass(data) {
    const fault = network.faulty ? draw(10) : 9;
    if (fault === 0) return; // lost
    if (fault === 1) this.#deliver(data); // twice
    if (fault === 2 && draw(6) === 0) this.socket.close();
    if (fault < 5) setTimeout(() => this.#deliver(data), draw(400)); // late, after others
    else this.#deliver(data);
  }

  #deliver(data) {
    this.dispatchEvent(Object.assign(new Event("message"), { data }));
  }

  close() {
    this.socket.close();
  }
}

async function faultyFetch(path, options) {
  if (network.faulty) {
    await pause(draw(60));
    if (draw(12) === 0) throw new TypeError("lost");
  }
  const answer = await realFetch(new URL(path, url), options);
  if (network.faulty) await pause(draw(60)); // an answer may be older than the events before it
  return answer;
}

Object.assign(globalThis, {
  WebSocket: FaultySocket,
  fetch: faultyFetch,
  location: { href: url, protocol: "http:" },
  document: Object.assign(new EventTarget(), { documentElement: { dataset: {} }, cookie: "", hidden: false }),
  localStorage: { getItem: () => null, setItem: () => {} },
});
const { Api } = await import("../../../web/state/studio-api.js");
const { Live } = await import("../../../web/state/live.js");
const { Store } = await import("../../../web/state/store.js");
const { endedTasks, queuedTasks, runningTasks } = await import("../../../web/state/selectors/tasks.js");

/** A request that reaches the server; refused changes are part of the game. */
async function ask(method, path, body) {
  const headers = { "Content-Type": "application/json" };
  const answer = await realFetch(`${url}/api${path}`, { method, headers, body: body && JSON.stringify(body) });
  return answer.json();
}

const list = async (...states) => (await ask("GET", `/tasks?limit=500&order=queue&${states.map((state) => `status=${state}`).join("&")}`)).items;

async function oneOf(...states) {
  const tasks = await list(...states);
  return tasks[draw(tasks.length || 1)]?.id ?? "none";
}

const CHANGES = [
  () => ask("POST", "/empty", { value: draw(100) }),
  () => ask("POST", "/empty", { value: draw(100), hold: true }),
  () => ask("POST", "/crash", {}),
  () => ask("POST", `/queue/${draw(2) ? "pause" : "resume"}`),
  () => ask("PATCH", "/queue", { auto_run: draw(2) === 0 }),
  async () => ask("PATCH", `/tasks/${await oneOf("pending", "held")}`, { before: await oneOf("pending", "held") }),
  async () => ask("PATCH", `/tasks/${await oneOf("pending", "held")}`, { end: draw(2) ? "top" : "bottom" }),
  async () => ask("PATCH", `/tasks/${await oneOf("pending", "held")}`, { params: { value: draw(100) } }),
  async () => ask("POST", `/tasks/${await oneOf("pending", "held", "failed")}/repeat`, { times: 1 + draw(3), seed: "same" }),
  async () => ask("POST", `/tasks/${await oneOf("pending", "held")}/cancel`),
  async () => ask("POST", `/tasks/${await oneOf("failed", "cancelled")}/retry`),
  async () => ask("POST", `/tasks/${await oneOf("held")}/release`),
  () => ask("POST", "/tasks/retry", {}),
  () => draw(4) || ask("POST", "/queue/clear"),
];

/** The state of the page, and that of the server, in one shape. */
function shownBy({ state }) {
  const { paused, auto_run, counts } = state.queue ?? {};
  const seen = ({ id, status, version, params, hold_reasons }) => ({ id, status, version, params, hold_reasons });
  return { paused, auto_run, counts, running: runningTasks(state).map(seen), waiting: queuedTasks(state).map(seen), ended: endedTasks(state).map(seen) };
}

async function truth({ state }) {
  const { paused, auto_run, counts, cleared_at: cleared } = await ask("GET", "/queue");
  const ended = (await list("completed", "failed")).filter(({ finished_at: end }) => end > (cleared ?? ""));
  ended.sort((a, b) => (a.finished_at < b.finished_at ? 1 : -1));
  const [running, waiting] = [await list("running"), await list("pending", "held")];
  const seen = ({ id, status, version, params, hold_reasons }) => ({ id, status, version, params, hold_reasons });
  return { paused, auto_run, counts, running: running.map(seen), waiting: waiting.map(seen), ended: ended.slice(0, state.endedCount).map(seen) };
}

/** What differs, by name; of two lists the entries that only one of them has. */
function differences(shown, expected) {
  const lines = (value) => [value].flat().map((entry) => JSON.stringify(entry));
  const others = (value, rest) => lines(value).filter((line) => !lines(rest).includes(line));
  const names = Object.keys(expected).filter((name) => JSON.stringify(shown[name]) !== JSON.stringify(expected[name]));
  return Object.fromEntries(names.map((name) => [name, { shown: others(shown[name], expected[name]), expected: others(expected[name], shown[name]) }]));
}

const store = new Store();
store.keepsDrafts = false;
const live = new Live(store, new Api());
await live.start();
let drifted = 0;
for (let number = 0; number < ACTIONS; number += 1) {
  await CHANGES[draw(CHANGES.length)]();
  await pause(draw(80));
  if (JSON.stringify(shownBy(store)) !== JSON.stringify(await truth(store))) drifted += 1;
}
assert.ok(drifted > 0, "the faults had an effect");
network.faulty = false;
await ask("POST", "/queue/resume");
const end = Date.now() + PATIENCE;
for (;;) {
  const expected = await truth(store);
  const ready = expected.running.length === 0 && expected.waiting.every(({ status }) => status === "held");
  if (ready && JSON.stringify(shownBy(store)) === JSON.stringify(expected)) break;
  if (Date.now() > end) {
    const unfinished = [...expected.running, ...expected.waiting.filter(({ status }) => status !== "held")];
    assert.deepEqual(unfinished, [], `the queue of seed ${seed} ends`);
    assert.deepEqual(differences(shownBy(store), expected), {}, `seed ${seed}`);
  }
  await pause(200);
}
process.exit(0);
