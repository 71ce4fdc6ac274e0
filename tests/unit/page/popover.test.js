// Popovers beside their button: the side, the size, and a button that moves.
import assert from "node:assert/strict";
import { test } from "node:test";

import "./dom.js";

const { placement, placePopover } = await import("../../../web/elements/popover.js");
const FRAME = { width: 1280, height: 720 };

/** The rows of pixels that a placed popover takes. */
function rows(box, { height, upward }) {
  return upward ? [box.top - 4 - height, box.top - 4] : [box.bottom + 4, box.bottom + 4 + height];
}

test("a popover covers neither its button nor what is outside of the window", () => {
  for (let top = 0; top <= 690; top += 15) {
    for (const height of [200, 440, 520]) {
      const box = { left: 1200, top, bottom: top + 30, width: 80 };
      const placed = placement(box, { width: 380, height }, FRAME);
      const [first, last] = rows(box, placed);
      assert.ok(first >= 0 && last <= FRAME.height, `rows ${first} to ${last}`);
      assert.ok(last <= box.top || first >= box.bottom);
      assert.ok(placed.left + placed.width <= FRAME.width);
      assert.ok(placed.height >= Math.min(height, 200), "room to read");
    }
  }
});

test("a popover follows its button while it is open", async () => {
  const [popover, button] = [document.createElement("div"), document.createElement("button")];
  let top = 100;
  button.getBoundingClientRect = () => ({ left: 10, top, bottom: top + 30, width: 80 });
  let open = true;
  popover.matches = () => open;
  Object.defineProperty(button, "isConnected", { value: true });
  placePopover(popover, button, { width: 380, height: 520 });
  assert.equal(popover.style.top, "134px");
  top = 160;
  await new Promise((done) => setTimeout(done, 20));
  assert.equal(popover.style.top, "194px");
  open = false;
  await new Promise((done) => setTimeout(done, 20));
  top = 300;
  await new Promise((done) => setTimeout(done, 20));
  assert.equal(popover.style.top, "194px");
});
