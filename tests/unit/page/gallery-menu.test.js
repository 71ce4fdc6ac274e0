// The context menu of the gallery: the key bindings that have an icon, for the image or the selection.
import assert from "node:assert/strict";
import { test } from "node:test";

import "./dom.js";
import { stateWith } from "./state.js";

const { GALLERY_ACTIONS } = await import("../../../web/views/gallery/gallery-keys.js");
const { galleryMenuOf } = await import("../../../web/views/gallery/gallery-menu.js");
const { NO_SELECTION, selectRange } = await import("../../../web/state/image-selection.js");

/** The menu of a gallery with two images, the first in focus. */
function menu({ selected = [], source = {}, keys = {} } = {}) {
  const base = stateWith({ place: "gallery", keys });
  const items = new Map([[0, { id: "a" }], [1, { id: "b" }]]);
  const list = { ...base.gallery.list, items, total: 2, filter: { ...base.gallery.list.filter, ...source } };
  const selection = selected.length ? selectRange(NO_SELECTION, selected, false) : NO_SELECTION;
  const requests = [];
  const { label, groups } = galleryMenuOf({ ...base, gallery: { ...base.gallery, list, focus: 0, selection } }, (...request) => requests.push(request));
  const rows = groups.flat();
  const press = (start) => rows.find((row) => row.label.startsWith(start)).perform();
  return { label, rows, labels: rows.map((row) => row.label), press, requests };
}

test("an image has the actions of its keys, with the keys of the user", () => {
  const { label, rows, press, requests } = menu({ keys: { favourite: ["Alt+F"] } });
  assert.equal(label, "Image");
  assert.deepEqual(rows.map((row) => row.label), GALLERY_ACTIONS.filter(({ icon, id }) => icon && id !== "restore-images").map((action) => action.label));
  assert.equal(rows.find((row) => row.label === "Favourite").keys, "Alt F");
  for (const row of ["Open", "Use", "Favourite", "Select", "Delete"]) press(row);
  assert.deepEqual(requests, [
    ["open-on-wall", { asset: "a" }],
    ["use-as-input", { assets: ["a"] }],
    ["toggle-favourite", {}],
    ["pick-image", { index: 0, toggle: true }],
    ["trash-images", {}],
  ]);
});

test("a selection has the actions that apply to many images", () => {
  const { label, labels, press, requests } = menu({ selected: ["a", "b"] });
  assert.equal(label, "2 images");
  assert.ok(!labels.includes("Open on the wall") && !labels.includes("Replay"));
  press("Use");
  assert.deepEqual(requests, [["use-as-input", { assets: ["a", "b"] }]]);
});

test("the trash offers to restore, and nothing that concerns listed images", () => {
  const { labels } = menu({ source: { deleted: ["true"] } });
  assert.ok(labels.includes("Restore from the trash") && labels.includes("Delete"));
  for (const label of ["Open on the wall", "Favourite", "Download as zip"]) assert.ok(!labels.includes(label), label);
});
