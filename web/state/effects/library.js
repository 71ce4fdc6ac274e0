/** Saved workflows and factory presets. */
/** @import { Studio } from "../controller.js" */
/** @import { Workflow } from "../types.js" */
import { EMPTY, rename, repair } from "../../document/workflow.js";
import { pageEffects } from "./page.js";

/**
 * @param {Studio} studio
 * @param {any} document
 * @param {string | null} savedName
 */
export async function open({ store, api }, document, savedName) {
  const wired = Array.isArray(document.wires);
  const workflow = repair(wired ? document : (await api.wire(document)).workflow);
  store.commit(`Open ${workflow.name}`, workflow);
  const saved = savedName === null ? null : workflow;
  store.set({ savedName, savedWorkflow: saved, savedAt: null, results: {}, collapsed: [], waits: [] });
  store.set({ overlay: { name: "" } });
  store.toast("calm", `“${workflow.name}” is on the wall.`, "Ctrl+Z returns to the one before.");
}

/** @param {Studio} studio @param {Workflow} workflow @param {string} name */
async function save({ store, api }, workflow, name) {
  await api.saveWorkflow(name, workflow);
  store.set({ savedName: name, savedWorkflow: workflow, savedAt: Date.now() });
  const library = await api.workflows();
  store.set({ library: library.items });
}

/** @satisfies {Partial<import("../controller.js").Effects>} */
export const libraryEffects = {
  save: async (studio) => {
    const { savedName, workflow } = studio.store.state;
    const name = workflow.name.trim();
    if (savedName === null || !name) {
      await pageEffects.show(studio, { name: "library" });
      return;
    }
    await save(studio, workflow, name);
    studio.store.toast("good", `Saved as “${name}”.`);
  },

  "save-as": async (studio, { name }) => {
    const { store } = studio;
    const workflow = rename(store.state.workflow, name);
    await save(studio, workflow, name);
    store.commit("Rename", workflow);
    store.set({ savedWorkflow: store.state.workflow });
    store.toast("good", `Saved as “${name}”.`);
  },

  "open-saved": async (studio, { name }) => open(studio, await studio.api.workflow(name), name),

  "open-preset": async (studio, { name }) => open(studio, await studio.api.preset(name), null),

  "delete-saved": async ({ store, api }, { name }) => {
    await api.deleteWorkflow(name);
    const library = store.state.library.filter((item) => item.name !== name);
    const mine = store.state.savedName === name;
    store.set({ library, ...(mine ? { savedName: null, savedWorkflow: null, savedAt: null } : {}) });
    store.toast("calm", `“${name}” deleted.`, mine ? "The wall itself is still here." : "");
  },

  "new-wall": async (studio) => {
    await open(studio, { ...EMPTY, name: "New wall" }, null);
  },
};
