// The word list: the model's words first, suggestions that it cannot draw hidden, all of the rest listed.
import assert from "node:assert/strict";
import { test } from "node:test";

import "./dom.js";
import { stateWith } from "./state.js";

const { WordList } = await import("../../../web/bricks/word-list.js");

const MODEL = { id: "small", label: "Small", present: true, vocabulary: {}, examples: ["a red cat"], modes: {} };
const category = (id, words, parts = {}) => ({ id, label: id, words, own: [], unknown: [], of_model: false, ...parts });
const numbered = (name, count) => Array.from({ length: count }, (_, index) => `${name} ${index}`);

/** An open word list, its requests and its texts. */
function opened(categories, model = MODEL) {
  const calls = [];
  const call = (name) => (...values) => calls.push([name, ...values]);
  const list = new WordList({ opened: call("opened"), take: call("take"), replace: call("replace"), add: call("add"), remove: call("remove") });
  list.popover.matches = () => true;
  document.body.replaceChildren(list.popover);
  list.draw(stateWith({ wordCategories: { [model?.present ? model.id : ""]: categories } }), model);
  const find = (selector) => [...list.popover.querySelectorAll(selector)];
  const chips = () => find(".word-list button").filter((button) => !button.classList.contains("bare"));
  const tab = (label) => find(".word-tabs button").find((button) => button.textContent === label);
  const search = (text) => {
    const field = list.popover.querySelector("input");
    field.value = text;
    field.dispatchEvent(new Event("input"));
  };
  return { calls, chips, tab, search, find, words: () => chips().map((chip) => chip.textContent) };
}

test("the groups of the model stand in the first tab, and its examples replace the prompt", () => {
  const { find, words, chips, calls } = opened([
    category("model/animals", ["cat"], { of_model: true }),
    category("model/colours", ["red"], { of_model: true }),
    category("mood", ["calm"]),
  ]);
  assert.deepEqual(find(".word-tabs button").map((tab) => tab.textContent), ["Small", "mood"]);
  assert.deepEqual(find("h4").map((title) => title.textContent), ["model/animals", "model/colours", "Example prompts"]);
  assert.deepEqual(words(), ["cat", "red", "a red cat"]);
  chips()[0].click();
  chips()[2].click();
  assert.deepEqual(calls.slice(-2), [["take", "cat"], ["replace", "a red cat"]]);
});

test("suggestions that the model cannot draw are hidden and counted, own words are marked", () => {
  const { tab, words, find } = opened([
    category("model/animals", ["cat"], { of_model: true }),
    category("mood", ["calm", "misty"], { own: ["drowsy"], unknown: ["misty", "drowsy"] }),
    category("camera", ["wide angle"], { unknown: ["wide angle"] }),
  ]);
  assert.deepEqual(find(".word-tabs button").map((button) => button.textContent), ["Small", "mood"]);
  tab("mood").click();
  assert.deepEqual(words(), ["drowsyunknown", "calm"]);
  assert.ok(find(".note").some((note) => note.textContent === "Hidden: 2 suggestions that Small cannot draw."));
});

test("every word of a long list is there, and a search goes through all categories", () => {
  const { words, search, find } = opened([category("a", numbered("first", 700)), category("b", [...numbered("second", 3), "FIRST light"])], { ...MODEL, examples: [] });
  assert.equal(words().length, 700);
  search("first");
  assert.equal(words().length, 701);
  assert.deepEqual(find("h4").map((title) => title.textContent), ["a", "b"]);
  search("nothing like it");
  assert.deepEqual(words(), []);
  assert.ok(find(".note").some((note) => note.textContent === "No word contains “nothing like it”."));
});

test("a model without a vocabulary hides nothing", () => {
  const { words, find } = opened([category("mood", ["calm", "misty"])], null);
  assert.deepEqual(words(), ["calm", "misty"]);
  assert.ok(find(".note").every((note) => note.hidden));
});
