// Two pages change one workflow: what both did is in the merged one, or among the conflicts.
import assert from "node:assert/strict";
import { test } from "node:test";

import { fieldOf, merge, mergeResults, withField } from "../../../web/document/merge.js";
import * as doc from "../../../web/document/workflow.js";
import { removeAll } from "../../../web/document/several.js";
import { chance, edited, faultsOf, randomWall } from "./chance.js";
import { ENTRIES, workflow } from "./state.js";

const WALL = workflow({ p: ["prompt", { prompt: "a house" }], g: ["generate"], o: ["image_output"] }, ["p.prompt g.prompt", "g.image o.image"]);
const many = (document) => (to) => doc.inputAt(ENTRIES, document, to)?.many ?? false;
const merged = (base, mine, theirs) => merge(base, mine, theirs, many(mine));
const typed = (document, id, props) => doc.setProps(document, id, props);

test("changes of different bricks, and of different fields, are both kept", () => {
  const mine = doc.rename(typed(WALL, "p", { prompt: "a boat" }), "mine");
  const theirs = typed(typed(WALL, "g", { seed: 7 }), "p", { negative_prompt: "fog" });
  const { workflow: both, conflicts } = merged(WALL, mine, theirs);
  assert.deepEqual(conflicts, []);
  assert.equal(both.name, "mine");
  assert.deepEqual(doc.find(both, "p").props, { prompt: "a boat", negative_prompt: "fog" });
  assert.deepEqual(doc.find(both, "g").props, { seed: 7 });
});

test("a field that both changed keeps the own value, and is a conflict", () => {
  const mine = typed(WALL, "p", { prompt: "a boat" });
  const theirs = typed(WALL, "p", { prompt: "a tower" });
  const { workflow: both, conflicts } = merged(WALL, mine, theirs);
  assert.deepEqual(conflicts, [{ brick: "p", field: "props.prompt", mine: "a boat", theirs: "a tower" }]);
  assert.equal(doc.find(both, "p").props.prompt, "a boat");
  assert.equal(fieldOf(withField(both, conflicts[0], conflicts[0].theirs), conflicts[0]), "a tower");
});

test("a brick that one removed and the other changed is kept", () => {
  const without = removeAll(WALL, ["p"]);
  const changed = typed(WALL, "p", { prompt: "a boat" });
  for (const [mine, theirs] of [[without, changed], [changed, without]]) {
    assert.equal(doc.find(merged(WALL, mine, theirs).workflow, "p")?.props.prompt, "a boat");
  }
  assert.equal(doc.find(merged(WALL, without, typed(WALL, "g", { seed: 7 })).workflow, "p"), undefined);
});

test("two wires into one input are a conflict, and two circles' halves close none", () => {
  const two = doc.add(WALL, { id: "q", type: "prompt", props: {}, column: 0, row: 1 });
  const free = doc.disconnect(two, "g.prompt");
  const mine = doc.connect(free, { from: "p.prompt", to: "g.prompt" }, false);
  const theirs = doc.connect(free, { from: "q.prompt", to: "g.prompt" }, false);
  const { workflow: both, conflicts } = merged(free, mine, theirs);
  assert.deepEqual(conflicts, [{ brick: "g", field: "wire.prompt", mine: "p.prompt", theirs: "q.prompt" }]);
  assert.equal(fieldOf(both, conflicts[0]), "p.prompt");
  assert.equal(fieldOf(withField(both, conflicts[0], "q.prompt"), conflicts[0]), "q.prompt");
  const pair = workflow({ a: ["img2img"], b: ["img2img"] });
  const forth = doc.connect(pair, { from: "a.image", to: "b.image" }, false);
  const back = doc.connect(pair, { from: "b.image", to: "a.image" }, false);
  assert.deepEqual(merged(pair, forth, back).workflow.wires, [{ from: "b.image", to: "a.image" }]);
});

test("an own wire in place of an unchanged one replaces it", () => {
  const two = doc.add(WALL, { id: "q", type: "prompt", props: {}, column: 0, row: 1 });
  const mine = doc.connect(two, { from: "q.prompt", to: "g.prompt" }, false);
  const { workflow: both, conflicts } = merged(two, mine, typed(two, "g", { seed: 1 }));
  assert.deepEqual(conflicts, []);
  assert.deepEqual(both.wires.filter(({ to }) => to === "g.prompt"), [{ from: "q.prompt", to: "g.prompt" }]);
});

test("without a common version nothing is lost", () => {
  const mine = workflow({ p: ["prompt", { prompt: "a boat" }], x: ["prompt"] });
  const theirs = workflow({ p: ["prompt", { prompt: "a tower" }], y: ["prompt"] });
  const { workflow: both, conflicts } = merge(null, mine, theirs, () => false);
  assert.deepEqual(both.bricks.map(({ id }) => id).sort(), ["p", "x", "y"]);
  assert.deepEqual(conflicts.map(({ field }) => field), ["props.prompt"]);
});

test("what only one page changed is taken as it is", () => {
  for (let seed = 0; seed < 150; seed += 1) {
    const draw = chance(seed);
    const base = randomWall(draw);
    const next = edited(base, draw, 6);
    assert.deepEqual(merged(base, base, next), { workflow: next, conflicts: [] });
    assert.deepEqual(merged(base, next, base), { workflow: next, conflicts: [] });
    assert.deepEqual(merged(base, next, doc.repair(structuredClone(next))).conflicts, []);
  }
});

test("random changes of two pages merge into a sound document that holds both", () => {
  let conflicting = 0;
  for (let seed = 0; seed < 300; seed += 1) {
    const draw = chance(seed);
    const base = randomWall(draw);
    const [mine, theirs] = [edited(base, draw, 5), edited(base, draw, 5)];
    const { workflow: both, conflicts } = merged(base, mine, theirs);
    assert.deepEqual(faultsOf(both), [], `seed ${seed}`);
    conflicting += conflicts.length ? 1 : 0;
    for (const { id, props } of both.bricks) {
      const sides = [doc.find(mine, id)?.props.prompt, doc.find(theirs, id)?.props.prompt];
      assert.ok(sides.includes(props.prompt), `seed ${seed}`);
    }
    for (const [side, other] of [[mine, theirs], [theirs, mine]]) {
      for (const { id } of side.bricks) if (!doc.find(base, id) && !doc.find(other, id)) assert.ok(doc.find(both, id), `seed ${seed}`);
    }
  }
  assert.ok(conflicting > 5);
});

test("two pages agree once one has sent its merged version", () => {
  for (let seed = 0; seed < 100; seed += 1) {
    const draw = chance(seed);
    const base = randomWall(draw);
    const [first, second] = [edited(base, draw, 4), edited(base, draw, 4)];
    const sent = merged(base, second, first).workflow;
    assert.deepEqual(merged(first, first, sent).workflow, sent);
  }
});

test("results of both pages are listed once, newest first", () => {
  assert.deepEqual(mergeResults({ g: ["3", "1"] }, { g: ["4", "1"], h: ["2"] }, 3), { g: ["4", "3", "1"], h: ["2"] });
});
