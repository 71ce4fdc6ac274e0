// The count of a prompt's tokens and its unknown words: requested for each text, shown below it.
import assert from "node:assert/strict";
import { test } from "node:test";

import "./dom.js";
import { ENTRIES, stateWith, workflow } from "./state.js";

const { createBrick } = await import("../../../web/bricks/catalogue.js");
const { describe } = await import("../../../web/bricks/token-count.js");

const MODEL = { id: "nano", label: "Nano", present: true, lacks: [], vaes: [], memory: null, modes: { generate: { parameters: [], defaults: {} } } };
const CUT = { window: 77, long_prompt: "cut" };
const CHUNKS = { window: 77, long_prompt: "chunks" };
const count = (tokens, parts = {}) => ({ tokens, varies: false, ignored: null, unknown: [], ...parts });

/** A prompt brick, the requests that it makes, and the text of its note. */
function mounted(prompt, parts = {}) {
  const state = stateWith({ models: [MODEL], workflow: workflow({ p: ["prompt", { prompt }] }), ...parts });
  const element = createBrick(ENTRIES[0], "p");
  const requests = [];
  element.addEventListener("qp-request", ({ detail }) => requests.push([detail.name, detail.detail]));
  document.body.replaceChildren(element);
  element.render(state);
  const counted = () => requests.filter(([name]) => name === "count-tokens").map(([, detail]) => JSON.parse(detail.question));
  const words = () => element.querySelector(".unknown-words");
  return { counted, requests, words, note: () => element.querySelector(".token-count"), render: (more) => element.render({ ...state, ...more }) };
}

test("a text is counted once, for the model of the brick", () => {
  const { counted, render } = mounted("a house");
  render({ system: null });
  assert.deepEqual(counted(), [{ model: "nano", prompt: "a house" }]);
  render({ workflow: workflow({ p: ["prompt", { prompt: "a castle" }] }) });
  assert.equal(counted().length, 2);
});

test("the styles of the operation that draws a text count with it", () => {
  const bricks = { p: ["prompt", { prompt: "a house" }], s: ["style_stack", { styles: ["ink", "film"] }], g: ["generate"] };
  const wired = ["p.prompt g.prompt", "s.styles g.styles"];
  const { counted, render } = mounted("a house", { workflow: workflow(bricks, wired) });
  assert.deepEqual(counted().pop(), { model: "nano", prompt: "a house", styles: ["ink", "film"] });
  render({ workflow: workflow(bricks, wired.slice(0, 1)) });
  assert.deepEqual(counted().pop(), { model: "nano", prompt: "a house" });
  render({ workflow: workflow({ ...bricks, g: ["generate", { styles: ["own"] }] }, wired.slice(0, 1)) });
  assert.deepEqual(counted().pop(), { model: "nano", prompt: "a house", styles: ["own"] });
});

test("an empty prompt and a model that is not downloaded are not counted", () => {
  assert.deepEqual(mounted("").counted(), []);
  assert.deepEqual(mounted("a house", { models: [{ ...MODEL, present: false }] }).counted(), []);
});

test("the count is shown when it arrives, and hidden with the text", () => {
  const { note, render } = mounted("a house");
  assert.ok(note().hidden);
  const tokenCounts = { p: { question: "", ...CUT, texts: { prompt: count(9) } } };
  render({ tokenCounts });
  assert.deepEqual([note().textContent, note().hidden], ["9 / 77 tokens", false]);
  render({ tokenCounts, workflow: workflow({ p: ["prompt", { prompt: "" }] }) });
  assert.ok(note().hidden);
});

test("what has no effect is a warning, and chunks are none", () => {
  assert.deepEqual(describe(CUT, count(77)), { text: "77 / 77 tokens", warn: false });
  assert.deepEqual(describe(CUT, count(78)), { text: "78 / 77 tokens · the rest has no effect", warn: true });
  assert.deepEqual(describe(CHUNKS, count(78)), { text: "78 / 77 tokens · in 2 chunks", warn: false });
  const whole = { window: 77, long_prompt: /** @type {const} */ ("whole") };
  assert.deepEqual(describe(whole, count(78)), { text: "78 / 77 tokens", warn: false });
  assert.deepEqual(describe(CHUNKS, count(152)), { text: "152 / 77 tokens · in 2 chunks", warn: false });
  assert.deepEqual(describe(CUT, count(9, { varies: true })), { text: "about 9 / 77 tokens", warn: false });
  assert.deepEqual(describe(CUT, count(9, { ignored: "(a:2)" })), { text: "9 / 77 tokens · (a:2) is read as text", warn: true });
});

test("unknown words are listed in text, and a click puts the nearest known one in their place", () => {
  const { words, requests, render } = mounted("a castel, a Castel by castels");
  assert.ok(words().hidden);
  const unknown = [{ word: "castel", nearest: "castle" }, { word: "giraffe", nearest: null }];
  render({ tokenCounts: { p: { question: "", ...CUT, texts: { prompt: count(9, { unknown }) } } } });
  assert.equal(words().hidden, false);
  assert.equal(words().textContent, "Not in the vocabulary of Nano:castel → castlegiraffe");
  words().querySelector("button").click();
  const props = { prompt: "a castle, a castle by castels" };
  assert.deepEqual(requests.at(-1), ["set-props", { brick: "p", props, label: "Replace castel" }]);
  render({ tokenCounts: { p: { question: "", ...CUT, texts: { prompt: count(9) } } } });
  assert.ok(words().hidden);
});
