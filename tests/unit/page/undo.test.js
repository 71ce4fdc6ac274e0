// Undo and redo of every edit of the canvas: random sequences of the requests that elements make.
import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { fragmentOf } from "../../../web/document/fragment.js";
import * as doc from "../../../web/document/workflow.js";
import { MERGE_WITHIN } from "../../../web/state/history.js";
import { libraryEffects } from "../../../web/state/effects/library.js";
import { selectionEffects } from "../../../web/state/effects/selection.js";
import { wallEffects } from "../../../web/state/effects/wall.js";
import { Store } from "../../../web/state/store.js";
import { chance, faultsOf, fitting, randomWall, someIds } from "./chance.js";
import { ENTRIES } from "./state.js";

const EFFECTS = { ...wallEffects, ...selectionEffects };
const OTHERS = new Set(["undo", "redo", "select", "select-all"]); // change no document, or undo it

/** A request with a random detail, null where the wall has nothing to request it for. */
const REQUESTS = {
  "set-prop": ({ brick, draw }) => ({ brick, name: "prompt", value: `text ${draw(50)}` }),
  "set-props": ({ brick, draw }) => ({ brick, props: { prompt: `words ${draw(50)}`, seed: draw(2) ? draw(9) : undefined }, label: "Edit" }),
  "add-brick": ({ draw }) => ({ type: ENTRIES[draw(ENTRIES.length)].name, ...(draw(2) ? { column: draw(4), row: draw(3) } : {}) }),
  "remove-brick": ({ brick }) => ({ brick }),
  "move-brick": ({ brick, draw }) => ({ brick, column: draw(4), row: draw(3), insert: draw(3) === 0 }),
  "nudge-brick": ({ brick, draw }) => ({ brick, dx: draw(3) - 1, dy: draw(3) - 1 }),
  "toggle-brick": ({ brick }) => ({ brick }),
  "toggle-bypass": ({ brick }) => ({ brick }),
  "toggle-exposed": ({ brick, draw }) => ({ brick, name: ["prompt", "seed"][draw(2)] }),
  connect: ({ workflow, draw }) => {
    const wires = fitting(workflow);
    return wires.length ? wires[draw(wires.length)] : null;
  },
  disconnect: ({ workflow, draw }) => (workflow.wires.length ? { to: workflow.wires[draw(workflow.wires.length)].to } : null),
  "drop-wire": ({ brick, workflow, draw }) => {
    const wires = fitting(workflow);
    if (!wires.length) return null;
    const { from, to } = wires[draw(wires.length)];
    return { wire: draw(2) ? { from, type: "" } : { to, type: "" }, brick };
  },
  "wire-by-rule": () => ({}),
  tidy: () => ({}),
  rename: ({ draw }) => ({ name: `wall ${draw(20)}` }),
  "duplicate-brick": ({ brick, workflow }) => (workflow.bricks.length < 30 ? { brick } : null),
  "paste-text": ({ workflow, draw }) => {
    if (workflow.bricks.length > 30) return null;
    const imported = JSON.stringify({ bricks: [{ id: "p", type: "prompt" }] });
    return { text: draw(3) ? JSON.stringify(fragmentOf(workflow, someIds(draw, workflow))) : imported };
  },
};

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout", "Date"] });
  const stored = new Map();
  globalThis.localStorage = { getItem: (key) => stored.get(key) ?? null, setItem: (key, value) => stored.set(key, value) };
});
afterEach(() => {
  mock.timers.reset();
  delete globalThis.localStorage;
});

/** The parts of the page that effects use, without a server's rules: free inputs stay free. */
function context() {
  const store = new Store();
  store.set({ entries: ENTRIES });
  const report = { mapped: 1, approximated: 0, unmapped: 0, skipped: 0, nodes: [], missing: [] };
  const api = {
    wire: async (workflow) => ({ workflow, problems: [] }),
    importFile: async (file) => ({ workflow: JSON.parse(await file.text()), problems: [], report }),
  };
  return { store, api, live: { shared: { flush: async () => {}, remember: () => {} } } };
}

async function randomEdits(page, draw, steps) {
  const names = Object.keys(REQUESTS);
  for (let step = 0; step < steps; step += 1) {
    const { workflow } = page.store.state;
    const name = workflow.bricks.length ? names[draw(names.length)] : "add-brick";
    if (draw(4) === 0) selectionEffects.select(page, { bricks: someIds(draw, workflow) });
    const detail = REQUESTS[name]({ workflow, draw, brick: workflow.bricks[draw(workflow.bricks.length || 1)]?.id });
    mock.timers.tick(draw(2) ? MERGE_WITHIN + 1 : 10);
    if (detail) await EFFECTS[name](page, detail);
    assert.deepEqual(faultsOf(page.store.state.workflow), [], name);
  }
}

test("every request that edits the wall is among the random ones", () => {
  assert.deepEqual(Object.keys(REQUESTS).sort(), Object.keys(EFFECTS).filter((name) => !OTHERS.has(name)).sort());
});

test("any sequence of edits is undone to the first document, and redone to the last", async () => {
  for (let seed = 0; seed < 60; seed += 1) {
    const draw = chance(seed);
    const page = context();
    const first = randomWall(draw, 12);
    page.store.set({ workflow: first });
    await randomEdits(page, draw, 25);
    const last = page.store.state.workflow;
    const seen = [last];
    while (page.store.state.undoLabel) {
      page.store.undo();
      seen.unshift(page.store.state.workflow);
    }
    assert.deepEqual(page.store.state.workflow, first, `seed ${seed}`);
    for (const step of seen.slice(1)) {
      page.store.redo();
      assert.deepEqual(page.store.state.workflow, step, `seed ${seed}`);
    }
    assert.equal(page.store.state.redoLabel, "");
    assert.equal(page.store.state.workflow, last);
  }
});

test("an action on one of the selected bricks concerns them all, as one step", async () => {
  const page = context();
  const bricks = ["a", "b", "c"].map((id, row) => ({ id, type: "generate", props: {}, column: 0, row }));
  page.store.set({ workflow: doc.repair({ bricks, wires: [] }) });
  const before = page.store.state.workflow;
  for (const [name, expected] of [["toggle-bypass", [true, true, undefined]], ["toggle-brick", [true, true, undefined]]]) {
    selectionEffects.select(page, { bricks: ["a", "b"] });
    await EFFECTS[name](page, { brick: "b" });
    const flag = name === "toggle-bypass" ? "bypassed" : "collapsed";
    assert.deepEqual(page.store.state.workflow.bricks.map((brick) => brick[flag]), expected);
    page.store.undo();
    assert.deepEqual(page.store.state.workflow, before);
  }
  await EFFECTS["remove-brick"](page, { brick: "c" });
  assert.equal(page.store.state.workflow.bricks.length, 2, "an unselected brick goes alone");
  await EFFECTS["duplicate-brick"](page, { brick: "a" });
  assert.equal(page.store.state.workflow.bricks.length, 4);
  assert.equal(page.store.state.selected.length, 2, "the copies are selected");
  await EFFECTS["remove-brick"](page, { brick: page.store.state.selected[0] });
  assert.deepEqual(page.store.state.workflow.bricks.map(({ id }) => id), ["a", "b"]);
});

test("an imported and a new workflow are undone, too", async () => {
  const page = context();
  page.store.set({ workflow: doc.repair({ bricks: [{ id: "p", type: "prompt" }], wires: [] }) });
  const first = page.store.state.workflow;
  await libraryEffects["new-wall"](page, {});
  await libraryEffects["import-workflow"](page, { file: new File(['{"bricks": [], "wires": []}'], "a.json") });
  assert.equal(page.store.state.workflow.name, "a");
  page.store.undo();
  page.store.undo();
  assert.equal(page.store.state.workflow, first);
});
