// The duplicates of the gallery: groups, the image that is kept, and the undo.
import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import "./dom.js";
import { stateWith } from "./state.js";

const { PageController } = await import("../../../web/state/controller.js");
const { DuplicatesPanel, countText, memberText } = await import("../../../web/views/gallery/duplicates-panel.js");

const member = (id, distance = 0) => ({ asset: { id, width: 64, height: 48, rating: 0, thumbnail_url: `/t/${id}` }, distance });
const GROUPS = [
  { kind: "near", members: [member("a"), member("b", 2), member("c", 3)] },
  { kind: "same", members: [member("d"), member("e")] },
];

/** A page whose server has two groups; `calls` records what it is asked. */
async function duplicates() {
  const controller = new PageController();
  const calls = [];
  let trashed = [];
  const empty = { items: [], total: 0 };
  Object.assign(controller.images, {
    list: async () => empty,
    days: async () => ({ total: 0, days: [] }),
    facets: async () => null,
    collections: async () => empty,
    duplicates: async (distance, limit, cursor) => {
      calls.push(["duplicates", distance, cursor]);
      const left = GROUPS.filter(({ members }) => !members.some(({ asset }) => trashed.includes(asset.id)));
      const items = cursor ? left.slice(1) : left.slice(0, 1);
      return { items, next_cursor: cursor || left.length < 2 ? null : "next", total: left.length, analysing: 0 };
    },
    trash: async ({ ids }) => (calls.push(["trash", ids]), (trashed = ids), { changed: ids.length }),
    restore: async ({ ids }) => (calls.push(["restore", ids]), (trashed = []), { changed: ids.length }),
  });
  const perform = controller.perform.bind(controller);
  await perform("find-duplicates", { distance: 4 });
  return { perform, calls, state: () => controller.store.state.gallery.duplicates, toasts: () => controller.store.state.toasts };
}

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout"] });
  globalThis.localStorage = { getItem: () => null, setItem: () => {} };
});
afterEach(() => {
  mock.timers.reset();
  delete globalThis.localStorage;
});

test("the pages of groups follow each other, and a search leaves them", async () => {
  const { perform, calls, state } = await duplicates();
  assert.deepEqual([state().total, state().groups.length, state().cursor], [2, 1, "next"]);
  await perform("more-duplicates", {});
  assert.deepEqual(state().groups, GROUPS);
  await perform("more-duplicates", {});
  assert.equal(calls.length, 2);
  await perform("search-images", { filter: {} });
  assert.equal(state(), null);
});

test("one image is kept, the others go to the trash and come back", async () => {
  const { perform, calls, state, toasts } = await duplicates();
  await perform("keep-duplicate", { group: state().groups[0], asset: "b" });
  assert.deepEqual(calls.at(-1), ["trash", ["a", "c"]]);
  assert.deepEqual([state().groups, state().total], [[], 1]);
  assert.equal(toasts().at(-1).text, "Moved 2 duplicates to the trash.");
  await perform("undo-images", {});
  assert.deepEqual(calls.slice(-2), [["restore", ["a", "c"]], ["duplicates", 4, ""]]);
  assert.equal(state().groups.length, 1);
});

test("the best of each group shown is kept", async () => {
  const { perform, calls, state } = await duplicates();
  await perform("more-duplicates", {});
  await perform("keep-best", {});
  assert.deepEqual(calls.at(-1), ["trash", ["b", "c", "e"]]);
  assert.deepEqual(state().groups, []);
});

test("another image of a group is chosen by a click", () => {
  const requests = [];
  const panel = new DuplicatesPanel((name, detail) => requests.push([name, detail]));
  const state = stateWith({});
  const shown = { ...state, gallery: { ...state.gallery, duplicates: { distance: 4, groups: GROUPS, cursor: null, total: 2, analysing: 0 } } };
  assert.equal(panel.draw(state), false);
  assert.equal(panel.draw(shown), true);
  const [group] = panel.element.querySelectorAll(".duplicate-group");
  const images = group.querySelectorAll(".duplicate");
  const pressed = () => [...images].map((image) => image.getAttribute("aria-pressed"));
  assert.deepEqual(pressed(), ["true", "false", "false"]);
  images[2].click();
  assert.deepEqual(pressed(), ["false", "false", "true"]);
  group.lastElementChild.click();
  assert.deepEqual(requests, [["keep-duplicate", { group: GROUPS[0], asset: "c" }]]);
});

test("sizes, stars and differences are in words", () => {
  assert.equal(memberText(member("a"), 0), "64 × 48 · best");
  assert.equal(memberText({ ...member("b", 1), asset: { ...member("b").asset, rating: 3 } }, 1), "64 × 48 · 3 of 5 stars · 1 bit of 64 differ");
  assert.equal(memberText(member("c"), 2), "64 × 48 · no difference");
  assert.equal(countText({ groups: [], total: null, analysing: 0 }), "Comparing…");
  assert.equal(countText({ groups: [], total: 2, analysing: 3 }), "2 groups · 3 images not compared yet");
});
