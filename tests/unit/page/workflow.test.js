// Edits of the wall as pure functions: whatever is done to it, it stays a sound document.
import assert from "node:assert/strict";
import { test } from "node:test";

import * as edit from "../../../web/document/workflow.js";
import { chance } from "./chance.js";

const brick = (id, column, row, type = "prompt") => ({ id, type, props: {}, column, row });
const wall = (...bricks) => edit.repair({ bricks, wires: [] });
const places = (workflow) =>
  Object.fromEntries(workflow.bricks.map(({ id, column, row }) => [id, [column, row]]));

test("columns and rows are numbered without gaps", () => {
  const found = wall(brick("a", 3, 7), brick("b", 9, 2), brick("c", 3, 1));
  assert.deepEqual(places(found), { c: [0, 0], a: [0, 1], b: [1, 0] });
});

test("what is unknown in a document is kept", () => {
  const found = edit.repair({ bricks: [{ ...brick("a", 0, 0), colour: "red" }], extra: 1 });
  assert.equal(found.bricks[0].colour, "red");
  assert.equal(found.extra, 1);
});

test("a removed brick takes its wires along", () => {
  const wired = edit.connect(wall(brick("a", 0, 0), brick("b", 1, 0)), { from: "a.x", to: "b.y" });
  assert.equal(edit.remove(wired, "a").wires.length, 0);
});

test("an input keeps one wire, and one that takes many keeps all", () => {
  const bare = wall(brick("a", 0, 0), brick("b", 0, 1), brick("c", 1, 0));
  const first = edit.connect(bare, { from: "a.x", to: "c.y" }, false);
  assert.deepEqual(edit.connect(first, { from: "b.x", to: "c.y" }, false).wires, [
    { from: "b.x", to: "c.y" },
  ]);
  assert.equal(edit.connect(first, { from: "b.x", to: "c.y" }, true).wires.length, 2);
});

test("a loop is seen before it is made", () => {
  const wired = edit.connect(wall(brick("a", 0, 0), brick("b", 1, 0)), { from: "a.x", to: "b.y" });
  assert.equal(edit.wouldLoop(wired, "a", "b"), false);
  assert.equal(edit.wouldLoop(wired, "b", "a"), true);
});

test("an edit never changes the document it started from", () => {
  const before = wall(brick("a", 0, 0), brick("b", 1, 0));
  const text = JSON.stringify(before);
  edit.move(before, "a", 1, 1);
  edit.setProps(before, "a", { prompt: "x" });
  edit.remove(before, "b");
  assert.equal(JSON.stringify(before), text);
});

test("after any row of edits every brick has a place of its own", () => {
  for (let seed = 1; seed <= 60; seed += 1) {
    const pick = chance(seed);
    let workflow = wall(brick("b0", 0, 0));
    for (let step = 1; step < 40; step += 1) {
      const ids = workflow.bricks.map((found) => found.id);
      const id = ids[pick(ids.length)] ?? "nobody";
      const act = pick(4);
      if (act === 0) workflow = edit.add(workflow, brick(`b${step}`, pick(4), pick(4)));
      if (act === 1) workflow = edit.move(workflow, id, pick(5), pick(5), pick(2) === 1);
      if (act === 2) workflow = edit.nudge(workflow, id, pick(3) - 1, pick(3) - 1);
      if (act === 3 && ids.length > 3) workflow = edit.remove(workflow, id);
      const taken = workflow.bricks.map(({ column, row }) => `${column},${row}`);
      assert.equal(new Set(taken).size, taken.length, `seed ${seed}, step ${step}`);
      const stacks = edit.columns(workflow);
      stacks.forEach((stack, column) =>
        stack.forEach((found, row) => assert.deepEqual([found.column, found.row], [column, row])),
      );
    }
  }
});
