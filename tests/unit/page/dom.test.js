// Construction and reconciliation of nodes.
import assert from "node:assert/strict";
import { test } from "node:test";

import "./dom.js";
import { fill, h, reconcile, say, show } from "../../../web/elements/dom.js";

const keyed = (parent, keys, made = []) =>
  reconcile(parent, keys, String, (key) => (made.push(key), h("li", {}, key)));

test("data becomes text and attributes, never elements", () => {
  const hostile = "<img src=x onerror=alert(1)>";
  const node = h("p", { title: hostile }, hostile, null, false);
  assert.equal(node.textContent, hostile);
  assert.equal(node.getAttribute("title"), hostile);
  assert.equal(node.children.length, 0);
});

test("attributes that are functions listen, false and null are left out", () => {
  let clicks = 0;
  const button = h("button", { onclick: () => (clicks += 1), hidden: false, title: null, disabled: false });
  button.click();
  assert.equal(clicks, 1);
  assert.deepEqual([...button.attributes.keys()], []);
});

test("a list that changes keeps the nodes of the items that stay", () => {
  const list = h("ul", {});
  keyed(list, ["a", "b", "c"]);
  const [a, b, c] = list.children;
  const made = [];
  keyed(list, ["c", "a", "d"], made);
  assert.deepEqual(list.children.map((item) => item.textContent), ["c", "a", "d"]);
  assert.deepEqual([list.children[0], list.children[1]], [c, a]);
  assert.equal(b.parentNode, null);
  assert.deepEqual(made, ["d"]);
});

test("a list that did not change moves nothing", () => {
  const list = h("ul", {});
  keyed(list, ["a", "b", "c"]);
  list.insertBefore = () => assert.fail("a node was moved");
  keyed(list, ["a", "b", "c"]);
});

test("text, values and visibility are written only where they differ", () => {
  const input = h("input", { value: "same" });
  let writes = 0;
  const watched = { get value() { return input.value; }, set value(text) { writes += 1; input.value = text; } };
  fill(watched, "same");
  fill(watched, "other");
  assert.equal(writes, 1);
  const line = h("p", {}, "same");
  const [node] = line.childNodes;
  say(line, "same");
  assert.equal(line.childNodes[0], node);
  show(line, false);
  assert.ok(line.hidden);
});
