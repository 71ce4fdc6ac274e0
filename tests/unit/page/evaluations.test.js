/** Evaluations: images by cell, terms of the columns, blind votes and their tally. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { blindOrder, imageAt, nextVote, tally, termsOf, votableRows } from "../../../web/state/evaluations.js";

/** @typedef {import("../../../web/state/evaluations.js").Evaluation} Evaluation */

const rows = [
  { prompt: "a robot", concept: true, seed: 1 },
  { prompt: "a robot", concept: true, seed: 2 },
  { prompt: "a cat", concept: false, seed: 1 },
  { prompt: "a red robot", concept: true, seed: 1 },
];
const term = (/** @type {string} */ name) => ({ name, label: name.toUpperCase(), value: 0.5, base: 0.4, z: 1 });
const columns = [{ terms: [] }, { terms: [term("fidelity")] }, { terms: [term("fidelity"), term("leakage")] }];
/** @param {number[][]} [votes] @returns {Evaluation} */
const evaluation = (votes = []) => /** @type {Evaluation} */ (/** @type {unknown} */ ({ task_id: "t", images: [..."abcdefghijkl"], votes, report: { rows, columns } }));

test("images lie column by column in the order of rows", () => {
  assert.equal(imageAt(evaluation(), 0, 3), "d");
  assert.equal(imageAt(evaluation(), 2, 0), "i");
  assert.equal(imageAt(evaluation(), 5, 0), undefined);
});

test("each term is listed once, in the order of its first column", () => {
  const listed = termsOf(/** @type {any} */ (columns));
  assert.deepEqual(listed, [
    { name: "fidelity", label: "FIDELITY" },
    { name: "leakage", label: "LEAKAGE" },
  ]);
});

test("one image of every prompt with the concept is voted on, until none is left", () => {
  const { report } = evaluation();
  assert.deepEqual(report && votableRows(report), [0, 3]);
  assert.equal(nextVote(evaluation()), 0);
  assert.equal(nextVote(evaluation([[0, 1]])), 3);
  assert.equal(
    nextVote(
      evaluation([
        [0, 1],
        [3, 2],
      ]),
    ),
    undefined,
  );
});

test("the blind order holds every column, is the same again, and differs between rows", () => {
  const orders = Array.from({ length: 12 }, (_, row) => blindOrder("t", row, 4));
  for (const [row, order] of orders.entries()) {
    assert.deepEqual(order.toSorted(), [0, 1, 2, 3]);
    assert.deepEqual(order, blindOrder("t", row, 4));
  }
  assert.ok(new Set(orders.map(String)).size > 4);
  assert.ok(new Set(orders.map(([first]) => first)).size > 2);
});

test("votes are counted by column", () => {
  assert.deepEqual(
    tally(
      [
        [0, 1],
        [3, 1],
        [4, 0],
        [5, 9],
      ],
      3,
    ),
    [1, 2, 0],
  );
});
