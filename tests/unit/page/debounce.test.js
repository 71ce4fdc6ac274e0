// Previews while a slider moves: one call at a time, and the newest value wins.
import assert from "node:assert/strict";
import { test } from "node:test";

import { Debounce } from "../../../web/state/debounce.js";

const sleep = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

test("values in quick succession become one call with the last", async () => {
  const done = [];
  const debounce = new Debounce(async (value) => void done.push(value), 20);
  for (const value of [1, 2, 3]) debounce.schedule(value);
  await sleep(60);
  assert.deepEqual(done, [3]);
});

test("one call runs at a time and the newest value that came meanwhile follows", async () => {
  const begun = [];
  let flying = 0;
  let most = 0;
  const debounce = new Debounce(async (value) => {
    begun.push(value);
    most = Math.max(most, ++flying);
    await sleep(80);
    flying -= 1;
  }, 5);
  debounce.schedule("a");
  await sleep(30);
  debounce.schedule("b");
  await sleep(15);
  debounce.schedule("c");
  await sleep(250);
  assert.deepEqual(begun, ["a", "c"]);
  assert.equal(most, 1);
});

test("a cancelled value starts no call", async () => {
  const begun = [];
  const debounce = new Debounce(async (value) => void begun.push(value), 5);
  debounce.schedule("gone");
  debounce.cancel();
  await sleep(30);
  debounce.schedule("kept");
  await sleep(30);
  assert.deepEqual(begun, ["kept"]);
});
