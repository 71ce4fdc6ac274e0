import assert from "node:assert/strict";
import test from "node:test";
import { canvasSize, layersOf, maskProps } from "../../../web/document/mask-layers.js";
import { changeRegion, costOf, lackOf, MOST_REGIONS, regionsOf, tintOf, TINTS, withRegion } from "../../../web/document/regions.js";

const painted = { mask: "A", prompt: "a house" };
const brick = { id: "r", type: "regions", column: 0, row: 0, props: { regions: [painted, { prompt: "a car" }] } };

test("a region that is not painted or has no prompt takes no part", () => {
  const [first, second] = regionsOf(brick);
  assert.ok(first && second);
  assert.equal(lackOf(first), "");
  assert.match(lackOf(second), /Not painted/);
  assert.match(lackOf({ ...first, prompt: " " }), /No prompt/);
  assert.deepEqual([first.strength, first.feather, first.loras], [1, 16, []]);
});

test("the cost counts the regions that act, and the background", () => {
  const regions = regionsOf(brick);
  assert.equal(costOf(regions, 20), "Each step runs the network up to 2 times: up to 40 instead of 20.");
  assert.equal(costOf(changeRegion(regions, 1, { mask: "B" }), 0), "Each step runs the network up to 3 times.");
  assert.equal(costOf(changeRegion(regions, 0, { strength: 0 }), 20), "");
  assert.match(costOf(regions, 20, "attention"), /once, with the texts of all regions/);
});

test("regions are added up to the most, each in a colour of its own", () => {
  let regions = regionsOf(brick);
  for (let i = 0; i < 20; i += 1) regions = withRegion(regions);
  assert.equal(regions.length, MOST_REGIONS);
  assert.equal(new Set(regions.map((_, index) => tintOf(index).join())).size, MOST_REGIONS);
  assert.equal(TINTS.length, MOST_REGIONS);
});

test("each region has a layer in the mask painter, a mask painter has one", () => {
  const layers = layersOf(brick);
  assert.deepEqual(layers.map(({ label, title, region }) => [label, title, region]), [["Region 1", "a house", 0], ["Region 2", "a car", 1]]);
  assert.deepEqual(layers.map(({ mask }) => mask), ["/api/assets/A/file", ""]);
  const mask = layersOf({ ...brick, props: { mask: "M" } });
  assert.deepEqual(mask.map(({ label, mask: address, region }) => [label, address, region]), [["Mask", "/api/assets/M/file", undefined]]);
});

test("saved masks go to their regions, and an empty one is removed", () => {
  const { regions } = maskProps(brick, [{ region: 1, asset: "B" }, { region: 0 }]);
  assert.deepEqual(/** @type {{ mask?: string }[]} */ (regions).map(({ mask }) => mask), [undefined, "B"]);
  assert.deepEqual(maskProps({ ...brick, props: {} }, [{ asset: "M" }]), { mask: "M" });
});

test("an empty canvas has the size of the settings of the operation", () => {
  const operation = { id: "g", type: "generate", column: 1, row: 0, props: {} };
  const settings = { id: "s", type: "settings", column: 0, row: 1, props: { width: 640, height: 384 } };
  const wires = [{ from: "r.regions", to: "g.regions" }, { from: "s.settings", to: "g.settings" }];
  const workflow = /** @type {import("../../../web/document/types.js").Workflow} */ (/** @type {unknown} */ ({ bricks: [brick, operation, settings], wires }));
  assert.deepEqual(canvasSize({ workflow }, brick), { width: 640, height: 384 });
  assert.deepEqual(canvasSize({ workflow: { ...workflow, wires: [] } }, brick), { width: 512, height: 512 });
});
