// The arithmetic of the virtual grid: positions, what is in view, what a key or a rectangle reaches.
import assert from "node:assert/strict";
import { test } from "node:test";

import { GridLayout, STEPS } from "../../../web/elements/grid/layout.js";

/** Groups of these sizes, one after the other. */
function groups(...counts) {
  let offset = 0;
  return counts.map((count, index) => {
    offset += count;
    return { key: `g${index}`, count, offset: offset - count };
  });
}

/** Four columns of 100 pixels with gaps of 10, headings of 30. */
const layout = (...counts) => new GridLayout({ groups: groups(...counts), width: 430, cell: 100, columns: 1, gap: 10, head: 30 });

test("as many columns as fit share the width", () => {
  const wide = layout(8);
  assert.deepEqual([wide.columns, wide.side, wide.pitch], [4, 100, 110]);
  const filled = new GridLayout({ groups: groups(8), width: 470, cell: 100, columns: 1, gap: 10, head: 0 });
  assert.deepEqual([filled.columns, filled.side], [4, 110]);
  const narrow = new GridLayout({ groups: groups(8), width: 60, cell: 100, columns: 3, gap: 0, head: 0 });
  assert.deepEqual([narrow.columns, narrow.side], [3, 20]);
});

test("a group begins below the last row of the one before, with its heading", () => {
  const { tops, height, total } = layout(6, 1, 4);
  assert.deepEqual(tops, [0, 30 + 220, 30 + 220 + 30 + 110]);
  assert.equal(height, 30 + 220 + 30 + 110 + 30 + 110);
  assert.equal(total, 11);
});

test("the cell at a position is the one that is there", () => {
  const grid = layout(6, 1, 9, 30);
  for (let index = 0; index < grid.total; index += 1) {
    const { x, y } = grid.position(index);
    assert.equal(grid.at({ x: x + 1, y: y + 1 }), index);
    assert.equal(grid.at({ x: x + grid.side - 1, y: y + grid.side - 1 }), index);
    assert.equal(grid.at({ x: x + grid.side + 5, y: y + 1 }), -1);
  }
  assert.equal(grid.at({ x: 5, y: 5 }), -1, "a heading");
  assert.equal(grid.at({ x: 350, y: 30 + 115 }), -1, "behind the last image of a group");
});

test("what is between two heights is exactly what touches them, whole rows", () => {
  const grid = layout(6, 1, 9, 30, 2);
  for (let top = 0; top < grid.height; top += 17) {
    const bottom = top + 200;
    const { from, to } = grid.between(top, bottom);
    for (let index = 0; index < grid.total; index += 1) {
      const { y } = grid.position(index);
      if (y < bottom && y + grid.side > top) assert.ok(index >= from && index < to, `${index} at ${top}`);
      if (y + grid.pitch <= top || y >= bottom) assert.ok(index < from || index >= to, `${index} is out of ${top}`);
    }
  }
});

test("the cells in view do not grow with the list", () => {
  const days = groups(...Array.from({ length: 1000 }, () => 100));
  const grid = new GridLayout({ groups: days, width: 900, cell: 110, columns: 1, gap: 6, head: 38 });
  assert.equal(grid.total, 100_000);
  for (const top of [0, grid.height / 3, grid.height - 900]) {
    const { from, to, groups: heads } = grid.between(top, top + 900);
    assert.ok(to > from && to - from < 90, `${to - from} cells`);
    assert.ok(heads.length <= 3);
  }
  const end = grid.between(grid.height - 100, grid.height);
  assert.equal(end.to, 100_000);
});

test("arrows keep their column across headings and short rows", () => {
  const grid = layout(6, 1, 9);
  assert.equal(grid.step(1, "ArrowDown", 400), 5);
  assert.equal(grid.step(3, "ArrowDown", 400), 5, "a short last row");
  assert.equal(grid.step(5, "ArrowDown", 400), 6, "the next group");
  assert.equal(grid.step(6, "ArrowDown", 400), 7);
  assert.equal(grid.step(9, "ArrowUp", 400), 6);
  assert.equal(grid.step(6, "ArrowUp", 400), 4);
  assert.equal(grid.step(2, "ArrowUp", 400), 2, "the first row");
  assert.equal(grid.step(15, "ArrowDown", 400), 15, "the last row");
  assert.equal(grid.step(0, "ArrowLeft", 400), 0);
  assert.equal(grid.step(5, "ArrowRight", 400), 6);
  assert.equal(grid.step(-1, "ArrowRight", 400), 0, "nothing in focus yet");
});

test("every key leads to an image of the list", () => {
  const grid = layout(6, 1, 9, 30);
  for (let index = 0; index < grid.total; index += 1) {
    for (const key of STEPS) {
      const next = grid.step(index, key, 400);
      assert.ok(next >= 0 && next < grid.total, `${key} from ${index}: ${next}`);
    }
  }
  assert.equal(grid.step(20, "Home", 400), 0);
  assert.equal(grid.step(20, "End", 400), 45);
});

test("a rectangle selects the cells that it touches, across groups", () => {
  const grid = layout(6, 1, 9);
  assert.deepEqual(grid.within({ left: 0, top: 30, right: 150, bottom: 100 }), [0, 1]);
  assert.deepEqual(grid.within({ left: 101, top: 31, right: 109, bottom: 100 }), [], "the gap");
  assert.deepEqual(grid.within({ left: 0, top: 200, right: 50, bottom: 300 }), [4, 6]);
});

test("an empty grid has no height and no cell", () => {
  const grid = layout();
  assert.deepEqual([grid.height, grid.total, grid.at({ x: 5, y: 5 })], [0, 0, -1]);
  assert.deepEqual(grid.between(0, 500), { from: 0, to: 0, groups: [] });
});
