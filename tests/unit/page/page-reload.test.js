// A page whose own files changed reloads, once nobody is at work.
import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { PageReload } from "../../../web/state/page-reload.js";
import { Store } from "../../../web/state/store.js";

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout", "Date"], now: 1_000_000 });
  globalThis.localStorage = { getItem: () => null, setItem: () => {} };
  globalThis.document = new EventTarget();
});
afterEach(() => {
  mock.timers.reset();
  delete globalThis.localStorage;
  delete globalThis.document;
});

const turn = () => new Promise(setImmediate);

test("new files reload the page after typing, dialogs and unsent edits", async () => {
  const store = new Store();
  const calls = [];
  new PageReload(store, async () => void calls.push("flush"), () => calls.push("reload"));
  const wait = async (milliseconds) => {
    await turn();
    mock.timers.tick(milliseconds);
    await turn();
  };
  store.set({ connection: "online", system: { page: "1" } });
  await wait(5000);
  store.set({ system: { page: "1" } });
  await wait(5000);
  assert.deepEqual(calls, []);
  document.dispatchEvent(new Event("input"));
  store.set({ system: { page: "2" }, overlay: { name: "palette" } });
  await wait(1000);
  store.set({ overlay: { name: "" } });
  await wait(1000);
  assert.deepEqual(calls, [], "someone typed two seconds ago");
  await wait(1000);
  assert.deepEqual(calls, ["flush", "reload"]);
});
