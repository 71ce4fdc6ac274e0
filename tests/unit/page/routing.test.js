// Routes of wires: no brick hides a wire, whatever the wall.
import assert from "node:assert/strict";
import { test } from "node:test";

import { pathOf, Router } from "../../../web/elements/routing.js";

const GUTTER = 40;
const WIDTH = 272;
const GAP = 20;

/** A generator of whole numbers below a limit. */
function chance(seed) {
  return (below) => (seed = (seed * 48271) % 2147483647) % below;
}

/** Columns of bricks with random heights. */
function wall(random) {
  return Array.from({ length: 2 + random(6) }, (_, index) => {
    const left = 24 + index * (WIDTH + GUTTER);
    let y = 52;
    const boxes = Array.from({ length: 1 + random(6) }, () => {
      const top = y;
      y += 60 + random(700) + GAP;
      return { top, bottom: y - GAP };
    });
    return { left, right: left + WIDTH, boxes };
  });
}

/** The end of a wire on a random brick. */
function end(random, columns, side) {
  const column = random(columns.length);
  const { left, right, boxes } = columns[column];
  const box = boxes[random(boxes.length)];
  return { column, x: side === "in" ? left : right, y: box.top + 20 + random(box.bottom - box.top - 30) };
}

/** Points along the data of a path. */
function points(data) {
  const all = [];
  let at = { x: 0, y: 0 };
  for (const [, command, rest] of data.matchAll(/([MLC])([^MLC]+)/g)) {
    const n = rest.trim().split(/ /).map(Number);
    const to = { x: n.at(-2), y: n.at(-1) };
    for (let step = 1; step <= 24 && command !== "M"; step += 1) {
      const t = step / 24;
      const [a, b] = command === "C" ? [{ x: n[0], y: n[1] }, { x: n[2], y: n[3] }] : [at, to];
      const mix = (axis) => (1 - t) ** 3 * at[axis] + 3 * (1 - t) ** 2 * t * a[axis] + 3 * (1 - t) * t ** 2 * b[axis] + t ** 3 * to[axis];
      all.push(command === "L" ? { x: at.x + t * (to.x - at.x), y: at.y + t * (to.y - at.y) } : { x: mix("x"), y: mix("y") });
    }
    at = to;
  }
  return all;
}

test("no point of a wire lies inside a brick, forward, back or within a column", () => {
  for (let seed = 1; seed <= 300; seed += 1) {
    const random = chance(seed);
    const columns = wall(random);
    const router = new Router(columns);
    for (let wire = 0; wire < 12; wire += 1) {
      const [from, to] = [end(random, columns, "out"), end(random, columns, "in")];
      for (const { x, y } of points(pathOf(from, router.route(from, to)))) {
        const hidden = columns.some(({ left, right, boxes }) => x > left + 0.5 && x < right - 0.5 && boxes.some(({ top, bottom }) => y > top + 0.5 && y < bottom - 0.5));
        assert.equal(hidden, false, `seed ${seed}: ${JSON.stringify({ from, to, x, y })}`);
      }
    }
  }
});

test("a wire to the next column is one curve, and one that skips a column crosses it in its nearest gap", () => {
  const box = (top, bottom) => ({ top, bottom });
  const columns = [0, 300, 600].map((left) => ({ left, right: left + 260, boxes: [box(50, 250), box(270, 500), box(520, 900)] }));
  const router = new Router(columns);
  const from = { column: 0, x: 260, y: 300 };
  assert.deepEqual(router.route(from, { column: 1, x: 300, y: 600 }).map(({ way }) => way), ["curve"]);
  const [enter, leave] = router.route(from, { column: 2, x: 600, y: 320 });
  assert.deepEqual([enter.to, leave.to], [{ x: 300, y: 260 }, { x: 560, y: 260 }]);
});

test("wires in one gap run side by side", () => {
  const columns = [0, 300, 600].map((left) => ({ left, right: left + 260, boxes: [{ top: 50, bottom: 250 }, { top: 270, bottom: 500 }] }));
  const router = new Router(columns);
  const heights = [1, 2, 3, 4].map(() => router.route({ column: 0, x: 260, y: 255 }, { column: 2, x: 600, y: 265 })[0].to.y);
  assert.equal(new Set(heights).size, 4);
  assert.ok(heights.every((y) => y > 250 && y < 270), heights.join());
});
