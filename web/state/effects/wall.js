/** Edits of the wall. Each is one step that Undo takes back. */
/** @import { Context } from "./context.js" */
/** @import { Workflow } from "../../document/types.js" */
import { entryNamed } from "../../document/lookup.js";
import * as doc from "../../document/workflow.js";

/**
 * The server's wires for a wall, null while it is away: then the brick stands there unwired.
 * @param {Context} context
 * @param {Workflow} workflow
 */
async function ruled(context, workflow) {
  const answer = await context.api.wire(workflow).catch(() => null);
  return answer?.workflow.wires ?? null;
}

/**
 * Puts a brick on the wall and wires it by the server's rule, as one step.
 * @param {Context} context
 * @param {import("../../document/types.js").Brick} brick
 * @param {string} label
 * @param {string} [free] an input that stays unwired, because the brick brings what belongs there
 */
export async function place(context, brick, label, free = "") {
  const { store } = context;
  const wires = await ruled(context, doc.add(store.state.workflow, brick));
  const next = doc.add(store.state.workflow, brick);
  const wired = wires ? doc.adopt(next, wires, brick.id) : next;
  store.commit(label, free ? doc.disconnect(wired, `${brick.id}.${free}`) : wired);
}

/**
 * Where a new brick goes when nobody said: inputs to the left, results to the right, makers
 * in front of the results.
 * @param {Context} context
 * @param {string} type
 */
export function spot({ store }, type) {
  const { entries, workflow } = store.state;
  const category = entryNamed(entries, type)?.category ?? "";
  const stacks = doc.columns(workflow);
  if (!stacks.length || category === "input" || category === "setting") {
    return { column: 0, row: stacks[0]?.length ?? 0 };
  }
  const like = stacks.findLastIndex((bricks) =>
    bricks.some((brick) => entryNamed(entries, brick.type)?.category === category),
  );
  if (like >= 0) return { column: like, row: stacks[like]?.length ?? 0 };
  return { column: category === "output" ? stacks.length : Math.min(1, stacks.length), row: 0 };
}

/** @param {Context} context @param {string} id */
function title({ store }, id) {
  const type = doc.find(store.state.workflow, id)?.type;
  return entryNamed(store.state.entries, type)?.title ?? type ?? "brick";
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

  "add-brick": async (context, { type, props = {}, column, row = 0, free = "" }) => {
    const where = column === undefined ? spot(context, type) : { column, row };
    const brick = { id: doc.freshId(type), type, props, ...where };
    await place(context, brick, "Add brick", free);
  },

  "remove-brick": (context, { brick }) => {
    const { store } = context;
    const name = title(context, brick);
    store.commit(`Remove ${name}`, doc.remove(store.state.workflow, brick));
    store.toast("calm", `${name} removed.`, "Ctrl+Z brings it back.");
  },

  "move-brick": ({ store }, { brick, column, row, insert }) => {
    store.commit("Move", doc.move(store.state.workflow, brick, column, row, insert));
  },

  "nudge-brick": ({ store }, { brick, dx, dy }) => {
    store.commit("Move", doc.nudge(store.state.workflow, brick, dx, dy), `move ${brick}`);
  },

  "toggle-brick": ({ store }, { brick }) => {
    const { collapsed } = store.state;
    const open = collapsed.filter((id) => id !== brick);
    store.set({ collapsed: open.length < collapsed.length ? open : [...collapsed, brick] });
  },

  connect: ({ store }, { from, to, instead }) => {
    const { entries, workflow } = store.state;
    if (!doc.fits(entries, workflow, from, to)) return;
    const base = instead ? doc.disconnect(workflow, instead, from) : workflow;
    const many = doc.inputAt(entries, workflow, to)?.many ?? false;
    store.commit("Connect", doc.connect(base, { from, to }, many));
  },

  disconnect: ({ store }, { to, from }) => {
    store.commit("Disconnect", doc.disconnect(store.state.workflow, to, from));
  },

  "wire-by-rule": async (context) => {
    const { store, api } = context;
    const bare = doc.withWires(store.state.workflow, []);
    const { workflow } = await api.wire(bare);
    store.commit("Wire by rule", doc.withWires(store.state.workflow, workflow.wires));
    store.toast("good", "Wired by rule.");
  },

  undo: ({ store }) => store.undo(),

  redo: ({ store }) => store.redo(),

  rename: ({ store }, { name }) => {
    store.commit("Rename", doc.rename(store.state.workflow, name), "name");
  },
};
