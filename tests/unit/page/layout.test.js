// The layout of a whole wall: every wire leads to the right, and a second call changes nothing.
import assert from "node:assert/strict";
import { test } from "node:test";

import { layOut } from "../../../web/document/layout.js";
import { columns, find, owner, repair } from "../../../web/document/workflow.js";
import { chance } from "./chance.js";
import { workflow } from "./state.js";

/** A wall of random bricks in random places, whose wires close no circle. */
function randomWall(seed) {
  const draw = chance(seed);
  const count = 1 + draw(60);
  const bricks = Array.from({ length: count }, (_, number) => ({ id: `b${number}`, type: "generate", props: {}, column: draw(4), row: draw(20) }));
  const order = bricks.map(({ id }) => id).toSorted(() => draw(3) - 1);
  const wires = Array.from({ length: draw(2 * count) }, () => {
    const [a, b] = [draw(count), draw(count)].toSorted((x, y) => x - y);
    return a === b ? null : { from: `${order[a]}.image`, to: `${order[b]}.image` };
  });
  return repair({ bricks, wires: wires.filter(Boolean) });
}

test("every wire leads to the right, and each brick has a place of its own", () => {
  for (let seed = 0; seed < 300; seed += 1) {
    const tidy = layOut(randomWall(seed));
    for (const { from, to } of tidy.wires) {
      assert.ok(find(tidy, owner(from)).column < find(tidy, owner(to)).column, `seed ${seed}: ${from} to ${to}`);
    }
    assert.equal(new Set(tidy.bricks.map(({ column, row }) => `${column} ${row}`)).size, tidy.bricks.length);
  }
});

test("a tidy wall stays as it is, and where the bricks were before does not matter", () => {
  for (let seed = 0; seed < 100; seed += 1) {
    const wall = randomWall(seed);
    const tidy = layOut(wall);
    assert.equal(layOut(tidy), tidy);
    const shuffled = repair({ ...wall, bricks: wall.bricks.map((brick, index) => ({ ...brick, column: (index * 7) % 5, row: (index * 3) % 11 })) });
    assert.deepEqual(layOut(shuffled).bricks, tidy.bricks);
  }
});

test("props, flags and wires stay as they are", () => {
  const wall = workflow({ o: ["image_output"], g: ["generate", { seed: 7 }] }, ["g.image o.image"]);
  const tidy = layOut(repair({ ...wall, bricks: wall.bricks.map((brick) => ({ ...brick, bypassed: true })) }));
  assert.deepEqual(tidy.wires, wall.wires);
  assert.deepEqual(tidy.bricks.map(({ id, props, bypassed }) => [id, props, bypassed]), [["o", {}, true], ["g", { seed: 7 }, true]]);
});

test("what has no input stands directly before what it feeds", () => {
  const wall = workflow(
    { p: ["prompt"], g: ["generate"], u: ["img2img"], q: ["prompt"], o: ["image_output"] },
    ["p.prompt g.prompt", "g.image u.image", "q.prompt u.prompt", "u.image o.image"],
  );
  assert.deepEqual(columns(layOut(wall)).map((stack) => stack.map(({ id }) => id)), [["p"], ["g", "q"], ["u"], ["o"]]);
});

test("the columns of 39 bricks in chains stay low", () => {
  const bricks = Object.fromEntries(Array.from({ length: 39 }, (_, number) => [`b${number}`, ["generate"]]));
  const wires = Array.from({ length: 38 }, (_, number) => number).filter((number) => number % 4 !== 3).map((number) => `b${number}.image b${number + 1}.image`);
  assert.ok(Math.max(...columns(layOut(workflow(bricks, wires))).map((stack) => stack.length)) <= 4);
});

test("a wire that closes a circle does not hang the layout", () => {
  const wall = workflow({ a: ["img2img"], b: ["img2img"] }, ["a.image b.image", "b.image a.image"]);
  assert.equal(layOut(wall).bricks.length, 2);
});
