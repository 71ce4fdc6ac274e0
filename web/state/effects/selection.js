/** Selected bricks: selecting, copies, fragments from the clipboard. Each edit is one undo step. */
/** @import { Context } from "./context.js" */
/** @import { State } from "../types.js" */
import { fragmentOf, insertFragment, isJson, MAX_BRICKS, readFragment } from "../../document/fragment.js";
import { entryNamed } from "../../document/lookup.js";
import { find } from "../../document/workflow.js";
import { count } from "../words.js";
import { openImported } from "./library.js";

/** The selected bricks that the workflow has. @param {State} state @returns {string[]} */
export function selection({ selected, workflow }) {
  return selected.filter((id) => find(workflow, id));
}

/** The bricks that an action on one of them concerns: the selection that holds it, else it alone. @param {State} state @param {string} brick @returns {string[]} */
export function targets(state, brick) {
  const ids = selection(state);
  return ids.includes(brick) ? ids : [brick];
}

/** Bricks in words: the title of a single one, else their number. @param {State} state @param {readonly string[]} ids */
export function bricksInWords({ entries, workflow }, ids) {
  const type = find(workflow, ids[0] ?? "")?.type;
  return ids.length === 1 ? (entryNamed(entries, type)?.title ?? type ?? "brick") : count(ids.length, "brick");
}

/**
 * Inserts copies of bricks and selects them.
 * @param {Context} context
 * @param {import("../../document/fragment.js").Fragment} fragment
 * @param {string} label
 */
function insert({ store }, fragment, label) {
  const { entries, workflow, selected } = store.state;
  if (workflow.bricks.length + fragment.bricks.length > MAX_BRICKS) {
    store.toast("warn", `A workflow has at most ${MAX_BRICKS} bricks; these would be ${workflow.bricks.length + fragment.bricks.length}.`, "Copy fewer, or open a new workflow.");
    return;
  }
  const column = find(workflow, selected[0] ?? "")?.column ?? 0;
  const { workflow: next, ids } = insertFragment(workflow, fragment, entries, column);
  store.commit(label, next);
  store.set({ selected: ids });
}

/** @satisfies {Partial<import("./context.js").Effects>} */
export const selectionEffects = {
  select: ({ store }, { bricks, mode = "replace" }) => {
    const before = selection(store.state);
    const added = bricks.filter((id) => !before.includes(id));
    const toggled = [...before.filter((id) => !bricks.includes(id)), ...added];
    const selected = mode === "replace" ? bricks : mode === "add" ? [...before, ...added] : toggled;
    if (selected.length || store.state.selected.length) store.set({ selected });
  },

  "select-all": ({ store }) => store.set({ selected: store.state.workflow.bricks.map(({ id }) => id) }),

  "duplicate-brick": (context, { brick }) => {
    const { state } = context.store;
    const ids = targets(state, brick);
    insert(context, fragmentOf(state.workflow, ids), `Duplicate ${bricksInWords(state, ids)}`);
  },

  "paste-text": async (context, { text }) => {
    const { store, api } = context;
    const fragment = readFragment(text);
    if (fragment) {
      insert(context, fragment, `Paste ${count(fragment.bricks.length, "brick")}`);
    } else if (isJson(text)) {
      const file = new File([text], "clipboard.json", { type: "application/json" });
      await openImported(context, await api.importFile(file), file);
    } else {
      store.toast("calm", "The clipboard has no bricks and no workflow.", "Copy bricks with Ctrl+C, or the JSON of a workflow.");
    }
  },
};
