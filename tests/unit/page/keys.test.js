// Chords of keys, the bindings of the user, and their conflicts.
import assert from "node:assert/strict";
import { test } from "node:test";

import "./dom.js";
import { chordOf, chordsOf, conflicts, isPressed, keysText, partsOf } from "../../../web/views/keys.js";
import { stateWith } from "./state.js";

const { ACTIONS, press } = await import("../../../web/views/key-bindings.js");
const { Shortcuts } = await import("../../../web/views/shortcuts.js");
const named = (id) => ACTIONS.find((action) => action.id === id);

test("a chord is written the same on every keyboard", () => {
  const cases = [
    [{ key: "z", ctrlKey: true }, "Ctrl+Z"],
    [{ key: "Z", metaKey: true, shiftKey: true }, "Ctrl+Shift+Z"],
    [{ key: "!", code: "Digit1", shiftKey: true }, "Shift+1"],
    [{ key: "?", code: "Slash", shiftKey: true }, "?"],
    [{ key: ">", code: "Period", ctrlKey: true, shiftKey: true }, "Ctrl+Shift+."],
    [{ key: "+", shiftKey: true }, "+"],
    [{ key: " " }, "Space"],
    [{ key: "Escape" }, "Esc"],
    [{ key: "ArrowUp", altKey: true }, "Alt+Up"],
    [{ key: "Shift", shiftKey: true }, ""],
  ];
  for (const [event, chord] of cases) assert.equal(chordOf(event), chord);
  assert.deepEqual(partsOf("Ctrl++"), ["Ctrl", "+"]);
  assert.equal(keysText(named("redo")), "Ctrl Shift Z, Ctrl Y");
});

test("every action has an id of its own, and no two have the same keys in one place", () => {
  assert.equal(new Set(ACTIONS.map(({ id }) => id)).size, ACTIONS.length);
  for (const action of ACTIONS.filter(({ fixed }) => !fixed)) {
    for (const chord of action.keys) assert.deepEqual(conflicts(ACTIONS, action, chord, {}).map(({ id }) => id), [], `${action.id} ${chord}`);
  }
});

test("the keys of the user replace the defaults", () => {
  const bindings = { save: ["Alt+S"], tidy: [] };
  const requests = [];
  const store = { state: stateWith({ keys: bindings, place: "wall" }), keepsDrafts: true };
  const pressed = (event) => press({ preventDefault: () => {}, ...event }, { store, perform: (name) => requests.push(name) });
  pressed({ key: "s", ctrlKey: true });
  pressed({ key: "s", altKey: true });
  pressed({ key: "T", shiftKey: true });
  assert.deepEqual(requests, ["save"]);
  assert.deepEqual(chordsOf(named("tidy"), bindings), []);
  assert.ok(!isPressed(named("tidy"), { key: "T", shiftKey: true }, bindings));
});

/** An open sheet, whose requests change its state, with a way to press the keys of an action. */
function sheet() {
  const shortcuts = document.createElement("qp-shortcuts");
  assert.ok(shortcuts instanceof Shortcuts);
  let state = stateWith({ overlay: { name: "shortcuts" } });
  shortcuts.request = (name, detail) => {
    assert.equal(name, "set-keys");
    state = { ...state, keys: detail.keys };
    shortcuts.render(state);
  };
  document.body.append(shortcuts);
  shortcuts.render(state);
  const row = (label) => [...shortcuts.dialog.querySelectorAll(".sheet-row")].find((element) => element.firstElementChild.textContent === label);
  const type = (event) => {
    const sent = new Event("keydown", { bubbles: true });
    Object.assign(sent, { ...event, preventDefault: () => {}, stopPropagation: () => {} });
    shortcuts.dialog.dispatchEvent(sent);
  };
  const bind = (label, event) => {
    row(label).querySelector(".keys-change").click();
    type(event);
  };
  return { bind, row, dialog: shortcuts.dialog, keys: () => state.keys, notice: () => shortcuts.dialog.querySelector(".keys-notice").textContent };
}

test("keys are changed, and reset, in the sheet", () => {
  const { bind, row, keys, notice } = sheet();
  bind("Save", { key: "j", ctrlKey: true });
  assert.deepEqual(keys(), { save: ["Ctrl+J"] });
  assert.match(notice(), /Save.*Ctrl\+J/);
  row("Save").querySelector(".bare").click();
  assert.deepEqual(keys(), {});
  bind("Save", { key: "Escape" });
  assert.deepEqual(keys(), {});
  bind("Save", { key: "Delete" });
  assert.deepEqual(keys(), { save: [] });
});

test("a conflict is said, and the other action loses the keys only when that is chosen", () => {
  const { bind, dialog, keys, notice } = sheet();
  bind("Toggle theme", { key: "p" });
  assert.match(notice(), /P is used by “Pause or resume the queue”/);
  assert.deepEqual(keys(), {});
  [...dialog.querySelectorAll("button")].find(({ textContent }) => textContent === "Use it here").click();
  assert.deepEqual(keys(), { "pause-queue": [], "toggle-theme": ["P"] });
});
