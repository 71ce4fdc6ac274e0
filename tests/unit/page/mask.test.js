// Painting masks: exact undo, memory bounded to the touched tiles, fills, blur and zoom.
import assert from "node:assert/strict";
import { test } from "node:test";

import { around, tiles, union } from "../../../web/elements/mask/area.js";
import { blurred, flood } from "../../../web/elements/mask/cover.js";
import { StrokeHistory } from "../../../web/elements/mask/undo.js";
import { Viewport } from "../../../web/elements/pane/viewport.js";

/** A mask as plain bytes, in place of a canvas. */
function surface({ width, height }) {
  const bytes = new Uint8Array(width * height);
  const each = (area, act) => {
    for (let y = 0; y < area.height; y += 1) act((area.y + y) * width + area.x, y * area.width, area.width);
  };
  return {
    bytes,
    read(area) {
      const found = new Uint8Array(area.width * area.height);
      each(area, (from, to, length) => found.set(bytes.subarray(from, from + length), to));
      return found;
    },
    write(area, cover) {
      each(area, (to, from, length) => bytes.set(cover.subarray(from, from + length), to));
    },
  };
}

function chance(seed) {
  let state = seed;
  return (below) => {
    state = (state * 1664525 + 1013904223) % 4294967296;
    return Math.floor((state / 4294967296) * below);
  };
}

test("undo and redo restore every step exactly", () => {
  const size = { width: 700, height: 530 };
  const mask = surface(size);
  const past = new StrokeHistory(mask, size);
  const next = chance(7);
  const seen = [mask.bytes.slice()];
  for (let step = 0; step < 25; step += 1) {
    past.begin();
    for (let dab = 0; dab < 3; dab += 1) {
      const area = around([{ x: next(760) - 30, y: next(590) - 30 }], 1 + next(90), size);
      past.keep(area);
      mask.write(area, new Uint8Array(area.width * area.height).fill(next(256)));
    }
    past.end();
    seen.push(mask.bytes.slice());
  }
  for (let step = 24; past.undo(); step -= 1) assert.deepEqual(mask.bytes, seen[step]);
  assert.deepEqual(mask.bytes, seen[0]);
  for (let step = 1; past.redo(); step += 1) assert.deepEqual(mask.bytes, seen[step]);
  assert.deepEqual(mask.bytes, seen[25]);
});

test("a discarded step leaves nothing, and memory stays bounded", () => {
  const size = { width: 512, height: 512 };
  const mask = surface(size);
  const past = new StrokeHistory(mask, size, 3 * 256 * 256);
  past.begin();
  past.keep({ x: 0, y: 0, width: 10, height: 10 });
  mask.write({ x: 0, y: 0, width: 10, height: 10 }, new Uint8Array(100).fill(9));
  past.forget();
  assert.ok(mask.bytes.every((value) => value === 0));
  assert.equal(past.canUndo, false);
  for (let step = 0; step < 9; step += 1) {
    past.begin();
    past.keep({ x: 0, y: 0, width: 1, height: 1 });
    past.end();
  }
  let undone = 0;
  while (past.undo()) undone += 1;
  assert.equal(undone, 3);
});

test("a stroke on a large image keeps only the tiles that it touches", () => {
  const large = { width: 2048, height: 2048 };
  assert.equal(tiles(around([{ x: 300, y: 300 }], 20, large), large).length, 1);
  assert.equal(tiles(around([{ x: 256, y: 256 }], 20, large), large).length, 4);
  assert.equal(tiles(around([{ x: -90, y: 40 }], 20, large), large).length, 0);
  const edge = { width: 300, height: 260 };
  assert.deepEqual(tiles({ x: 290, y: 258, width: 9, height: 2 }, edge), [
    { x: 256, y: 256, width: 44, height: 4 },
  ]);
  const all = union({ x: 4, y: 9, width: 2, height: 2 }, { x: 1, y: 10, width: 1, height: 9 });
  assert.deepEqual(all, { x: 1, y: 9, width: 5, height: 10 });
});

test("a fill stays within its outline and leaves no pale line", () => {
  const width = 40;
  const cover = new Uint8Array(width * 30);
  for (let x = 5; x <= 30; x += 1) for (const y of [4, 20]) cover[y * width + x] = 255;
  for (let y = 4; y <= 20; y += 1) for (const x of [5, 30]) cover[y * width + x] = 255;
  for (let y = 5; y <= 19; y += 1) cover[y * width + 6] = 150;
  const area = flood(cover, width, 30, 12, 10, 255);
  const filled = cover.reduce((sum, value) => sum + (value === 255 ? 1 : 0), 0);
  assert.equal(filled, 26 * 17);
  assert.equal(cover[2 * width + 2], 0);
  assert.deepEqual(area && [area.width <= 27, area.height <= 18], [true, true]);
  assert.equal(flood(cover, width, 30, 12, 10, 255), null);
  assert.equal(flood(cover, width, 30, 99, 10, 255), null);
});

test("a blur keeps the masked amount, and areas that are fully masked or bare", () => {
  const [width, height] = [61, 47];
  const square = new Uint8Array(width * height);
  for (let y = 18; y < 30; y += 1) square.fill(255, y * width + 20, y * width + 40);
  const soft = blurred(square, width, height, 9);
  const sum = (cover) => cover.reduce((total, value) => total + value, 0);
  assert.ok(Math.abs(sum(soft) / sum(square) - 1) < 0.03);
  assert.ok(soft[24 * width + 20] > 60 && soft[24 * width + 20] < 195);
  for (const value of [0, 255]) {
    const flat = new Uint8Array(width * height).fill(value);
    assert.deepEqual(blurred(flat, width, height, 25), flat);
  }
});

test("zooming keeps the point under the pointer, and a fitted image is centred", () => {
  const view = new Viewport(10);
  view.set({ width: 820, height: 620 }, { width: 1600, height: 800 });
  assert.equal(view.scale, 0.5);
  assert.deepEqual([view.x, view.y], [10, 110]);
  const before = view.toContent({ x: 400, y: 300 });
  view.zoomBy(4, { x: 400, y: 300 });
  const after = view.toContent({ x: 400, y: 300 });
  assert.ok(Math.hypot(before.x - after.x, before.y - after.y) < 1e-9);
  view.pan(1e6, 1e6);
  assert.ok(view.x <= 48 && view.y <= 48);
  view.set({ width: 400, height: 300 }, { width: 1600, height: 800 });
  assert.equal(view.fitted, false);
  view.fit();
  assert.equal(view.scale, 0.2375);
});
