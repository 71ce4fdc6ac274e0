/** The photo editor: previews while sliders move, and the task that applies the values. */
/** @import { Context } from "./context.js" */
/** @import { Edit } from "../types.js" */
import { entryNamed } from "../../document/lookup.js";
import * as doc from "../../document/workflow.js";
import { Problem } from "../api.js";
import { changedValues, changesByDefault, editorEntry, imageField } from "../selectors/editing.js";

export const PREVIEW_DELAY = 400; // milliseconds
const SLOT = `editor-${crypto.getRandomValues(new Uint32Array(2)).join("-")}`;
const SUPERSEDED = "superseded"; // code of a preview that a newer one replaced

/**
 * Renders a preview of an edit, without a task, and stores its object URL.
 * @param {Context} context
 * @param {Edit} edit
 */
export async function preview({ api, store }, edit) {
  const entry = entryNamed(store.state.entries, edit.operation);
  if (!entry) return;
  let url = "";
  let problem = "";
  try {
    if (Object.keys(edit.values).length || changesByDefault(entry)) {
      const params = { ...edit.values, [imageField(entry)]: edit.asset };
      url = URL.createObjectURL(await api.preview(edit.operation, params, SLOT));
    }
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    if (error.code === SUPERSEDED) return;
    problem = [error.message, error.fix].filter(Boolean).join(" ");
  }
  const current = store.state.edit;
  if (!current || current.asset !== edit.asset) {
    URL.revokeObjectURL(url);
    return;
  }
  if (!problem) URL.revokeObjectURL(current.preview);
  store.set({
    edit: { ...current, preview: problem ? current.preview : url, problem, busy: current.values !== edit.values },
  });
}

/** @satisfies {Partial<import("./context.js").Effects>} */
export const editorEffects = {
  "edit-image": (context, { asset, brick = "", shownIn = "" }) => {
    const { store } = context;
    const own = doc.find(store.state.workflow, brick);
    const entry = own ? entryNamed(store.state.entries, own.type) : editorEntry(store.state);
    if (!entry) return;
    /** @type {Edit} */
    const edit = {
      operation: entry.name,
      asset,
      brick,
      shownIn: shownIn || brick,
      values: changedValues(entry, own?.props ?? {}),
      preview: "",
      busy: false,
      problem: "",
    };
    store.set({ edit, overlay: { name: "photo-editor" } });
    if (Object.keys(edit.values).length || changesByDefault(entry)) context.previews.schedule(edit);
  },

  "edit-values": (context, { values }) => {
    const { edit, entries } = context.store.state;
    const entry = entryNamed(entries, edit?.operation);
    if (!edit || !entry) return;
    const next = { ...edit, values: changedValues(entry, { ...edit.values, ...values }), busy: true };
    context.store.set({ edit: next });
    context.previews.schedule(next);
  },

  "reset-edit": (context) => {
    const { edit } = context.store.state;
    if (!edit) return;
    const next = { ...edit, values: {}, busy: true };
    context.store.set({ edit: next });
    context.previews.schedule(next);
  },

  "end-edit": (context) => {
    const { edit } = context.store.state;
    context.previews.cancel();
    if (edit) URL.revokeObjectURL(edit.preview);
    context.store.set({ edit: null, overlay: { name: "" } });
  },

  "apply-edit": async (context) => {
    const { store, api } = context;
    const { edit, entries } = store.state;
    const entry = entryNamed(entries, edit?.operation);
    if (!edit || !entry) return;
    context.previews.cancel();
    const params = { ...edit.values, [imageField(entry)]: edit.asset };
    const { task_id } = await api.submit(edit.operation, params);
    const { results, workflow } = store.state;
    if (doc.find(workflow, edit.brick)) {
      const reset = Object.fromEntries(Object.keys(entry.schema.properties).map((name) => [name, undefined]));
      delete reset[imageField(entry)];
      store.commit("Edit image", doc.setProps(workflow, edit.brick, { ...reset, ...edit.values }));
    }
    if (edit.shownIn) {
      store.set({ results: { ...results, [edit.shownIn]: [task_id, ...(results[edit.shownIn] ?? [])] } });
    }
    URL.revokeObjectURL(edit.preview);
    store.set({ edit: null, overlay: { name: "" } });
    store.toast("good", "Saved the edited image.", "The original is kept.");
  },
};
