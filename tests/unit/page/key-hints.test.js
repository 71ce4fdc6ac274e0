// The keys beside labels and in tooltips follow the bindings of the user.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

import "./dom.js";
import { stateWith } from "./state.js";

const { ACTIONS } = await import("../../../web/views/key-bindings.js");
const { KeyTitles } = await import("../../../web/views/key-hints.js");
const { h, custom } = await import("../../../web/elements/dom.js");

test("keys beside a label are those of the user; without keys nothing is shown", () => {
  const hint = custom("qp-key-hint", { "data-keys": "press-strong" });
  hint.render(stateWith({}));
  assert.equal(hint.textContent, "Ctrl ↵");
  hint.render(stateWith({ keys: { "press-strong": ["Alt+J"] } }));
  assert.deepEqual([hint.textContent, hint.hidden], ["Alt J", false]);
  hint.render(stateWith({ keys: { "press-strong": [] } }));
  assert.deepEqual([hint.textContent, hint.hidden], ["", true]);
});

test("a tooltip gets the keys when it is pointed at, once, whatever the view titles it later", () => {
  let keys = {};
  const root = h("div", {});
  const button = h("button", { title: "Undo", "data-keys": "undo" });
  root.append(button);
  new KeyTitles(() => keys).enable(root);
  const point = () => button.dispatchEvent(new Event("pointerover", { bubbles: true }));
  point();
  point();
  assert.equal(button.title, "Undo (Ctrl Z)");
  keys = { undo: ["Alt+Z"] };
  point();
  assert.equal(button.title, "Undo (Alt Z)");
  button.title = "Undo: Move";
  keys = { undo: [] };
  point();
  assert.equal(button.title, "Undo: Move");
});

test("the page names actions, not keys that can be changed", () => {
  const files = readdirSync("web", { recursive: true }).filter((path) => path.endsWith(".js"));
  const ids = new Set(ACTIONS.map(({ id }) => id));
  const chords = new Set(ACTIONS.filter(({ fixed }) => !fixed).flatMap(({ keys }) => keys.map((chord) => chord.replaceAll("+", " "))));
  for (const path of files) {
    const text = readFileSync(`web/${path}`, "utf8");
    for (const [, id] of text.matchAll(/"data-keys": "([^"]+)"/gu)) assert.ok(ids.has(id), `${path}: ${id}`);
    if (path.endsWith("lightbox.js") || path.endsWith("pane.js") || path.endsWith("editor.js")) continue; // keys of a dialog of its own
    for (const [, label, chord] of text.matchAll(/["`]([A-Z][^"`\n]*?) \(([^"`()\n]{1,16})\)["`]/gu)) assert.ok(!chords.has(chord), `${path}: ${label} (${chord})`);
  }
});
