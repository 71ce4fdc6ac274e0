// Looks while a slider moves: one at a time, the newest wish wins, none is asked for in between.
import assert from "node:assert/strict";
import { test } from "node:test";

import { Newest } from "../../../web/state/debounce.js";

const rest = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

test("wishes in quick succession become one, the last", async () => {
  const done = [];
  const newest = new Newest(async (value) => void done.push(value), 20);
  for (const value of [1, 2, 3]) newest.want(value);
  await rest(60);
  assert.deepEqual(done, [3]);
});

test("at most one is in flight, and the newest of those that came meanwhile follows", async () => {
  const begun = [];
  let flying = 0;
  let most = 0;
  const newest = new Newest(async (value) => {
    begun.push(value);
    most = Math.max(most, ++flying);
    await rest(80);
    flying -= 1;
  }, 5);
  newest.want("a");
  await rest(30);
  newest.want("b");
  await rest(15);
  newest.want("c");
  await rest(250);
  assert.deepEqual(begun, ["a", "c"]);
  assert.equal(most, 1);
});

test("what is dropped does not begin", async () => {
  const begun = [];
  const newest = new Newest(async (value) => void begun.push(value), 5);
  newest.want("gone");
  newest.drop();
  await rest(30);
  newest.want("kept");
  await rest(30);
  assert.deepEqual(begun, ["kept"]);
});
