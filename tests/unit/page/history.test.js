// Undo and redo against a plain list of documents.
import assert from "node:assert/strict";
import { test } from "node:test";

import { History, MERGE_WITHIN } from "../../../web/state/history.js";

const wall = (...results) => ({ savedName: null, savedWorkflow: null, savedAt: null, results: { g: results } });
const WALL = wall();
const document = (number) => ({ name: String(number) });

test("undo goes back step by step and redo forth again", () => {
  const history = new History();
  for (let at = 1; at <= 5; at += 1) {
    history.push(`step ${at}`, "", document(at - 1), document(at), at * 10_000);
  }
  const back = [1, 2, 3, 4, 5].map(() => history.undo(WALL)?.workflow.name);
  assert.deepEqual(back, ["4", "3", "2", "1", "0"]);
  assert.equal(history.undo(WALL), null);
  const forth = [1, 2, 3, 4, 5].map(() => history.redo(WALL)?.workflow.name);
  assert.deepEqual(forth, ["1", "2", "3", "4", "5"]);
  assert.equal(history.redo(WALL), null);
});

test("typing in one field is one step while it goes on", () => {
  const history = new History();
  history.push("Prompt", "a.prompt", document(0), document(1), 0);
  history.push("Prompt", "a.prompt", document(1), document(2), MERGE_WITHIN - 1);
  history.push("Prompt", "a.prompt", document(2), document(3), 2 * MERGE_WITHIN);
  assert.equal(history.undo(WALL)?.workflow.name, "2");
  assert.equal(history.undo(WALL)?.workflow.name, "0");
});

test("fields are not merged with each other", () => {
  const history = new History();
  history.push("Prompt", "a.prompt", document(0), document(1), 0);
  history.push("Avoid", "a.negative_prompt", document(1), document(2), 1);
  assert.equal(history.undo(WALL)?.workflow.name, "1");
});

test("a new step ends what could be redone", () => {
  const history = new History();
  history.push("one", "", document(0), document(1), 0);
  history.undo(WALL);
  history.push("two", "", document(0), document(2), 1);
  assert.equal(history.redo(WALL), null);
  assert.equal(history.undoLabel, "two");
});

test("a step is not merged with one that was redone", () => {
  const history = new History();
  history.push("Prompt", "a.prompt", document(0), document(1), 100);
  history.undo(WALL);
  history.redo(WALL);
  history.push("Prompt", "a.prompt", document(1), document(2), 600);
  assert.equal(history.undo(WALL)?.workflow.name, "1");
});

test("a step that opens a document exchanges the attributes of both", () => {
  const history = new History();
  history.push("Open", "", document(0), document(1), 0, wall("old"));
  history.push("Edit", "", document(1), document(2), 10_000);
  assert.equal(history.undo(wall("new"))?.wall, null);
  assert.deepEqual(history.undo(wall("new")), { workflow: document(0), wall: wall("old") });
  assert.deepEqual(history.redo(wall("older", "old")), { workflow: document(1), wall: wall("new") });
  assert.deepEqual(history.undo(wall("new"))?.wall, wall("older", "old"));
});
