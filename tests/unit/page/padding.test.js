// Padding around an image: numbers and drawing agree for every unit and size.
import assert from "node:assert/strict";
import { test } from "node:test";

import { dragged, layout, inUnit, pixels, SIDES } from "../../../web/elements/fields/padding.js";

const NONE = { top: 0, bottom: 0, left: 0, right: 0 };

test("a unit is of the side that it lengthens", () => {
  const size = { width: 800, height: 400 };
  assert.equal(pixels(50, "left", "percent", size), 400);
  assert.equal(pixels(50, "top", "percent", size), 200);
  assert.equal(pixels(50, "top", "px", size), 50);
  for (const side of SIDES) {
    for (const unit of ["px", "percent"]) {
      for (const value of [0, 1, 33, 100, 250]) {
        assert.equal(inUnit(pixels(value, side, unit, size), side, unit, size), value);
      }
    }
  }
});

test("an edge follows the hand outwards and stops at the picture", () => {
  assert.deepEqual(dragged(NONE, ["right"], 130, 999), { ...NONE, right: 128 });
  assert.deepEqual(dragged(NONE, ["left"], -64, 0), { ...NONE, left: 64 });
  assert.deepEqual(dragged({ ...NONE, top: 40, left: 40 }, ["top", "left"], 400, 400), NONE);
});

test("the frame stays inside its drawing and the picture inside the frame", () => {
  for (const size of [{ width: 1, height: 4000 }, { width: 512, height: 512 }, { width: 3001, height: 17 }]) {
    for (const room of [NONE, { top: 7, bottom: 2048, left: 0, right: 300 }]) {
      for (const kept of [undefined, 5]) {
        const area = { width: 300, height: 220 };
        const { outer, inner, scale } = layout(size, room, area, kept);
        assert.ok(outer.x >= -1e-9 && outer.x + outer.width <= 300 + 1e-9);
        assert.ok(outer.y >= -1e-9 && outer.y + outer.height <= 220 + 1e-9);
        assert.ok(inner.x + inner.width <= outer.width + 1e-9);
        assert.ok(Math.abs(outer.height / scale - size.height - room.top - room.bottom) < 1e-6);
      }
    }
  }
});
