// The crop of the photo editor: boxes in shares of the sides, with and without an aspect ratio.
import assert from "node:assert/strict";
import { test } from "node:test";

import { fitBox, mirrored, moveBox, onImage, pullBox, seenAspect, shareRatio, turnedAngle } from "../../../web/elements/crop-box.js";

const WHOLE = { top: 0, left: 0, bottom: 0, right: 0 };
const WIDE = 160;
const HIGH = 90;
const near = (one, other) => Math.abs(one - other) < 1e-6;
/** Width over height of a box, in pixels. */
const ratioOf = ({ top, left, bottom, right }) => ((100 - left - right) * WIDE) / ((100 - top - bottom) * HIGH);
const inside = (box) => Object.values(box).every((share) => share >= -1e-9) && box.left + box.right <= 95.1 && box.top + box.bottom <= 95.1;

test("a ratio in shares depends on the shape of the image", () => {
  assert.equal(shareRatio("free", WIDE, HIGH), 0);
  assert.equal(shareRatio("original", WIDE, HIGH), 1);
  assert.ok(near(shareRatio("16:9", WIDE, HIGH), 1));
  assert.ok(near(shareRatio("1:1", WIDE, HIGH), HIGH / WIDE));
  assert.equal(shareRatio("1:1", 0, 0), 0);
});

test("a box is fitted to its ratio in its middle", () => {
  assert.deepEqual(fitBox({ ...WHOLE, left: 7 }, 0), { ...WHOLE, left: 7 });
  const square = fitBox(WHOLE, shareRatio("1:1", WIDE, HIGH));
  assert.ok(near(ratioOf(square), 1));
  assert.ok(near(square.left, square.right));
  assert.equal(square.top, 0);
});

for (const aspect of ["1:1", "4:3", "3:4", "16:9", "9:16"]) {
  test(`every pull keeps ${aspect} and stays within the image`, () => {
    const ratio = shareRatio(aspect, WIDE, HIGH);
    const start = fitBox({ top: 10, left: 20, bottom: 15, right: 5 }, ratio);
    for (const sides of [["left"], ["right"], ["top"], ["bottom"], ["top", "left"], ["bottom", "right"], ["top", "right"]]) {
      for (const point of [{ x: -40, y: -40 }, { x: 50, y: 50 }, { x: 33, y: 70 }, { x: 140, y: 140 }]) {
        const pulled = pullBox(start, sides, point, ratio);
        assert.ok(near(ratioOf(pulled), ratioOf(start)), `${sides} ${JSON.stringify(pulled)}`);
        assert.ok(inside(pulled), `${sides} to ${JSON.stringify(point)}: ${JSON.stringify(pulled)}`);
      }
    }
  });
}

test("a corner that is pulled leaves the opposite one where it is", () => {
  const ratio = shareRatio("1:1", WIDE, HIGH);
  const start = fitBox(WHOLE, ratio);
  const pulled = pullBox(start, ["top", "left"], { x: 40, y: 20 }, ratio);
  assert.ok(near(pulled.right, start.right) && near(pulled.bottom, start.bottom));
  assert.ok(pulled.left > start.left && pulled.top > start.top);
});

test("a free pull changes its side alone, and something stays", () => {
  assert.deepEqual(pullBox(WHOLE, ["left"], { x: 30, y: 90 }, 0), { ...WHOLE, left: 30 });
  assert.deepEqual(pullBox({ ...WHOLE, right: 40 }, ["left"], { x: 99, y: 0 }, 0), { ...WHOLE, left: 55, right: 40 });
});

test("a box is moved up to the edge and keeps its size", () => {
  const box = { top: 10, left: 20, bottom: 30, right: 40 };
  assert.deepEqual(moveBox(box, { x: 5, y: -3 }), { top: 7, left: 25, bottom: 33, right: 35 });
  assert.deepEqual(moveBox(box, { x: 500, y: -500 }), { top: 0, left: 60, bottom: 40, right: 0 });
});

test("quarter turns stay between -180 and 180 degrees, and four of them are none", () => {
  assert.deepEqual([0, 90, 180, -90].map((angle) => turnedAngle(angle, 1)), [90, 180, -90, 0]);
  assert.deepEqual([0, -90, 30].map((angle) => turnedAngle(angle, -1)), [-90, 180, -60]);
});

test("the image is mirrored as it is seen: the rotation turns the other way", () => {
  assert.deepEqual(mirrored("none", 0, "horizontal"), { mirror: "horizontal", angle: 0 });
  assert.deepEqual(mirrored("horizontal", 90, "vertical"), { mirror: "both", angle: -90 });
  assert.deepEqual(mirrored("both", -30, "vertical"), { mirror: "horizontal", angle: 30 });
  assert.deepEqual(mirrored("vertical", 180, "vertical"), { mirror: "none", angle: 180 });
});

test("an aspect ratio is named as it is seen after the rotation", () => {
  assert.equal(seenAspect("16:9", 90), "9:16");
  assert.equal(seenAspect(seenAspect("16:9", -90), -90), "16:9");
  assert.equal(seenAspect("16:9", 180), "16:9");
  assert.equal(seenAspect("original", 90), "original");
});

test("a step on the screen is turned and mirrored onto the image", () => {
  const step = onImage({ x: 0, y: 1 }, "none", 90);
  assert.ok(near(step.x, 1) && near(step.y, 0));
  assert.deepEqual(onImage({ x: 2, y: 3 }, "both", 0), { x: -2, y: -3 });
});
