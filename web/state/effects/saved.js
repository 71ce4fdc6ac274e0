/** Saved workflows as a library: search, names, copies, tags, versions, the trash. */
/** @import { Context } from "./context.js" */
/** @import { Store } from "../store.js" */
import { rename, repair, setTags } from "../../document/workflow.js";
import { Problem } from "../api.js";

/**
 * Waits for the work of a button in a notice; its problem becomes a notice.
 * @param {Store} store
 * @param {Promise<void>} work
 */
export async function attempt(store, work) {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    store.toast("bad", error.message, error.fix);
  }
}

/** @param {Context} context */
async function reload({ store, api }) {
  const { query, tag } = store.state.librarySearch;
  const [all, matches] = await Promise.all([api.workflows(), query || tag ? api.workflows(query, tag) : null]);
  const names = matches?.items.map((item) => item.name) ?? null;
  store.set({ library: all.items, librarySearch: { ...store.state.librarySearch, names } });
}

/** The revision of a file that this page changed, which the next save may replace. @param {Context} context @param {string} name */
async function revisionOf({ api }, name) {
  return (await api.workflow(name)).revision;
}

/** @param {Context} context @param {string} name @param {string} to */
async function renameSaved(context, name, to) {
  const { store, api } = context;
  await api.changeWorkflow(name, { name: to });
  if (store.state.savedName === name) {
    const saved = store.state.savedWorkflow;
    store.commit("Rename", rename(store.state.workflow, to));
    store.set({ savedName: to, savedRevision: await revisionOf(context, to), savedWorkflow: saved && rename(saved, to) });
  }
  await reload(context);
}

/** @satisfies {Partial<import("./context.js").Effects>} */
export const savedEffects = {
  "search-library": async (context, { query, tag }) => {
    const { store, api } = context;
    const before = store.state.librarySearch;
    const search = { ...before, query: query ?? before.query, tag: tag ?? before.tag };
    store.set({ librarySearch: search });
    const matches = search.query || search.tag ? await api.workflows(search.query, search.tag) : null;
    if (store.state.librarySearch !== search) return; // a newer search replaced this one
    store.set({ librarySearch: { ...search, names: matches?.items.map((item) => item.name) ?? null } });
  },

  "rename-saved": async (context, { name, to }) => {
    const { store } = context;
    if (!to || to === name) return;
    await renameSaved(context, name, to);
    const undo = () => void attempt(store, renameSaved(context, to, name));
    store.toast("calm", `Renamed “${name}” to “${to}”.`, "", { label: "Undo", perform: undo });
  },

  "duplicate-saved": async (context, { name }) => {
    const { store, api } = context;
    const copy = await api.duplicateWorkflow(name);
    await reload(context);
    const undo = async () => {
      await api.deleteWorkflow(copy.name);
      await reload(context);
    };
    store.toast("good", `Saved a copy as “${copy.name}”.`, "", { label: "Undo", perform: () => void attempt(store, undo()) });
  },

  "tag-saved": async (context, { name, tags }) => {
    const { store, api } = context;
    const changed = await api.changeWorkflow(name, { tags });
    const { savedName, savedWorkflow, workflow } = store.state;
    if (savedName === name) {
      store.commit("Tags", setTags(workflow, changed.tags));
      store.set({ savedRevision: await revisionOf(context, name), savedWorkflow: savedWorkflow && setTags(savedWorkflow, changed.tags) });
    }
    await reload(context);
  },

  "load-versions": async ({ store, api }, { name }) => {
    store.set({ versions: null });
    const { items } = await api.versions(name);
    store.set({ versions: { name, items } });
  },

  "restore-version": async (context, { name, version }) => {
    const { store, api } = context;
    const restored = repair(await api.restoreVersion(name, version));
    if (store.state.savedName === name) {
      store.commit("Restore a version", restored);
      store.set({ savedRevision: await revisionOf(context, name), savedWorkflow: store.state.workflow, savedAt: Date.now() });
    }
    await reload(context);
    const { items } = await api.versions(name);
    store.set({ versions: { name, items } });
    const [replaced] = items;
    const undo = () => void attempt(store, savedEffects["restore-version"](context, { name, version: replaced?.id ?? "" }));
    store.toast("good", `Restored an earlier version of “${name}”.`, "", replaced && { label: "Undo", perform: undo });
  },

  "restore-deleted": async (context, { name, id }) => {
    const { store, api } = context;
    const restored = await api.restoreWorkflow(name, id);
    await Promise.all([reload(context), savedEffects["load-deleted"](context)]);
    store.toast("good", `Restored “${restored.name}”.`);
  },

  /** @param {Context} context */
  "load-deleted": async ({ store, api }) => {
    const { items } = await api.deletedWorkflows();
    store.set({ deletedWorkflows: items });
  },
};
