// The context menu: its rows by what is under it, and its keys.
import assert from "node:assert/strict";
import { test } from "node:test";

import "./dom.js";
import { image, stateWith, task, workflow } from "./state.js";

const { ContextMenu, nextRow } = await import("../../../web/elements/menu.js");
const { BRICK_ACTIONS, WIRE_ACTIONS } = await import("../../../web/views/brick-actions.js");
const { menuOf, subjectOf } = await import("../../../web/views/wall-menu.js");

const wall = () => workflow({ p: ["prompt"], g: ["generate"], o: ["image_output"] }, ["p.prompt g.prompt", "g.image o.image"]);
const finished = { g: task("1", { outputs: [image("a", { thumbnail_url: "/thumb/a" })] }) };

/** A menu, its labels, and the requests that its rows make. */
function menu(subject, parts = {}) {
  const requests = [];
  const shown = menuOf(stateWith({ workflow: wall(), tasks: { 1: finished.g }, ...parts }), subject, (...request) => requests.push(request));
  const rows = shown.groups.flat();
  return { ...shown, labels: rows.map(({ label }) => label), requests, press: (label) => rows.find((row) => row.label === label).perform() };
}

test("a brick has the actions of its buttons and keys", () => {
  const { label, labels, press, requests, groups } = menu({ brick: "g" }, { keys: { "bypass-brick": ["Alt+B"] } });
  assert.equal(label, "Generate brick");
  assert.deepEqual(labels, BRICK_ACTIONS.map((action) => action.label));
  assert.equal(groups[0].find((row) => row.label.startsWith("Bypass")).keys, "Alt B");
  press("Duplicate");
  press("Run to here");
  assert.deepEqual(requests, [["duplicate-brick", { brick: "g" }], ["run", { until: "g" }]]);
  assert.ok(!menu({ brick: "p" }).labels.includes("Run to here"), "a value does not run");
});

test("a wire can be removed, led to a new brick or another input, or get a brick on it", () => {
  const { groups, press, requests } = menu({ wire: "p.prompt g.prompt" }, { workflow: workflow({ p: ["prompt"], g: ["generate"], h: ["generate"] }, ["p.prompt g.prompt"]) });
  const own = groups[0].map((row) => row.label);
  assert.deepEqual(own, WIRE_ACTIONS.map((action) => action.label));
  for (const label of own) press(label);
  const wire = { from: "p.prompt", type: "text", taken: "g.prompt" };
  assert.deepEqual(requests, [
    ["show", { name: "palette", wire: { ...wire, through: true } }],
    ["show", { name: "palette", wire }],
    ["disconnect", { from: "p.prompt", to: "g.prompt" }],
  ]);
  groups[1].find(({ label }) => label.startsWith("To Generate 2")).perform();
  assert.deepEqual(requests[3], ["connect", { from: "p.prompt", to: "h.prompt", instead: "g.prompt" }]);
});

test("an image of a result has its own actions before those of its brick", () => {
  const { label, labels, press, requests } = menu({ brick: "o", image: "/thumb/a" });
  assert.equal(label, "Image");
  assert.deepEqual(labels.slice(0, 2), ["Enlarge", "Restore parameters"]);
  assert.ok(labels.includes("Duplicate"));
  press("Restore parameters");
  assert.deepEqual(requests, [["restore-asset", { asset: "a" }]]);
  assert.equal(menu({ brick: "o", image: "/unknown" }).label, "Output brick");
});

test("the empty wall has the actions of the wall; what cannot be done is disabled", () => {
  const { label, groups, press, requests } = menu({});
  assert.equal(label, "Wall");
  assert.ok(groups[0].find((row) => row.label === "Undo").disabled);
  assert.ok(!menu({}, { undoLabel: "Edit" }).groups[0].find((row) => row.label === "Undo").disabled);
  press("Add a brick");
  assert.deepEqual(requests, [["show", { name: "palette" }]]);
});

test("the subject is found from the element under the pointer", () => {
  const brick = document.createElement("div");
  brick.className = "brick";
  brick.setAttribute("class", "brick");
  brick.dataset.brick = "o";
  const picture = document.createElement("button");
  picture.setAttribute("class", "picture");
  const shown = document.createElement("img");
  shown.dataset.source = "/thumb/a";
  picture.append(shown);
  brick.append(picture);
  assert.deepEqual(subjectOf(shown), { brick: "o", image: "/thumb/a" });
  assert.deepEqual(subjectOf(brick), { brick: "o" });
  assert.deepEqual(subjectOf(document.createElement("div")), {});
});

test("arrows, Home, End and first letters move between the rows", () => {
  const labels = ["Duplicate", "Copy", "Cut", "Remove"];
  assert.equal(nextRow(labels, 0, "ArrowUp"), 3);
  assert.equal(nextRow(labels, 3, "ArrowDown"), 0);
  assert.equal(nextRow(labels, 2, "Home"), 0);
  assert.equal(nextRow(labels, 0, "End"), 3);
  assert.equal(nextRow(labels, 0, "c"), 1);
  assert.equal(nextRow(labels, 1, "c"), 2);
  assert.equal(nextRow(labels, 1, "x"), -1);
});

test("a row closes the menu, returns the focus and acts", () => {
  const opener = document.createElement("button");
  document.body.append(opener);
  opener.focus();
  const context = new ContextMenu();
  document.body.append(context.element);
  let acts = 0;
  context.open("Wall", [[{ label: "Off", disabled: true, perform: () => assert.fail() }, { label: "Tidy", perform: () => (acts += 1) }]], { x: 5, y: 7 });
  const row = context.element.querySelectorAll("button")[1];
  assert.equal(document.activeElement, row, "the first row that can be pressed");
  assert.equal(row.getAttribute("role"), "menuitem");
  row.click();
  assert.equal(acts, 1);
  assert.equal(document.activeElement, opener);
});
