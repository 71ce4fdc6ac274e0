/** The photo editor: looks while sliders move, and the task that keeps what was set. */
/** @import { Studio } from "../controller.js" */
/** @import { Edit } from "../types.js" */
import { Problem } from "../api.js";
import { edits, pictureField, touched } from "../selectors/editing.js";
import * as doc from "../../document/workflow.js";

export const REST = 400; // milliseconds
const SLOT = `editor-${crypto.getRandomValues(new Uint32Array(2)).join("-")}`;
const OVERTAKEN = "superseded";

/**
 * The look of what is set now, without a task. Ends when the picture is here.
 * @param {Studio} studio
 * @param {Edit} edit
 */
export async function look({ api, store }, edit) {
  const entry = store.state.entries.find((other) => other.name === edit.operation);
  if (!entry) return;
  let url = "";
  let problem = "";
  try {
    if (Object.keys(edit.values).length) {
      const params = { ...edit.values, [pictureField(entry)]: edit.asset };
      url = URL.createObjectURL(await api.look(edit.operation, params, SLOT));
    }
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    if (error.code === OVERTAKEN) return;
    problem = [error.message, error.fix].filter(Boolean).join(" ");
  }
  const now = store.state.edit;
  if (!now || now.asset !== edit.asset) {
    URL.revokeObjectURL(url);
    return;
  }
  if (!problem) URL.revokeObjectURL(now.look);
  store.set({
    edit: { ...now, look: problem ? now.look : url, problem, busy: now.values !== edit.values },
  });
}

/** @satisfies {Partial<import("../controller.js").Effects>} */
export const editorEffects = {
  "edit-picture": (studio, { asset, brick = "", shownIn = "" }) => {
    const { store } = studio;
    const own = doc.find(store.state.workflow, brick);
    const entry = store.state.entries.find((other) => (own ? other.name === own.type : edits(other)));
    if (!entry) return;
    /** @type {Edit} */
    const edit = {
      operation: entry.name,
      asset,
      brick,
      shownIn: shownIn || brick,
      values: touched(entry, own?.props ?? {}),
      look: "",
      busy: false,
      problem: "",
    };
    store.set({ edit, overlay: { name: "photo-editor" } });
    if (Object.keys(edit.values).length) studio.looks.want(edit);
  },

  "edit-values": (studio, { values }) => {
    const { edit, entries } = studio.store.state;
    const entry = entries.find((other) => other.name === edit?.operation);
    if (!edit || !entry) return;
    const next = { ...edit, values: touched(entry, { ...edit.values, ...values }), busy: true };
    studio.store.set({ edit: next });
    studio.looks.want(next);
  },

  "reset-edit": (studio) => {
    const { edit } = studio.store.state;
    if (!edit) return;
    const next = { ...edit, values: {}, busy: true };
    studio.store.set({ edit: next });
    studio.looks.want(next);
  },

  "end-edit": (studio) => {
    const { edit } = studio.store.state;
    studio.looks.drop();
    if (edit) URL.revokeObjectURL(edit.look);
    studio.store.set({ edit: null, overlay: { name: "" } });
  },

  "apply-edit": async (studio) => {
    const { store, api } = studio;
    const { edit, entries } = store.state;
    const entry = entries.find((other) => other.name === edit?.operation);
    if (!edit || !entry) return;
    studio.looks.drop();
    const params = { ...edit.values, [pictureField(entry)]: edit.asset };
    const { task_id } = await api.submit(edit.operation, params);
    const { results, workflow } = store.state;
    if (doc.find(workflow, edit.brick)) {
      const reset = Object.fromEntries(Object.keys(entry.schema.properties).map((name) => [name, undefined]));
      delete reset[pictureField(entry)];
      store.commit("Edit picture", doc.setProps(workflow, edit.brick, { ...reset, ...edit.values }));
    }
    if (edit.shownIn) {
      store.set({ results: { ...results, [edit.shownIn]: [task_id, ...(results[edit.shownIn] ?? [])] } });
    }
    URL.revokeObjectURL(edit.look);
    store.set({ edit: null, overlay: { name: "" } });
    store.toast("good", "The edited picture is kept.", "The one before is still there.");
  },
};
