// Wires with a free end: the ports that take them, drops, and the reasons why a drop does not fit.
import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import "./dom.js";
import { portFor, takesWire, whyNot } from "../../../web/document/wiring.js";
import { ENTRIES, stateWith, workflow } from "./state.js";

const { PageController } = await import("../../../web/state/controller.js");
const entry = (name) => ENTRIES.find((item) => item.name === name);
const wall = () => workflow({ p: ["prompt"], t: ["translate"], g: ["generate"], i: ["img2img"], o: ["image_output"] }, ["p.prompt t.prompt", "g.image o.image"]);

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout"] });
  globalThis.localStorage = { getItem: () => null, setItem: () => {} };
});
afterEach(() => {
  mock.timers.reset();
  delete globalThis.localStorage;
});

/** A page, and what a drop does to its wires, its overlay and its messages. */
function page(document = wall()) {
  const controller = new PageController();
  controller.store.set(stateWith({ workflow: document }));
  Object.assign(controller.api, { wire: async (wired) => ({ workflow: wired, problems: [] }) });
  const wires = () => controller.store.state.workflow.wires.map(({ from, to }) => `${from} ${to}`);
  const drop = (detail) => controller.perform("drop-wire", detail);
  return { controller, wires, drop, state: () => controller.store.state };
}

test("the free end of a wire takes a port of its type, on either side", () => {
  const document = wall();
  assert.equal(portFor(ENTRIES, document, { from: "p.prompt", type: "text" }, "g"), "g.prompt");
  assert.equal(portFor(ENTRIES, document, { to: "g.prompt", type: "text" }, "p"), "p.prompt");
  assert.equal(portFor(ENTRIES, document, { from: "p.prompt", type: "text" }, "i"), "");
  assert.equal(portFor(ENTRIES, document, { from: "t.text", type: "text" }, "t"), "", "no circle");
  assert.ok(takesWire(entry("img2img"), { from: "g.image", type: "image" }));
  assert.ok(takesWire(entry("prompt"), { to: "g.prompt", type: "text" }));
  assert.ok(!takesWire(entry("prompt"), { from: "g.image", type: "image" }));
  assert.match(whyNot(ENTRIES, document, "p.prompt", "i.image"), /gives text.*takes image/);
});

test("a wire is dragged backwards, from an input to an output or to a brick", async () => {
  const { drop, wires } = page();
  await drop({ wire: { to: "g.prompt", type: "text" }, port: "p.prompt", side: "out" });
  assert.ok(wires().includes("p.prompt g.prompt"));
  await drop({ wire: { to: "g.prompt", type: "text" }, brick: "t" });
  assert.ok(wires().includes("t.text g.prompt"));
  assert.ok(!wires().includes("p.prompt g.prompt"));
});

test("a drop that does not fit is explained, and changes nothing", async () => {
  const { drop, wires, state } = page();
  const before = wires();
  const drops = [
    [{ wire: { to: "g.prompt", type: "text" }, port: "t.prompt", side: "in" }, /Both ends are inputs/],
    [{ wire: { from: "p.prompt", type: "text" }, port: "g.image", side: "out" }, /Both ends are outputs/],
    [{ wire: { from: "p.prompt", type: "text" }, port: "i.image", side: "in" }, /takes image/],
    [{ wire: { from: "p.prompt", type: "text" }, brick: "o" }, /Output has no input of the type text/],
    [{ wire: { to: "g.prompt", type: "text" }, brick: "i" }, /has no output of the type text/],
  ];
  for (const [detail, reason] of drops) {
    await drop(detail);
    assert.match(state().toasts.at(-1).text, reason);
    assert.equal(state().toasts.at(-1).tone, "warn");
  }
  for (const detail of [{ wire: { from: "p.prompt", type: "text" }, brick: "p" }, { wire: { from: "p.prompt", type: "text" }, port: "p.prompt", side: "out" }]) await drop(detail);
  assert.deepEqual(wires(), before);
});

test("on an empty spot the palette opens, for an existing wire and backwards, too", async () => {
  const { controller, drop, wires, state } = page();
  const taken = { from: "g.image", type: "image", taken: "o.image" };
  await drop({ wire: taken });
  assert.deepEqual(state().overlay, { name: "palette", wire: taken });
  assert.ok(wires().includes("g.image o.image"), "the wire stays until a brick is chosen");
  await controller.perform("add-brick", { type: "img2img", wire: taken });
  const added = state().workflow.bricks.find(({ id, type }) => type === "img2img" && id !== "i").id;
  assert.ok(wires().includes(`g.image ${added}.image`));
  assert.ok(!wires().includes("g.image o.image"));
  const back = { to: "g.prompt", type: "text" };
  await drop({ wire: back });
  await controller.perform("add-brick", { type: "prompt", wire: back });
  const prompt = state().workflow.bricks.find(({ id, type }) => type === "prompt" && id !== "p");
  assert.ok(wires().includes(`${prompt.id}.prompt g.prompt`));
  assert.ok(prompt.column < state().workflow.bricks.find(({ id }) => id === "g").column);
});
