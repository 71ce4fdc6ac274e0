// The gallery: what requests do to its lists, focus and selection, against a server of the test's own.
import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import "./dom.js";
import { Problem } from "../../../web/state/api.js";
import { parameterRows } from "../../../web/state/selectors/gallery.js";
import { pieces } from "../../../web/state/effects/gallery-moves.js";
import { suggestions } from "../../../web/views/gallery/search-field.js";
import { emptyState } from "../../../web/views/gallery/empty-states.js";
import { everyMonth } from "../../../web/views/gallery/facet-panel.js";
import { marksOf } from "../../../web/views/gallery/timeline.js";
import { GridLayout } from "../../../web/elements/grid/layout.js";
import { stateWith } from "./state.js";

const { PageController } = await import("../../../web/state/controller.js");
const { dayTitle } = await import("../../../web/views/gallery/gallery-view.js");

const asset = (n, parts = {}) => ({ id: `i${n}`, kind: "image", rating: 0, favourite: false, tags: [], prompt: `image ${n}`, metadata: {}, created_at: "2026-02-02T10:00:00Z", thumbnail_url: `/t/${n}`, url: `/f/${n}`, ...parts });
const FACETS = { total: 0, all: 0, trash: 0, favourites: 0, facets: {}, months: [], indexing: 0 };

/** A page whose server holds `count` images; `calls` records what it is asked. */
async function gallery(count, answers = {}) {
  const controller = new PageController();
  const calls = [];
  const stored = Array.from({ length: count }, (_, n) => asset(n));
  Object.assign(controller.images, {
    list: async (filter, sort, offset, limit) => {
      calls.push(["list", offset]);
      return { items: stored.slice(offset, offset + limit), total: stored.length };
    },
    days: async () => ({ total: stored.length, days: [{ day: "2026-02-02", count: stored.length, offset: 0 }] }),
    facets: async () => FACETS,
    collections: async () => ({ items: [{ id: "c1", name: "Night", count: 0 }] }),
    ...Object.fromEntries(["annotate", "trash", "restore", "purge"].map((name) => [name, async (...details) => (calls.push([name, ...details]), { changed: details[0].ids?.length ?? 0 })])),
    collect: async (...details) => (calls.push(["collect", ...details]), { changed: details[2].ids.length }),
    ...answers,
  });
  const perform = controller.perform.bind(controller);
  await perform("open-gallery", {});
  const state = () => controller.store.state.gallery;
  return { controller, calls, stored, perform, state, focusedId: () => state().list.items.get(state().focus)?.id, toasts: () => controller.store.state.toasts };
}

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout"] });
  globalThis.localStorage = { getItem: () => null, setItem: () => {} };
});
afterEach(() => {
  mock.timers.reset();
  delete globalThis.localStorage;
});

test("the gallery loads its first page once, and others where they are looked at", async () => {
  const { calls, perform, state } = await gallery(1000);
  await perform("open-gallery", {});
  assert.deepEqual(calls, [["list", 0]]);
  await perform("load-images", { list: "gallery", from: 730, to: 810 });
  assert.deepEqual(calls.slice(1).map(([, offset]) => offset), [700, 800]);
  assert.equal(state().list.items.get(750).id, "i750");
  assert.deepEqual([state().list.total, state().focus], [1000, 0]);
});

test("an answer to an earlier search is dropped", async () => {
  let send = () => {};
  const { perform, state, controller } = await gallery(5);
  const { list } = controller.images;
  controller.images.list = () => new Promise((done) => (send = () => done({ items: [asset(99)], total: 1 })));
  const slow = perform("search-images", { filter: { q: "slow" } });
  controller.images.list = list;
  await perform("search-images", { filter: { q: "quick" } });
  send();
  await slow;
  assert.equal(state().list.filter.q, "quick");
  assert.equal(state().list.total, 5);
});

test("a problem of the search stands in place of the images, with a way to try again", async () => {
  const { state } = await gallery(5, {
    list: async () => {
      throw new Problem(503, { detail: "The index is being built.", fix: "Try again in a minute." });
    },
  });
  assert.deepEqual(state().list.problem, { text: "The index is being built.", fix: "Try again in a minute." });
  assert.deepEqual(emptyState(state()).actions, ["retry"]);
});

test("Shift selects a range, of images that were never loaded too", async () => {
  const { perform, state } = await gallery(1000);
  await perform("pick-image", { index: 50 });
  await perform("pick-image", { index: 320, range: true });
  assert.equal(state().selection.ids.size, 271);
  assert.ok(state().selection.ids.has("i50") && state().selection.ids.has("i320"));
  await perform("pick-image", { index: 48, range: true });
  assert.deepEqual([...state().selection.ids], ["i48", "i49", "i50"], "from the same anchor");
});

test("a tap opens the details, and adds to a selection that was begun", async () => {
  const { perform, state } = await gallery(9);
  await perform("pick-image", { index: 2, touch: true });
  assert.deepEqual([state().sheet, state().focus], ["detail", 2]);
  await perform("show-sheet", { sheet: "" });
  await perform("pick-image", { index: 3, toggle: true });
  await perform("pick-image", { index: 4, touch: true });
  assert.deepEqual([state().sheet, [...state().selection.ids]], ["", ["i2", "i3", "i4"]]);
});

test("a rating is drawn at once, sent for all selected images, and undone", async () => {
  const { calls, perform, state, controller } = await gallery(9);
  await perform("pick-image", { index: 1 });
  await perform("pick-image", { index: 2, toggle: true });
  const rated = perform("rate-images", { rating: 4 });
  assert.deepEqual([0, 1, 2].map((index) => state().list.items.get(index).rating), [0, 4, 4]);
  await rated;
  assert.deepEqual(calls.at(-1), ["annotate", { ids: ["i1", "i2"] }, { rating: 4 }]);
  await perform("undo-images", {});
  assert.deepEqual(calls.at(-1), ["annotate", { ids: ["i1", "i2"] }, { rating: 0 }]);
  assert.equal(state().list.items.get(1).rating, 0);
  await perform("undo-images", {});
  assert.equal(controller.store.state.toasts.at(-1).text, "Nothing to undo in the gallery.");
});

test("a refused change is not left on the page", async () => {
  const { perform, state, toasts } = await gallery(3, {
    annotate: async () => {
      throw new Problem(422, { detail: "A rating is 0 to 5." });
    },
  });
  await perform("rate-images", { rating: 4 });
  assert.equal(state().list.items.get(0).rating, 0);
  assert.equal(toasts().at(-1).text, "A rating is 0 to 5.");
});

test("images in the trash leave the list, the next one is in focus, and Undo restores them", async () => {
  const { calls, perform, state, focusedId, toasts } = await gallery(9);
  await perform("pick-image", { index: 3 });
  await perform("trash-images", {});
  assert.deepEqual([state().list.total, focusedId()], [8, "i4"]);
  const { action, text } = toasts().at(-1);
  assert.equal(text, "Moved 1 image to the trash.");
  action.perform();
  await new Promise(setImmediate);
  assert.deepEqual(calls.filter(([name]) => name === "restore"), [["restore", { ids: ["i3"] }]]);
});

test("in the trash the same key asks before it deletes for good", async () => {
  const { calls, perform, controller, state } = await gallery(3);
  await perform("search-images", { filter: { deleted: "true" } });
  await perform("trash-images", {});
  const { question } = controller.store.state.overlay;
  assert.equal(question.title, "Delete this image for good?");
  assert.deepEqual(calls.filter(([name]) => name === "purge"), []);
  await perform("confirm", {});
  assert.deepEqual(calls.filter(([name]) => name === "purge"), [["purge", { ids: ["i0"] }]]);
  assert.equal(state().list.total, 2);
});

test("a new image at the top leaves focus and selection on their images", async () => {
  const { controller, perform, state, stored, focusedId } = await gallery(300);
  await perform("pick-image", { index: 40 });
  stored.unshift(asset("new1"), asset("new2"));
  controller.live.onEvent({ id: "1", type: "asset", data: { change: "created", asset: stored[0] } });
  mock.timers.tick(500);
  await new Promise(setImmediate);
  await new Promise(setImmediate);
  assert.deepEqual([state().list.total, state().list.inserted, state().focus, focusedId()], [302, 2, 42, "i40"]);
  assert.equal(state().list.items.get(0).id, "inew1");
});

test("images that another page deletes leave the list", async () => {
  const { controller, state, stored } = await gallery(5);
  controller.live.onEvent({ id: "1", type: "asset", data: { change: "deleted", asset: stored[1] } });
  assert.deepEqual([state().list.total, state().list.items.get(1).id], [4, "i2"]);
});

test("images are added to a collection, those that are dragged or those that are selected", async () => {
  const { calls, perform, toasts } = await gallery(5);
  await perform("collect-images", { collection: "c1", ids: ["i3"] });
  assert.deepEqual(calls.at(-1), ["collect", "c1", "add", { ids: ["i3"] }]);
  assert.equal(toasts().at(-1).text, "Added 1 image to “Night”.");
  await perform("pick-image", { index: 0 });
  await perform("collect-images", { collection: "c1" });
  assert.deepEqual(calls.findLast(([name]) => name === "collect"), ["collect", "c1", "add", { ids: ["i0"] }]);
});

test("files are imported in requests of a hundred, or of 200 MB", () => {
  const file = (size) => ({ size });
  assert.deepEqual(pieces(Array.from({ length: 250 }, () => file(1))).map(({ length }) => length), [100, 100, 50]);
  assert.deepEqual(pieces([file(150e6), file(150e6), file(10)]).map(({ length }) => length), [1, 2]);
  assert.deepEqual(pieces([]), []);
});

test("the provenance of an image is checked and kept with it", async () => {
  const report = { sentences: ["Generated by AI.", "The signature is valid."], contradicted: false };
  const { perform, controller } = await gallery(1, { verify: async (id) => (assert.equal(id, "i0"), report) });
  controller.api.asset = async (id) => asset(0, { id });
  await perform("verify-image", { asset: "i0" });
  assert.deepEqual(controller.store.state.assets.i0.verification, report);
});

test("an import is followed by its id until it ended", async () => {
  const calls = [];
  const ended = { id: "i7", state: "done", done: 1, total: 1, added: 1, duplicates: 0, failed: [] };
  const { perform, state, toasts } = await gallery(1, {
    importFiles: async () => ({ ...ended, state: "running", done: 0, added: 0 }),
    importState: async (id) => (calls.push(id), ended),
  });
  await perform("import-images", { files: [{ name: "a.png", size: 1 }] });
  assert.deepEqual([calls, state().importing, toasts().at(-1).text], [["i7"], null, "Imported 1 image."]);
});

test("typed letters suggest values of the facets, the best match first", async () => {
  const facets = { ...FACETS, facets: { model: [{ value: "nano", label: "Nano", count: 3 }], tag: [{ value: "piano", label: "piano", count: 9 }, { value: "nanny", label: "nanny", count: 1 }] } };
  const state = stateWith({ gallery: { ...stateWith().gallery, facets } });
  assert.deepEqual(suggestions(state, {}, "nan").map(({ label }) => label), ["Nano", "nanny"]);
  assert.deepEqual(suggestions(state, {}, "an").map(({ label }) => label), ["piano", "Nano", "nanny"]);
  assert.deepEqual(suggestions(state, { model: ["nano"] }, "nano"), []);
});

test("each empty source says what appears in it and offers an action", async () => {
  const { list } = stateWith().gallery;
  const of = (filter, total = 0) => emptyState({ list: { ...list, filter, total } });
  assert.equal(of({}, null), null, "loading");
  assert.equal(of({}, 3), null);
  const titles = [{}, { q: "x" }, { favourite: "true" }, { deleted: "true" }, { collection: ["c"] }].map((filter) => of(filter));
  assert.equal(new Set(titles.map(({ title }) => title)).size, 5);
  for (const { actions } of titles) assert.ok(actions.length > 0);
});

test("months without images keep their place in the histogram", () => {
  const months = everyMonth([{ month: "2026-02", count: 3 }, { month: "2025-11", count: 1 }]);
  assert.deepEqual(months.map(({ month, count }) => `${month} ${count}`), ["2026-02 3", "2026-01 0", "2025-12 0", "2025-11 1"]);
  assert.deepEqual(everyMonth([]), []);
});

test("the timeline names as many months as have room, and a new year by its number", () => {
  const groups = Array.from({ length: 24 }, (_, n) => ({ key: new Date(Date.UTC(2026, 2 - n, 1)).toISOString().slice(0, 10), count: 40, offset: n * 40 }));
  const layout = new GridLayout({ groups, width: 400, cell: 100, columns: 1, gap: 0, head: 30 });
  const roomy = marksOf(groups, layout, 2000).map(({ text }) => text);
  assert.deepEqual(roomy.slice(0, 5), ["Mar", "Feb", "Jan", "2025", "Nov"]);
  const tight = marksOf(groups, layout, 200);
  assert.ok(tight.length >= 2 && tight.length <= 7);
  tight.slice(1).forEach((mark, index) => assert.ok(mark.y - tight[index].y >= 34));
});

test("days have names where they are near", () => {
  const day = (back) => {
    const date = new Date(Date.now() - back * 86_400_000);
    return `${date.getFullYear()}-${String(date.getMonth() + 1).padStart(2, "0")}-${String(date.getDate()).padStart(2, "0")}`;
  };
  assert.deepEqual([dayTitle(day(0)), dayTitle(day(1))], ["Today", "Yesterday"]);
  assert.equal(dayTitle("2024-02-29"), "Thursday, February 29, 2024");
});

test("the predicted steps are listed after the parameters", () => {
  const snapshot = { operation: "generate", params: { cache_interval: 3 }, step_cache: { steps: 20, predicted: 8, error: 0.0213, drift: 0.003 } };
  const rows = parameterRows(stateWith(), asset(1, { metadata: { qpyt: snapshot } }));
  assert.deepEqual(rows.map(({ value }) => value), ["3", "8 of 20 steps, error 2.1\u00a0%, drift 0.3\u00a0%"]);
});
