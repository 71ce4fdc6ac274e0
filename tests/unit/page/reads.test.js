// Recorded reads: a subscriber renders when a part that it read has changed, and only then.
import assert from "node:assert/strict";
import { test } from "node:test";

import { feeding, find, setProps, withWires } from "../../../web/document/workflow.js";
import { exposedFields } from "../../../web/document/exposure.js";
import { modelDownstream } from "../../../web/state/selectors/models.js";
import { currentTask, inputPictures, unfinishedTasks } from "../../../web/state/selectors/tasks.js";
import { brickSummary } from "../../../web/state/selectors/summary.js";
import { fitQuery } from "../../../web/state/selectors/fit.js";
import { Store } from "../../../web/state/store.js";
import { ENTRIES, image, KINDS, task, workflow } from "./state.js";

const turn = () => new Promise((done) => setImmediate(done));
const WALL = workflow(
  { p: ["prompt", { prompt: "a house" }], q: ["prompt", {}], g: ["generate", {}], o: ["image_output"] },
  ["p.prompt g.prompt", "g.image o.image"],
);

/** A store with the wall above, and the number of renders of a subscriber that reads with `read`. */
function subscribed(read) {
  const store = new Store();
  store.set({ workflow: WALL, entries: ENTRIES, kinds: KINDS });
  const seen = [];
  const { signal } = new AbortController();
  store.subscribe({ render: (state) => seen.push(read(state)), signal });
  return { store, seen };
}

/** @param {Record<string, Function>} readers by what they read @param {(store: Store) => void} change @returns those that rendered again */
async function rendered(readers, change) {
  const all = Object.entries(readers).map(([name, read]) => ({ name, ...subscribed(read) }));
  for (const { store } of all) change(store);
  await turn();
  return all.filter(({ seen }) => seen.length > 1).map(({ name }) => name);
}

test("a subscriber renders when a part that it read has changed, and not for others", async () => {
  const readers = { queueOpen: (state) => state.queueOpen, theme: (state) => state.theme, nothing: () => 0 };
  assert.deepEqual(await rendered(readers, (store) => store.set({ queueOpen: true })), ["queueOpen"]);
  assert.deepEqual(await rendered(readers, (store) => store.set({ queueOpen: false })), []);
});

test("records are read one by one, and together where they are listed", async () => {
  const readers = {
    one: (state) => state.tasks.a,
    other: (state) => state.tasks.b,
    absent: (state) => "a" in state.tasks,
    all: (state) => Object.keys(state.tasks),
  };
  assert.deepEqual(await rendered(readers, (store) => store.set({ tasks: { a: task("a") } })), ["one", "absent", "all"]);
});

test("an edit renders the readers of that brick, and those that read every brick", async () => {
  const readers = {
    edited: ({ workflow }) => find(workflow, "p"),
    another: ({ workflow }) => find(workflow, "q"),
    wires: ({ workflow }) => feeding(workflow, "g.prompt"),
    every: ({ workflow }) => workflow.bricks.map(({ id }) => id),
    name: ({ workflow }) => workflow.name,
  };
  const edit = (store) => store.commit("Edit", setProps(WALL, "p", { prompt: "a tree" }));
  assert.deepEqual(await rendered(readers, edit), ["edited", "every"]);
});

test("a new wire renders the readers of its input, not those of other inputs", async () => {
  const readers = {
    input: ({ workflow }) => feeding(workflow, "g.styles"),
    other: ({ workflow }) => feeding(workflow, "g.prompt"),
    every: ({ workflow }) => workflow.wires.length,
  };
  const connect = (store) => store.commit("Connect", withWires(WALL, [...WALL.wires, { from: "q.prompt", to: "g.styles" }]));
  assert.deepEqual(await rendered(readers, connect), ["input", "every"]);
});

test("a view shows the newest snapshot between two renders, and what is read then counts, too", async () => {
  const { store, seen } = subscribed((state) => state);
  const [view] = seen;
  store.set({ theme: "dark" });
  assert.equal(view.theme, "dark");
  await turn();
  assert.equal(seen.length, 1);
  store.set({ theme: "light" });
  await turn();
  assert.equal(seen.length, 2);
});

test("a view can be listed, copied and written as JSON like the snapshot itself", () => {
  const { store, seen } = subscribed((state) => state);
  const [view] = seen;
  assert.equal(JSON.stringify(view), JSON.stringify(store.state));
  assert.deepEqual({ ...view.workflow.bricks[1] }, { ...WALL.bricks[1] });
  assert.ok(Array.isArray(view.workflow.bricks) && "workflow" in view && "name" in view.workflow);
  assert.equal(JSON.stringify([...view.workflow.wires]), JSON.stringify(WALL.wires));
});

test("no subscriber shows an old state, whatever it reads and whatever changes", async () => {
  let seed = 7;
  const random = (below) => (seed = (seed * 48271) % 2147483647) % below;
  const ids = ["p", "q", "g", "o"];
  const selectors = [
    (state) => JSON.stringify(state.workflow),
    ...ids.map((id) => (state) => currentTask(state, id)?.status),
    ...ids.map((id) => (state) => { const brick = find(state.workflow, id); return brick && brickSummary(state, brick); }),
    ...ids.map((id) => (state) => { const brick = find(state.workflow, id); return brick && modelDownstream(state, brick)?.model.id; }),
    (state) => { const brick = find(state.workflow, "g"); return brick && fitQuery(state, brick); },
    (state) => { const brick = find(state.workflow, "o"); return brick && inputPictures(state, brick, ["image"]).length; },
    (state) => unfinishedTasks(state).length,
    (state) => exposedFields(state.workflow, find(state.workflow, "p") ?? WALL.bricks[0], ENTRIES[0]).join(),
  ];
  const store = new Store();
  store.set({ workflow: WALL, entries: ENTRIES, kinds: KINDS });
  const shown = [];
  selectors.forEach((select, index) => {
    store.subscribe({ render: (state) => (shown[index] = select(state)), signal: new AbortController().signal });
  });
  const models = ["a", "b"].map((id) => ({ id, present: true, modes: { generate: { parameters: [], defaults: {} } }, sizes: [], lacks: [] }));
  const changes = [
    () => store.commit("Edit", setProps(store.state.workflow, ids[random(4)], { prompt: `text ${random(9)}`, model: ["a", "b", "c"][random(3)] })),
    () => store.commit("Wires", withWires(store.state.workflow, WALL.wires.filter(() => random(2)))),
    () => store.set({ tasks: { ...store.state.tasks, [`t${random(3)}`]: task("t", { status: ["running", "pending", "completed"][random(3)], outputs: [image("x")] }) } }),
    () => store.set({ results: { ...store.state.results, [ids[random(4)]]: [`t${random(3)}`] } }),
    () => store.set({ models: models.slice(0, random(3)) }),
    () => store.undo(),
  ];
  for (let round = 0; round < 400; round += 1) {
    changes[random(changes.length)]();
    await turn();
    assert.deepEqual(shown, selectors.map((select) => select(store.state)), `round ${round}`);
  }
});
