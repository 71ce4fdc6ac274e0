/** Saved workflows and factory presets. */
/** @import { Context } from "./context.js" */
/** @import { Workflow } from "../../document/types.js" */
import { EMPTY, rename, repair } from "../../document/workflow.js";
import { fromDraft, storedDrafts } from "../draft.js";
import { pageEffects } from "./page.js";

/**
 * @param {Context} context
 * @param {any} document
 * @param {string | null} savedName
 */
export async function open({ store, api }, document, savedName) {
  const wired = Array.isArray(document.wires);
  const workflow = repair(wired ? document : (await api.wire(document)).workflow);
  store.open(`Open ${workflow.name}`, workflow, { savedName, savedWorkflow: savedName === null ? null : workflow });
  store.set({ overlay: { name: "" } });
  store.toast("calm", `Opened “${workflow.name}”.`, "Ctrl+Z restores the previous workflow.");
}

/** @param {Context} context @param {Workflow} workflow @param {string} name */
async function save({ store, api }, workflow, name) {
  await api.saveWorkflow(name, workflow);
  store.set({ savedName: name, savedWorkflow: workflow, savedAt: Date.now() });
  const library = await api.workflows();
  store.set({ library: library.items });
}

/** @satisfies {Partial<import("./context.js").Effects>} */
export const libraryEffects = {
  save: async (context) => {
    const { savedName, workflow } = context.store.state;
    const name = workflow.name.trim();
    if (savedName === null || !name) {
      await pageEffects.show(context, { name: "library" });
      return;
    }
    await save(context, workflow, name);
    context.store.toast("good", `Saved as “${name}”.`);
  },

  "save-as": async (context, { name }) => {
    const { store } = context;
    const workflow = rename(store.state.workflow, name);
    await save(context, workflow, name);
    store.commit("Rename", workflow);
    store.set({ savedWorkflow: store.state.workflow });
    store.toast("good", `Saved as “${name}”.`);
  },

  "open-saved": async (context, { name }) => open(context, await context.api.workflow(name), name),

  "open-preset": async (context, { name }) => open(context, await context.api.preset(name), null),

  "delete-saved": async ({ store, api }, { name }) => {
    await api.deleteWorkflow(name);
    const library = store.state.library.filter((item) => item.name !== name);
    const isOpen = store.state.savedName === name;
    store.set({ library, ...(isOpen ? { savedName: null, savedWorkflow: null, savedAt: null } : {}) });
    store.toast("calm", `Deleted “${name}”.`, isOpen ? "The open workflow is kept." : "");
  },

  "new-wall": async (context) => {
    await open(context, { ...EMPTY, name: "New workflow" }, null);
  },

  "open-draft": async ({ store, live }, { revision }) => {
    const draft = storedDrafts().find((version) => version.revision === revision);
    if (!draft) return;
    const { workflow, ...rest } = fromDraft(draft);
    store.drafts.branch();
    store.open("Open the version of another tab", workflow, rest);
    store.set({ overlay: { name: "" } });
    store.toast("calm", "Opened the version of the other tab.", "Ctrl+Z restores yours; “Workflows” lists both.");
    await live.refresh();
  },

  "ignore-drafts": ({ store }, { tab }) => {
    store.drafts.ignore(tab);
    store.offerDraft();
    store.toast("calm", "The version of the other tab is kept.", "“Workflows” lists it.");
  },

  "discard-draft": ({ store }, { workflow }) => {
    store.drafts.discard(workflow);
    store.set({ otherDrafts: store.drafts.others(store.state.workflow) });
  },
};
