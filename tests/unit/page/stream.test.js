// The event stream: it resumes after the last event and reconnects with back-off.
import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { Stream } from "../../../web/state/stream.js";

let sockets;

class Socket extends EventTarget {
  constructor(address) {
    super();
    this.address = new URL(address);
    sockets.push(this);
  }

  receive(message) {
    this.dispatchEvent(Object.assign(new Event("message"), { data: JSON.stringify(message) }));
  }

  close() {
    this.dispatchEvent(new Event("close"));
  }
}

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout"] });
  sockets = [];
  globalThis.WebSocket = Socket;
  globalThis.location = { href: "https://studio.test/", protocol: "https:" };
});
afterEach(() => {
  mock.timers.reset();
  delete globalThis.WebSocket;
  delete globalThis.location;
});

function started() {
  const stream = new Stream();
  const events = [];
  for (const name of ["open", "lost", "gap"]) stream.addEventListener(name, () => events.push(name));
  stream.addEventListener("event", (event) => events.push(event.detail.type));
  stream.start();
  return { stream, events };
}

test("the first connection is encrypted like the page and starts at the present", () => {
  const { events } = started();
  assert.equal(sockets[0].address.href, "wss://studio.test/api/ws");
  sockets[0].receive({ type: "hello", id: "e-4" });
  sockets[0].receive({ type: "task", id: "e-5", data: {} });
  assert.deepEqual(events, ["open", "task"]);
});

test("a new connection resumes after the last event", () => {
  const { events } = started();
  sockets[0].receive({ type: "hello", id: "e-4" });
  sockets[0].receive({ type: "task", id: "e-5", data: {} });
  sockets[0].close();
  mock.timers.tick(400);
  assert.equal(sockets[1].address.searchParams.get("after"), "e-5");
  sockets[1].receive({ type: "hello", id: "e-9" });
  sockets[1].close();
  mock.timers.tick(400);
  assert.equal(sockets[2].address.searchParams.get("after"), "e-5", "missed events still follow");
  assert.deepEqual(events, ["open", "task", "lost", "open", "lost"]);
});

test("the delay grows to five seconds and is short again after a success", () => {
  started();
  for (let n = 0; n < 12; n += 1) {
    sockets.at(-1).close();
    mock.timers.tick(5000);
  }
  const before = sockets.length;
  sockets.at(-1).close();
  mock.timers.tick(4900);
  assert.equal(sockets.length, before);
  mock.timers.tick(100);
  sockets.at(-1).receive({ type: "hello", id: "e-1" });
  sockets.at(-1).close();
  mock.timers.tick(400);
  assert.equal(sockets.length, before + 2);
});

test("a stopped stream stays closed, and start connects once", () => {
  const { stream, events } = started();
  stream.start();
  assert.equal(sockets.length, 1);
  stream.stop();
  mock.timers.tick(10_000);
  assert.equal(sockets.length, 1);
  assert.deepEqual(events, []);
});

/** A stream that has seen the event 4. */
function at4() {
  const { events } = started();
  sockets[0].receive({ type: "hello", id: "e-4" });
  events.length = 0;
  return { events, receive: (number, type = "task", epoch = "e") => sockets[0].receive({ type, id: `${epoch}-${number}`, data: {} }) };
}

test("repeated and late events are dropped", () => {
  const { events, receive } = at4();
  for (const number of [5, 5, 4, 6, 5]) receive(number);
  assert.deepEqual(events, ["task", "task"]);
});

test("a missing number is a gap, also before an event without a number of its own", () => {
  const { events, receive } = at4();
  receive(6);
  receive(7);
  receive(9, "progress");
  receive(9, "heartbeat");
  receive(11, "heartbeat");
  receive(12);
  assert.deepEqual(events, ["gap", "task", "task", "gap", "progress", "gap", "task"]);
});

test("another epoch and a reset are gaps, and the next number follows them", () => {
  const { events, receive } = at4();
  receive(2, "task", "f");
  receive(3, "task", "f");
  receive(9, "reset", "f");
  receive(10, "task", "f");
  assert.deepEqual(events, ["gap", "task", "task", "gap", "task"]);
});

test("a silent connection is opened again", () => {
  const { events, receive } = at4();
  mock.timers.tick(15_000);
  receive(4, "heartbeat");
  mock.timers.tick(15_000);
  assert.deepEqual(events, []);
  mock.timers.tick(1000);
  assert.deepEqual(events, ["lost"]);
  mock.timers.tick(400);
  assert.equal(sockets.length, 2);
  assert.equal(sockets[1].address.searchParams.get("after"), "e-4");
});
