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
  for (const name of ["open", "lost"]) stream.addEventListener(name, () => events.push(name));
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
