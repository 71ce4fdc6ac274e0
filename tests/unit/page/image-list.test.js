// Long lists of images: parts that arrive, images that come and go; and the selection in them.
import assert from "node:assert/strict";
import { test } from "node:test";

import { NO_FILTER } from "../../../web/document/image-filter.js";
import { changedList, daysInOrder, mapped, missingPages, newList, placeOf, shifted, without, withItems } from "../../../web/state/image-list.js";
import { deselected, EVERYTHING, isSelecting, NO_SELECTION, selectedCount, selectOnly, selectRange, toggleImage } from "../../../web/state/image-selection.js";

const assets = (...ids) => ids.map((id) => ({ id }));
const places = ({ items }) => Object.fromEntries([...items].map(([index, { id }]) => [index, id]));
const listed = (total, offset, ...ids) => withItems(changedList(newList(NO_FILTER, "newest"), { total }), offset, assets(...ids));

test("parts of the list arrive in any order", () => {
  const list = withItems(listed(1000, 500, "x", "y"), 0, assets("a"));
  assert.deepEqual(places(list), { 0: "a", 500: "x", 501: "y" });
  assert.deepEqual(missingPages(list, 0, 3, 2), [0, 2]);
  assert.deepEqual(missingPages(list, 500, 502, 2), []);
  assert.deepEqual(missingPages(list, 998, 1004, 10), [990], "nothing behind the end");
});

test("what is far from the newest part is forgotten", () => {
  let list = listed(100_000, 0);
  for (let offset = 0; offset < 20_000; offset += 100) list = withItems(list, offset, assets(...Array.from({ length: 100 }, (_, n) => `${offset + n}`)));
  assert.ok(list.items.size <= 6000);
  assert.equal(placeOf(list, "19999"), 19_999);
  assert.equal(placeOf(list, "0"), -1);
});

test("new images move the others down and are counted", () => {
  const list = shifted(listed(3, 0, "a", "b", "c"), 2);
  assert.deepEqual(places(list), { 2: "a", 3: "b", 4: "c" });
  assert.equal(list.inserted, 2);
});

test("images that leave move the others up, and days lose them", () => {
  const days = [{ day: "2026-02-02", count: 2, offset: 0 }, { day: "2026-02-01", count: 1, offset: 2 }, { day: "2026-01-31", count: 2, offset: 3 }];
  const list = changedList(listed(5, 0, "a", "b", "c", "d", "e"), { days });
  const rest = without(list, new Set(["b", "c"]));
  assert.deepEqual(places(rest), { 0: "a", 1: "d", 2: "e" });
  assert.equal(rest.total, 3);
  assert.deepEqual(rest.days, [{ day: "2026-02-02", count: 1, offset: 0 }, { day: "2026-01-31", count: 2, offset: 1 }]);
  assert.equal(without(list, new Set(["unknown"])), list);
});

test("a change of nothing leaves the same list", () => {
  const list = listed(2, 0, "a", "b");
  assert.equal(mapped(list, (asset) => asset), list);
  const rated = mapped(list, (asset) => (asset.id === "a" ? { ...asset, rating: 5 } : asset));
  assert.equal(rated.items.get(0).rating, 5);
  assert.equal(rated.items.get(1), list.items.get(1));
});

test("the oldest day comes first where the order says so, and no day where it is by rating", () => {
  const days = [{ day: "2026-02-02", count: 2, offset: 0 }, { day: "2026-02-01", count: 5, offset: 2 }];
  assert.deepEqual(daysInOrder(days, "oldest"), [{ day: "2026-02-01", count: 5, offset: 0 }, { day: "2026-02-02", count: 2, offset: 5 }]);
  assert.deepEqual(daysInOrder(days, "rating"), []);
});

test("another filter is another generation", () => {
  assert.notEqual(newList(NO_FILTER, "newest").generation, newList(NO_FILTER, "newest").generation);
});

test("a click selects one image without the bar; Ctrl makes it a selection", () => {
  const one = selectOnly("a", 4);
  assert.deepEqual([isSelecting(one), one.anchor], [false, 4]);
  const two = toggleImage(one, "b", 7);
  assert.deepEqual([[...two.ids], isSelecting(two), two.anchor], [["a", "b"], true, 7]);
  const again = toggleImage(two, "b", 7);
  assert.deepEqual([[...again.ids], isSelecting(again)], [["a"], true], "the first one was chosen, too");
  assert.equal(isSelecting(toggleImage(again, "a", 4)), false);
});

test("a range replaces the selection or adds to it, from the same anchor", () => {
  const one = toggleImage(NO_SELECTION, "z", 3);
  assert.deepEqual([...selectRange(one, ["a", "b"], false).ids], ["a", "b"]);
  assert.deepEqual([...selectRange(one, ["a", "b"], true).ids], ["z", "a", "b"]);
  assert.equal(selectRange(one, ["a"], true).anchor, 3);
});

test("everything is as many as the list has, until an image is clicked", () => {
  assert.equal(selectedCount(EVERYTHING, 12_408), 12_408);
  assert.deepEqual([...toggleImage(EVERYTHING, "a", 0).ids], ["a"]);
  assert.deepEqual([...selectRange(EVERYTHING, ["a"], true).ids], ["a"]);
});

test("images that leave the list leave the selection", () => {
  const rest = deselected(selectRange(NO_SELECTION, ["a", "b", "c"], false), new Set(["a", "c"]));
  assert.deepEqual([...rest.ids], ["b"]);
  assert.equal(isSelecting(deselected(rest, new Set(["b"]))), false);
});
