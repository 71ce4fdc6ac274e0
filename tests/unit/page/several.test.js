// Several bricks at once: moved, nudged, flagged, removed, copied.
import assert from "node:assert/strict";
import { test } from "node:test";

import { fragmentOf, insertFragment, isJson, MAX_BRICKS, readFragment } from "../../../web/document/fragment.js";
import { moveAll, nudgeAll, removeAll, setFlags } from "../../../web/document/several.js";
import { columns, repair } from "../../../web/document/workflow.js";
import { chance, edited, EDITS, faultsOf, randomWall, someIds } from "./chance.js";
import { ENTRIES, workflow } from "./state.js";

const brick = (id, column, row, type = "prompt") => ({ id, type, props: {}, column, row });
const wall = (...bricks) => repair({ bricks, wires: [] });
const rows = (document) => columns(document).map((stack) => stack.map((item) => item.id).join(""));
const LINE = () => workflow({ p: ["prompt", { prompt: "a" }], g: ["generate"], o: ["image_output"] }, ["p.prompt g.prompt", "g.image o.image"]);

test("moved bricks keep their columns relative to the one that is dragged", () => {
  const before = wall(brick("a", 0, 0), brick("b", 0, 1), brick("c", 1, 0), brick("d", 2, 0));
  assert.deepEqual(rows(moveAll(before, ["a", "c"], "a", 1, 0)), ["b", "a", "cd"]);
  assert.deepEqual(rows(moveAll(before, ["a", "b"], "b", 2, 1)), ["c", "dab"]);
  assert.deepEqual(rows(moveAll(before, ["a", "c"], "c", 0, 0, true)), ["a", "c", "b", "d"]);
  assert.deepEqual(rows(moveAll(before, ["a"], "a", 3, 0)), ["b", "c", "d", "a"]);
  assert.equal(moveAll(before, ["a"], "b", 0, 0), before);
});

test("nudged bricks pass the others together", () => {
  const before = wall(brick("a", 0, 0), brick("b", 0, 1), brick("c", 0, 2), brick("d", 1, 0));
  assert.deepEqual(rows(nudgeAll(before, ["b", "c"], 0, -1)), ["bca", "d"]);
  assert.deepEqual(rows(nudgeAll(before, ["a", "b"], 0, 1)), ["cab", "d"]);
  assert.deepEqual(rows(nudgeAll(before, ["a", "b"], 0, -1)), ["abc", "d"]);
  assert.deepEqual(rows(nudgeAll(before, ["a"], 1, 0)), ["bc", "ad"]);
  assert.deepEqual(rows(nudgeAll(before, ["a"], -1, 0)), ["a", "bc", "d"]);
});

test("flags and removal concern the chosen bricks only, and their wires", () => {
  const before = LINE();
  assert.deepEqual(setFlags(before, ["p", "g"], { bypassed: true }).bricks.map(({ bypassed = false }) => bypassed), [true, true, false]);
  const rest = removeAll(before, ["g"]);
  assert.deepEqual([rest.bricks.length, rest.wires.length], [2, 0]);
  assert.equal(removeAll(before, ["none"]), before);
});

test("a copy has new ids, its inner wires, and the wires from outside", () => {
  const before = LINE();
  const { workflow: after, ids } = insertFragment(before, fragmentOf(before, ["g"]), ENTRIES);
  assert.equal(new Set(after.bricks.map(({ id }) => id)).size, 4);
  assert.deepEqual(after.wires.slice(2), [{ from: "p.prompt", to: `${ids[0]}.prompt` }, { from: `${ids[0]}.image`, to: "o.image" }]);
  const both = insertFragment(before, fragmentOf(before, ["p", "g"]), ENTRIES);
  assert.ok(both.workflow.wires.some(({ from, to }) => from === `${both.ids[0]}.prompt` && to === `${both.ids[1]}.prompt`));
});

test("a fragment goes through the clipboard into another wall", () => {
  const text = JSON.stringify(fragmentOf(LINE(), ["p", "g"]));
  const { workflow: after, ids } = insertFragment(wall(brick("x", 0, 0)), readFragment(text), ENTRIES, 1);
  assert.deepEqual(after.wires, [{ from: `${ids[0]}.prompt`, to: `${ids[1]}.prompt` }]);
  assert.deepEqual(rows(after), ["x", ids[0], ids[1]]);
  assert.deepEqual(faultsOf(after), []);
});

test("what is no fragment is refused", () => {
  const sound = fragmentOf(LINE(), ["p", "g"]);
  const changed = (parts) => JSON.stringify({ ...sound, ...parts });
  const many = Array.from({ length: MAX_BRICKS + 1 }, (_, number) => brick(`b${number}`, 0, 0));
  for (const text of [
    "", "hello", "{", "[]", "null", "3", "{}", changed({ fragment: false }), changed({ format: "other/1" }), changed({ bricks: [] }), changed({ bricks: {} }),
    changed({ bricks: many, wires: [] }), changed({ bricks: [brick("a/b", 0, 0)] }), changed({ bricks: [null] }), changed({ bricks: [brick("a", 0.5, 0)] }),
    changed({ bricks: [brick("a", 0, 0), brick("a", 0, 1)] }), changed({ wires: [{ from: "p", to: "g.prompt" }] }), changed({ wires: 1 }), changed({ outside: [null] }),
    changed({ bricks: [{ ...brick("a", 0, 0), props: [] }] }), changed({ bricks: [{ ...brick("a", 0, 0), type: 1 }] }),
  ]) assert.equal(readFragment(text), null, text);
  assert.deepEqual(["[]", ' {"a": 1}', "{", "hello", "3"].map(isJson), [true, true, false, false, false]);
});

test("random edits leave a sound document", () => {
  for (let seed = 0; seed < 200; seed += 1) {
    const draw = chance(seed);
    assert.deepEqual(faultsOf(edited(randomWall(draw), draw, 20)), [], `seed ${seed}`);
  }
});

test("random moves keep every brick", () => {
  for (let seed = 0; seed < 100; seed += 1) {
    const draw = chance(seed);
    const before = randomWall(draw);
    for (const name of ["move", "nudge", "flag"]) {
      const after = EDITS[name](before, draw);
      assert.deepEqual(after.bricks.map(({ id }) => id).sort(), before.bricks.map(({ id }) => id).sort(), `${name}, seed ${seed}`);
      assert.deepEqual(after.wires, before.wires);
    }
  }
});

test("random fragments come back from text as they were", () => {
  for (let seed = 0; seed < 100; seed += 1) {
    const draw = chance(seed);
    const fragment = fragmentOf(randomWall(draw), someIds(draw, randomWall(draw)));
    if (fragment.bricks.length) assert.deepEqual(readFragment(JSON.stringify(fragment)), fragment);
  }
});
