// The places of the page: addresses, keys, the strong button, and views that stay.
import assert from "node:assert/strict";
import { test } from "node:test";

import "./dom.js";
import { stateWith, task, workflow } from "./state.js";

const { PLACES, WALL, placeAt, placeNamed } = await import("../../../web/views/places.js");
const { ACTIONS, press } = await import("../../../web/views/key-bindings.js");
const { isPressed } = await import("../../../web/views/keys.js");

test("an address names its place, and one of something else names none", () => {
  for (const { id } of PLACES) assert.equal(placeAt(`#/${id}`), id);
  for (const hash of ["", "#", "#/", "#wall", "#/nowhere", "#/form/wall", "#/wall/more"]) assert.equal(placeAt(hash), "", hash);
  assert.equal(placeNamed("nowhere"), WALL);
});

test("every place has an address, a key and a view of its own", () => {
  for (const name of ["id", "key", "tag", "title"]) {
    assert.equal(new Set(PLACES.map((place) => place[name])).size, PLACES.length, name);
  }
});

test("the key of a place is the key of nothing else there", () => {
  for (const { id, key, title } of PLACES) {
    const event = { key, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false };
    const bound = ACTIONS.filter((action) => isPressed(action, event, {}));
    assert.deepEqual(bound.map(({ label }) => label), [title], id);
  }
});

/** A key press, with the requests that it causes. */
function pressed(parts, key, place = "wall") {
  const requests = [];
  const store = { state: stateWith({ ...parts, place }), keepsDrafts: true };
  const event = { ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, preventDefault: () => {}, ...key };
  press(event, { store, perform: (...request) => requests.push(request) });
  return requests;
}

test("a key opens its place", () => {
  assert.deepEqual(pressed({}, { key: "w" }), [["open-place", { place: "wall" }]]);
  assert.deepEqual(pressed({}, { key: "W", shiftKey: true }), [["wire-by-rule", {}]]);
});

test("Ctrl+Enter presses the strong button where it is ready", () => {
  const wall = workflow({ g: ["generate"] });
  assert.deepEqual(pressed({ workflow: wall }, { key: "Enter", ctrlKey: true }), [["run", {}]]);
  assert.deepEqual(pressed({ workflow: wall, starting: true }, { key: "Enter", ctrlKey: true }), []);
  assert.deepEqual(pressed({}, { key: "Enter", ctrlKey: true }), []);
});

test("the keys of the wall rest in another place", () => {
  assert.deepEqual(pressed({}, { key: "/" }), [["show", { name: "palette" }]]);
  assert.deepEqual(pressed({}, { key: "/" }, "elsewhere"), []);
});

test("the strong button of the wall says Run, and Run again during a run", () => {
  assert.equal(WALL.strong.text(stateWith({})), "Run");
  const running = { results: { g: ["1"] }, tasks: { 1: task("1", { status: "running" }) }, workflow: workflow({ g: ["generate"] }) };
  assert.equal(WALL.strong.text(stateWith(running)), "Run again");
});

test("a view is created at the first visit of its place and stays", async () => {
  await import("../../../web/views/place-views.js");
  const views = document.createElement("qp-place-views");
  document.body.append(views);
  const [frame] = views.childNodes;
  views.render(stateWith({ place: "elsewhere" }));
  assert.equal(frame.childElementCount, 0);
  views.render(stateWith({ place: PLACES[0].id }));
  const [view] = frame.childNodes;
  assert.equal(view.localName, PLACES[0].tag);
  assert.equal(frame.inert, false);
  views.render(stateWith({ place: "elsewhere" }));
  assert.equal(frame.inert, true);
  assert.equal(frame.childNodes[0], view);
});
