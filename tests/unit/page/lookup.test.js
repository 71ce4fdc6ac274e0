// Keyed lookups in the lists of a snapshot.
import assert from "node:assert/strict";
import { test } from "node:test";

import { entryNamed, portOfField, withId } from "../../../web/document/lookup.js";

test("an item is found by its id, and an unknown id finds nothing", () => {
  const models = [{ id: "nano" }, { id: "sdxl" }];
  assert.equal(withId(models, "sdxl"), models[1]);
  assert.equal(withId(models, "flux"), undefined);
  assert.equal(withId(models, undefined), undefined);
});

test("the first of two items with one id is found, as in a search from the start", () => {
  const models = [{ id: "nano", label: "first" }, { id: "nano", label: "second" }];
  assert.equal(withId(models, "nano").label, "first");
});

test("a list is read once, however many lookups follow", () => {
  let reads = 0;
  const models = Array.from({ length: 50 }, (_, n) => ({
    get id() {
      reads += 1;
      return `model-${n}`;
    },
  }));
  for (let n = 0; n < 50; n += 1) withId(models, `model-${n}`);
  assert.equal(reads, 50);
});

test("a list that replaces another is looked up anew", () => {
  const before = [{ name: "generate", title: "Before" }];
  const after = [{ name: "generate", title: "After" }];
  assert.equal(entryNamed(before, "generate").title, "Before");
  assert.equal(entryNamed(after, "generate").title, "After");
});

test("a parameter belongs to the port that lists it", () => {
  const entry = { inputs: [{ name: "image", fields: ["image"] }, { name: "settings", fields: ["width", "height"] }] };
  assert.equal(portOfField(entry, "height").name, "settings");
  assert.equal(portOfField(entry, "seed"), undefined);
  assert.equal(portOfField(undefined, "seed"), undefined);
});
