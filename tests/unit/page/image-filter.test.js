// The filter of the gallery: its query, its tokens, what is typed.
import assert from "node:assert/strict";
import { test } from "node:test";

import {
  bulkFilter,
  daysOfMonth,
  FACETS,
  filterQuery,
  isNarrowed,
  NO_FILTER,
  parseToken,
  sourceFilter,
  sourceOf,
  toggled,
  valuesOf,
  withMonths,
  withoutTokens,
  withValues,
} from "../../../web/document/image-filter.js";
import { datesText, tokensOf, withoutToken } from "../../../web/document/image-tokens.js";

test("a value of a facet is added, and removed by the same press", () => {
  for (const { name } of FACETS) {
    const once = toggled(NO_FILTER, name, "a");
    const twice = toggled(once, name, "b");
    assert.deepEqual(valuesOf(twice, name), ["a", "b"]);
    assert.deepEqual(toggled(toggled(twice, name, "a"), name, "b"), NO_FILTER);
  }
});

test("a query repeats the values of a facet, and names the kinds and the time zone", () => {
  const filter = withValues(toggled(toggled(NO_FILTER, "tag", "night"), "tag", "a & b"), "q", "red house");
  const query = filterQuery(filter, { offset: 100 });
  assert.deepEqual(query.getAll("tag"), ["night", "a & b"]);
  assert.equal(query.get("q"), "red house");
  assert.equal(query.get("offset"), "100");
  assert.deepEqual(query.getAll("kind"), ["image", "svg"]);
  assert.equal(query.get("timezone"), Intl.DateTimeFormat().resolvedOptions().timeZone);
  assert.deepEqual(bulkFilter(filter).tag, ["night", "a & b"]);
});

test("a source is kept when the tokens are cleared", () => {
  for (const [name, value] of [["favourite", "true"], ["deleted", "true"], ["collection", "c1"]]) {
    const filter = toggled(withValues(sourceFilter(name, value), "q", "house"), "model", "nano");
    assert.deepEqual(sourceOf(filter), { name, value });
    assert.equal(isNarrowed(filter), true);
    assert.deepEqual(withoutTokens(filter), sourceFilter(name, value));
    assert.equal(isNarrowed(withoutTokens(filter)), false);
  }
  assert.deepEqual(sourceOf(NO_FILTER), { name: "", value: "" });
});

test("each token names what it narrows, and removing all tokens leaves no filter", () => {
  const labels = { model: [{ value: "nano", label: "Nano · built in" }] };
  let filter = withMonths(toggled(toggled(toggled(NO_FILTER, "model", "nano"), "rating", "5"), "seed", "701"), "2024-09", "2024-11");
  const tokens = tokensOf(filter, labels);
  assert.deepEqual(tokens.map(({ text }) => text), ["Rating 5", "Nano · built in", "Seed 701", "Sep 2024 – Nov 2024"]);
  for (const token of tokens) filter = withoutToken(filter, token);
  assert.deepEqual(filter, NO_FILTER);
});

test("typed tokens are read, words are not", () => {
  assert.deepEqual(parseToken("#night"), { name: "tag", value: "night" });
  assert.deepEqual(parseToken("seed:701"), { name: "seed", value: "701" });
  assert.deepEqual(parseToken("LoRA:robot r8"), { name: "lora", value: "robot r8" });
  for (const words of ["a red house", "night", "http://x", "who:me", "seed:", "#"]) assert.equal(parseToken(words), null, words);
});

test("a month spans its days, in leap years too, in either order", () => {
  assert.deepEqual(daysOfMonth("2024-02"), { from: "2024-02-01", to: "2024-02-29" });
  assert.deepEqual(daysOfMonth("2026-12"), { from: "2026-12-01", to: "2026-12-31" });
  assert.deepEqual(withMonths(NO_FILTER, "2026-03", "2026-01"), withMonths(NO_FILTER, "2026-01", "2026-03"));
});

test("dates are whole months where they are, else days", () => {
  assert.equal(datesText("2024-09-01", "2024-09-30"), "Sep 2024");
  assert.equal(datesText("2024-09-02", undefined), "since Sep 2, 2024");
  assert.equal(datesText(undefined, "2024-09-30"), "until Sep 2024");
});
