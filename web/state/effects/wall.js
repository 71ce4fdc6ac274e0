/** Edits of the workflow. Each is one step of the undo history. */
/** @import { Context } from "./context.js" */
/** @import { Workflow } from "../../document/types.js" */
/** @import { LooseWire } from "../../document/wiring.js" */
import { changesInput, entryNamed } from "../../document/lookup.js";
import { layOut } from "../../document/layout.js";
import { moveAll, nudgeAll, removeAll, setFlags } from "../../document/several.js";
import { portFor, titleOf, whyNot } from "../../document/wiring.js";
import * as doc from "../../document/workflow.js";
import { bricksInWords, targets } from "./selection.js";

/** @typedef {{ column: number, row: number, insert?: boolean }} Position `insert`: in a new column */

/**
 * The server's wires for a workflow with a new brick, null while it is offline: the brick then
 * stays unwired.
 * @param {Context} context
 * @param {Workflow} workflow
 * @param {string} brick
 */
async function wiresByRule(context, workflow, brick) {
  const answer = await context.api.wire(workflow, brick).catch(() => null);
  return answer?.workflow.wires ?? null;
}

/**
 * A brick in its place with the server's wires, asked for again where another brick was wired
 * meanwhile.
 * @param {Context} context
 * @param {Pick<import("../../document/types.js").Brick, "id" | "type" | "props">} added
 * @param {Position | undefined} at by its type if absent
 */
async function wiredBrick(context, added, at) {
  for (;;) {
    const before = context.store.state.workflow;
    const { insert = false, ...place } = at ?? defaultPosition(context, added.type);
    const brick = { ...added, ...place };
    const wires = await wiresByRule(context, doc.add(before, brick, insert), brick.id);
    if (!wires || context.store.state.workflow.wires === before.wires) return { brick, insert, wires };
  }
}

/** The ends of the last placements, by page. @type {WeakMap<Context["store"], Promise<unknown>>} */
const placements = new WeakMap();

/**
 * Adds a brick and connects it by the server's rules, as one step. Bricks that are added at once are
 * placed in their order: place and wires of one follow from those before it.
 * @param {Context} context
 * @param {Pick<import("../../document/types.js").Brick, "id" | "type" | "props">} added
 * @param {string} label
 * @param {{ unwired?: string, at?: Position, wire?: LooseWire }} [options] `wire`: one that it takes; `unwired`: an input that gets no wire, because the brick has a value for it; `at`: by its type if absent
 */
export async function placeBrick(context, added, label, options = {}) {
  const before = placements.get(context.store) ?? Promise.resolve();
  const placed = before.then(() => placeNext(context, added, label, options));
  placements.set(context.store, placed.catch(() => undefined)); // who adds it shows its problem
  await placed;
}

/**
 * @param {Context} context
 * @param {Parameters<typeof placeBrick>[1]} added
 * @param {string} label
 * @param {NonNullable<Parameters<typeof placeBrick>[3]>} options
 */
async function placeNext(context, added, label, { unwired = "", at, wire }) {
  const { store } = context;
  const { brick, insert, wires } = await wiredBrick(context, added, at);
  const next = doc.add(store.state.workflow, brick, insert);
  const wired = wires ? doc.withWires(next, wires) : next;
  const free = unwired ? doc.disconnect(wired, `${brick.id}.${unwired}`) : wired;
  const workflow = wire ? joined(context, free, wire, brick.id) : free;
  store.commit(label, workflow);
  store.set({ added: brick.id });
}

/**
 * Joins the free end of a wire to a new brick. A wire that was taken from an input leaves it.
 * @param {Context} context
 * @param {Workflow} workflow
 * @param {LooseWire} wire
 * @param {string} brick
 */
function joined({ store }, workflow, wire, brick) {
  const { entries } = store.state;
  const end = portFor(entries, workflow, wire, brick);
  if (!end) return workflow;
  const [from, to] = [wire.from ?? end, wire.to ?? end];
  const free = wire.taken ? doc.disconnect(workflow, wire.taken, from) : workflow;
  const led = doc.connect(free, { from, to }, doc.inputAt(entries, workflow, to)?.many ?? false);
  const { taken = "" } = wire;
  const onward = wire.through ? portFor(entries, led, { to: taken, type: wire.type }, brick) : "";
  return onward ? doc.connect(led, { from: onward, to: taken }, doc.inputAt(entries, led, taken)?.many ?? false) : led;
}

/**
 * The position of a new brick: inputs left, outputs right, operations before the outputs. What
 * changes the results of others gets a column of its own after theirs.
 * @param {Context} context
 * @param {string} type
 * @returns {Position}
 */
function defaultPosition({ store }, type) {
  const { entries, workflow } = store.state;
  const entry = entryNamed(entries, type);
  const category = entry?.category ?? "";
  const stacks = doc.columns(workflow);
  if (!stacks.length || category === "input" || category === "setting") {
    return { column: 0, row: stacks[0]?.length ?? 0 };
  }
  const similar = stacks.findLastIndex((bricks) =>
    bricks.some((brick) => entryNamed(entries, brick.type)?.category === category),
  );
  if (similar >= 0 && changesInput(entry)) return { column: similar + 1, row: 0, insert: true };
  if (similar >= 0) return { column: similar, row: stacks[similar]?.length ?? 0 };
  return { column: category === "output" ? stacks.length : Math.min(1, stacks.length), row: 0 };
}

/**
 * The place for a brick at the free end of a wire: below the bricks of the column after its output, or
 * before its input.
 * @param {Context} context
 * @param {LooseWire} wire
 * @returns {Position | undefined}
 */
function placeAt({ store }, { from, to, taken = "", through = false }) {
  const { workflow } = store.state;
  const fixed = doc.find(workflow, doc.owner(from ?? to ?? ""));
  if (!fixed) return undefined;
  const column = fixed.column + (from ? 1 : -1);
  const target = doc.find(workflow, doc.owner(taken));
  if (through && target && target.column <= column) return { column, row: 0, insert: true };
  return column < 0 ? { column: 0, row: 0, insert: true } : { column, row: doc.columns(workflow)[column]?.length ?? 0 };
}

/** @satisfies {Partial<import("./context.js").Effects>} */
export const wallEffects = {
  "set-prop": ({ store }, { brick, name, value }) => {
    const next = doc.setProps(store.state.workflow, brick, { [name]: value });
    store.commit("Edit", next, `${brick}.${name}`);
  },

  "set-props": ({ store }, { brick, props, label, key }) => {
    store.commit(label, doc.setProps(store.state.workflow, brick, props), key);
  },

  "add-brick": async (context, { type, props = {}, column, row = 0, unwired = "", wire }) => {
    const at = column === undefined ? (wire && placeAt(context, wire)) : { column, row };
    await placeBrick(context, { id: doc.freshId(type), type, props }, "Add brick", { unwired, at, wire });
  },

  "remove-brick": ({ store }, { brick }) => {
    const ids = targets(store.state, brick);
    const name = bricksInWords(store.state, ids);
    store.commit(`Remove ${name}`, removeAll(store.state.workflow, ids));
    store.toast("calm", `Removed ${name}.`, "Ctrl+Z restores it.");
  },

  "move-brick": ({ store }, { brick, column, row, insert }) => {
    const { workflow } = store.state;
    const ids = targets(store.state, brick);
    const above = doc.columns(workflow)[column]?.filter(({ id }) => id !== brick).slice(0, row) ?? [];
    const staying = insert ? 0 : above.filter(({ id }) => !ids.includes(id)).length;
    store.commit(`Move ${bricksInWords(store.state, ids)}`, moveAll(workflow, ids, brick, column, staying, insert));
  },

  "nudge-brick": ({ store }, { brick, dx, dy }) => {
    const ids = targets(store.state, brick);
    store.commit(`Move ${bricksInWords(store.state, ids)}`, nudgeAll(store.state.workflow, ids, dx, dy), `move ${ids.join(" ")}`);
  },

  "toggle-brick": ({ store }, { brick }) => {
    const { problems, workflow } = store.state;
    const ids = targets(store.state, brick);
    const collapsed = ids.some((id) => !doc.find(workflow, id)?.collapsed);
    store.commit(`${collapsed ? "Collapse" : "Expand"} ${bricksInWords(store.state, ids)}`, setFlags(workflow, ids, { collapsed }));
    store.set({ problems }); // the values that they refuse are the same
  },

  "toggle-bypass": ({ store }, { brick }) => {
    const { entries, workflow } = store.state;
    const ids = targets(store.state, brick).filter((id) => entryNamed(entries, doc.find(workflow, id)?.type)?.kind === "operation");
    const bypassed = ids.some((id) => !doc.find(workflow, id)?.bypassed);
    if (ids.length) store.commit(`${bypassed ? "Bypass" : "Use"} ${bricksInWords(store.state, ids)}`, setFlags(workflow, ids, { bypassed }));
  },

  "toggle-exposed": ({ store }, { brick, name }) => {
    const { workflow } = store.state;
    const exposed = doc.find(workflow, brick)?.exposed ?? [];
    const others = exposed.filter((other) => other !== name);
    const shown = others.length === exposed.length;
    store.commit(`${shown ? "Show" : "Hide"} ${name} in the form`, doc.setExposed(workflow, brick, shown ? [...exposed, name] : others));
  },

  connect: (context, { from, to, instead }) => {
    const { store } = context;
    const { entries, workflow } = store.state;
    if (!doc.fits(entries, workflow, from, to)) {
      store.toast("warn", whyNot(entries, workflow, from, to));
      return;
    }
    const base = instead ? doc.disconnect(workflow, instead, from) : workflow;
    const many = doc.inputAt(entries, workflow, to)?.many ?? false;
    store.commit("Connect", doc.connect(base, { from, to }, many));
  },

  "drop-wire": (context, { wire, port, side, brick }) => {
    const { store } = context;
    const { entries, workflow } = store.state;
    const fixed = wire.from ?? wire.to ?? "";
    const join = (/** @type {string} */ end) => {
      if (end === wire.taken) return;
      wallEffects.connect(context, { from: wire.from ?? end, to: wire.to ?? end, ...(wire.taken ? { instead: wire.taken } : {}) });
    };
    if (port && port !== fixed) {
      const sides = wire.from ? { other: "in", both: "outputs" } : { other: "out", both: "inputs" };
      if (side === sides.other) join(port);
      else store.toast("warn", `Both ends are ${sides.both}: a wire joins an output to an input.`);
    } else if (brick && brick !== doc.owner(fixed)) {
      const end = portFor(entries, workflow, wire, brick);
      if (end) join(end);
      else store.toast("warn", `${titleOf(entries, workflow, brick)} has no ${wire.from ? "input" : "output"} of the type ${wire.type}, or the wire would close a circle.`);
    } else if (!port && !brick) {
      store.set({ overlay: { name: "palette", wire } });
    }
  },

  disconnect: ({ store }, { to, from }) => {
    store.commit("Disconnect", doc.disconnect(store.state.workflow, to, from));
  },

  "wire-by-rule": async (context) => {
    const { store, api } = context;
    const bare = doc.withWires(store.state.workflow, []);
    const { workflow } = await api.wire(bare);
    store.commit("Connect automatically", doc.withWires(store.state.workflow, workflow.wires));
    store.toast("good", "Connected automatically.");
  },

  tidy: ({ store }) => {
    const { workflow } = store.state;
    const tidied = layOut(workflow);
    store.commit("Tidy", tidied);
    const undo = { label: "Undo", perform: () => store.undo() };
    if (tidied === workflow) store.toast("calm", "The wall is tidy already.");
    else store.toast("calm", "Laid out by the wires.", "", undo);
  },

  undo: ({ store }) => store.undo(),

  redo: ({ store }) => store.redo(),

  rename: ({ store }, { name }) => {
    store.commit("Rename", doc.rename(store.state.workflow, name), "name");
  },
};
