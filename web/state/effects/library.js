/** Saved workflows and factory presets. */
/** @import { Context } from "./context.js" */
/** @import { Workflow } from "../../document/types.js" */
/** @import { ImportReport } from "../types.js" */
import { withField } from "../../document/merge.js";
import { EMPTY, freeName, rename, repair } from "../../document/workflow.js";
import { Problem } from "../api.js";
import { fromDraft, storedDrafts } from "../draft.js";
import { pageEffects } from "./page.js";
import { attempt, savedEffects } from "./saved.js";

/**
 * @param {Context} context
 * @param {any} document
 * @param {{ name: string, revision: string } | null} saved its file in the library
 * @param {Partial<import("../types.js").WallState>} [draft] of the canvas on the server
 */
export async function open({ store, api }, document, saved, draft = {}) {
  const wired = Array.isArray(document.wires);
  const workflow = repair(wired ? document : (await api.wire(document)).workflow);
  store.open(`Open ${workflow.name}`, workflow, {
    savedName: saved?.name ?? null,
    savedRevision: saved?.revision ?? "",
    savedWorkflow: saved && workflow,
    ...draft,
  });
  store.set({ overlay: { name: "" }, saveConflict: null });
  store.toast("calm", `Opened “${workflow.name}”.`, "Ctrl+Z restores the previous workflow.");
}

/**
 * Opens an imported workflow; a report with more than mapped nodes is shown.
 * @param {Context} context
 * @param {{ workflow: Workflow, report: ImportReport }} imported
 * @param {File} file whose name stands for a missing one
 */
export async function openImported(context, { workflow, report }, file) {
  const name = workflow.name || file.name.replace(/\.[^.]*$/, "");
  await open(context, { ...workflow, name }, null);
  const { approximated, unmapped, missing } = report;
  if (approximated + unmapped + missing.length > 0) {
    context.store.set({ overlay: { name: "import-report", report } });
  }
}

/**
 * Saves the workflow under a name; a conflict with a version that others saved is shown instead.
 * @param {Context} context
 * @param {string} name
 * @param {string | null} replaces the revision that may be replaced, empty for none, null for any
 */
async function save({ store, api, live }, name, replaces) {
  const current = store.state.workflow;
  const workflow = current.name === name ? current : rename(current, name);
  let savedRevision = "";
  try {
    savedRevision = await api.saveWorkflow(name, workflow, replaces);
  } catch (error) {
    if (!(error instanceof Problem && error.code === "workflow_changed")) throw error;
    store.set({ saveConflict: { name }, overlay: { name: "" } });
    return;
  }
  if (workflow !== current) store.commit("Rename", rename(store.state.workflow, name)); // edited meanwhile
  store.set({ savedName: name, savedRevision, savedWorkflow: workflow, savedAt: Date.now(), saveConflict: null });
  await live.shared.flush(); // who opens it now joins this canvas
  const library = await api.workflows();
  store.set({ library: library.items });
  store.toast("good", `Saved as “${name}”.`);
}

/** Lets the browser store a file. @param {Blob} file @param {string} name */
function saveFile(file, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** The revision that a save under a name may replace. @param {Context} context @param {string} name */
function replaceable({ store }, name) {
  return name === store.state.savedName ? store.state.savedRevision : "";
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
    await save(context, name, replaceable(context, name));
  },

  "save-as": (context, { name }) => save(context, name, replaceable(context, name)),

  "save-over": (context, { name }) => save(context, name, null),

  "save-both": async (context, { name }) => {
    const { items } = await context.api.workflows();
    await save(context, freeName(name, items.map((item) => item.name)), "");
  },

  "end-conflict": ({ store }) => store.set({ saveConflict: null }),

  "open-saved": async (context, { name }) => {
    const { store, api, live } = context;
    const [{ workflow, revision }, draft] = await Promise.all([api.workflow(name), api.draftOf(name)]);
    live.shared.remember(draft);
    const { id: draftId, results } = draft;
    if (!draft.saved?.edited) return open(context, workflow, { name, revision }, { draftId, results });
    const file = repair(workflow);
    await open(context, draft.workflow, { name, revision: draft.saved.revision }, { draftId, results, savedWorkflow: file });
    const openFile = () => {
      store.commit("Open as saved", file);
      store.set({ savedRevision: revision, savedWorkflow: file });
    };
    store.toast("calm", `“${name}” has changes that are not saved yet.`, "", { label: "Open as saved", perform: openFile });
  },

  "open-preset": async (context, { name }) => open(context, await context.api.preset(name), null),

  "delete-saved": async (context, { name }) => {
    const { store, api } = context;
    await api.deleteWorkflow(name);
    const library = store.state.library.filter((item) => item.name !== name);
    const isOpen = store.state.savedName === name;
    store.set({ library, ...(isOpen ? { savedName: null, savedRevision: "", savedWorkflow: null, savedAt: null } : {}) });
    const undo = () => void attempt(store, savedEffects["restore-deleted"](context, { name }));
    store.toast("calm", `Deleted “${name}”.`, isOpen ? "The open workflow is kept." : "", { label: "Undo", perform: undo });
    await savedEffects["load-deleted"](context);
  },

  "open-form": async ({ store, api }, { name }) => {
    const document = await api.anyWorkflow(name);
    const wired = Array.isArray(document.wires) ? document : (await api.wire(document)).workflow;
    store.set({ workflow: repair(wired), results: {}, problems: [], blocked: [] });
  },

  "export-workflow": async ({ store, api }, { format }) => {
    const { workflow } = store.state;
    const exported = format === "comfyui" ? await api.exportComfy(workflow) : null;
    const file = new Blob([JSON.stringify(exported?.prompt ?? workflow, null, 2)], { type: "application/json" });
    const name = (workflow.name || "workflow").replaceAll(/[^\p{L}\p{N} _-]/gu, "").trim() || "workflow";
    saveFile(file, `${name}${exported ? ".comfyui" : ""}.json`);
    const lost = exported ? exported.report.unmapped + exported.report.approximated : 0;
    if (exported && lost) store.set({ overlay: { name: "import-report", report: exported.report } });
    else store.toast("good", `Exported “${workflow.name}”.`);
  },

  "import-workflow": async (context, { file }) => {
    await openImported(context, await context.api.importFile(file), file);
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

  "open-canvas": async (context, { id }) => {
    const { store, api, live } = context;
    const draft = await api.draft(id);
    if (!draft) {
      store.toast("calm", "This canvas was deleted meanwhile.");
      store.set({ openDrafts: store.state.openDrafts.filter((other) => other.id !== id) });
      return;
    }
    live.shared.remember(draft);
    const file = draft.saved && (await api.workflow(draft.saved.name).catch(() => null));
    const state = { draftId: id, results: draft.results, savedAt: draft.saved?.at ?? null, savedWorkflow: file && repair(file.workflow) };
    await open(context, draft.workflow, draft.saved, state);
    await live.refresh();
  },

  "delete-canvas": async ({ store, api }, { id }) => {
    await api.deleteDraft(id);
    store.set({ openDrafts: store.state.openDrafts.filter((other) => other.id !== id) });
  },

  "resolve-conflict": ({ store }, { brick, field, keep }) => {
    const { conflicts, workflow } = store.state;
    const conflict = conflicts.find((other) => other.brick === brick && other.field === field);
    if (!conflict) return;
    store.set({ conflicts: conflicts.filter((other) => other !== conflict) });
    if (keep === "theirs") store.commit("Use the other version", withField(workflow, conflict, conflict.theirs));
  },

  "discard-draft": ({ store }, { workflow }) => {
    store.drafts.discard(workflow);
    store.set({ otherDrafts: store.drafts.others(store.state.workflow) });
  },
};
