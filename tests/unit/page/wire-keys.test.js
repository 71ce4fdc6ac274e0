// Wires by keyboard: focused from their brick, in order, removed, and led through a new brick.
import assert from "node:assert/strict";
import { test } from "node:test";

import "./dom.js";
import { stateWith, workflow } from "./state.js";

globalThis.SVGPathElement ??= class {};
const { WireKeys } = await import("../../../web/views/wire-keys.js");
const { endName, reroutes, wireName, wiresInOrder } = await import("../../../web/state/selectors/wires.js");
const { PageController } = await import("../../../web/state/controller.js");

/** The wall with a column for each brick. */
const inColumns = (wall) => ({ ...wall, bricks: wall.bricks.map((brick, column) => ({ ...brick, column, row: 0 })) });
const WALL = inColumns(workflow({ p: ["prompt"], g: ["generate"], h: ["generate"], o: ["image_output"] }, ["h.image o.image", "p.prompt g.prompt"]));

/** Keys on the wires of a wall; `focused` is what has the focus. */
function keyboard(state = stateWith({ workflow: WALL })) {
  let focused = "";
  const requests = [];
  const wires = { focus: ({ from, to }) => ((focused = `${from} ${to}`), true), openMenu: () => ((focused = "menu"), true) };
  const keys = new WireKeys(wires, (...request) => requests.push(request), (brick) => (focused = brick));
  const press = (key) => {
    const target = Object.assign(new SVGPathElement(), { dataset: { wire: focused } });
    let taken = false;
    keys.press({ key, target, preventDefault: () => (taken = true), stopPropagation: () => {} }, state);
    return taken;
  };
  return { enter: (brick) => keys.enter(brick, state), press, requests, focused: () => focused };
}

test("the wires of a brick are entered, walked along and left again", () => {
  const { enter, press, focused } = keyboard();
  assert.ok(enter("h"));
  assert.equal(focused(), "h.image o.image");
  assert.ok(press("ArrowRight"));
  assert.equal(focused(), "p.prompt g.prompt", "after the last comes the first");
  press("ArrowLeft");
  assert.equal(focused(), "h.image o.image");
  press("Escape");
  assert.equal(focused(), "h");
  assert.equal(keyboard(stateWith({ workflow: workflow({ p: ["prompt"] }, []) })).enter("p"), false);
});

test("keys remove the wire in focus, put a brick on it and open its menu; others are left to the page", () => {
  const { enter, press, requests, focused } = keyboard();
  enter("p");
  assert.equal(press("z"), false);
  press("/");
  assert.deepEqual(requests.pop(), ["show", { name: "palette", wire: { from: "p.prompt", type: "text", taken: "g.prompt", through: true } }]);
  press("Delete");
  assert.deepEqual(requests.pop(), ["disconnect", { from: "p.prompt", to: "g.prompt" }]);
  assert.equal(focused(), "p", "the wire is gone");
  enter("p");
  press("Enter");
  assert.equal(focused(), "menu");
});

test("a wire is named by its ends, numbered among bricks of one type", () => {
  const state = stateWith({ workflow: WALL });
  assert.deepEqual(wiresInOrder(state).map(({ from }) => from), ["p.prompt", "h.image"]);
  assert.match(wireName(state, { from: "p.prompt", to: "g.prompt" }), /^Wire from Prompt.* to Generate 1/u);
  assert.match(endName(state, "h.image", "outputs"), /^Generate 2/u);
  const others = reroutes(state, { from: "p.prompt", to: "g.prompt" });
  assert.ok(others.some(({ from, to }) => from === "p.prompt" && to === "h.prompt"));
  assert.ok(others.every(({ from, to }) => from === "p.prompt" || to === "g.prompt"));
});

test("a brick that is put on a wire takes it and gives it on, in one step", async () => {
  const controller = new PageController();
  const wall = inColumns(workflow({ g: ["generate"], o: ["image_output"] }, ["g.image o.image"]));
  controller.store.set(stateWith({ workflow: wall }));
  controller.api.wire = async (document) => ({ workflow: document, problems: [] });
  await controller.perform("add-brick", { type: "img2img", wire: { from: "g.image", type: "image", taken: "o.image", through: true } });
  const { bricks, wires } = controller.store.state.workflow;
  const added = bricks.find(({ type }) => type === "img2img");
  assert.deepEqual(wires.map(({ from, to }) => `${from} ${to}`).sort(), [`${added.id}.image o.image`, `g.image ${added.id}.image`].sort());
  assert.deepEqual(bricks.map(({ id, column }) => [id === added.id ? "new" : id, column]).sort(), [["g", 0], ["new", 1], ["o", 2]]);
});
