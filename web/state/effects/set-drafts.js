/** Sets that are made and edited: tables from files, previews before saving, copies, deletion with undo. */
/** @import { Json } from "../../document/types.js" */
/** @import { Context } from "./context.js" */
/** @import { SetDefinition, SetDraft, SetFault } from "../sets.js" */
import { Problem } from "../api.js";
import { Debounce } from "../debounce.js";
import { changedValues, decodeTable, fieldProblems, freeSetId, rowTitle } from "../sets.js";
import { drawCardSoon } from "./set-card.js";
import { loadList, openSet } from "./sets.js";
import { setSets } from "./sets-store.js";
import { quietly } from "./system.js";

const DELAY = 300; // milliseconds after the last key
const EXAMPLE = "name,description\nFox,a fox between ferns\nOwl,an owl on a bare branch\n";

/** @type {WeakMap<Context, Debounce<null>>} */
const delays = new WeakMap();

/** Loads the prompts and faults of the draft. @param {Context} context */
async function check(context) {
  const { draft } = context.store.state.sets;
  if (!draft) return;
  const { definition, csv } = draft;
  try {
    const preview = await context.api.call("POST", `/sets/preview?theme=${encodeURIComponent(definition.example_theme ?? "")}`, { ...definition, name: definition.name || "New set", csv });
    const ofFields = preview.faults.filter((/** @type {SetFault} */ { field }) => field);
    change(context, { preview, ...mistakes(context, ofFields) }, draft);
    drawCardSoon(context);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    change(context, { preview: null, ...refusal(context, error) }, draft);
  }
}

/** The mistakes of a refused request, at their fields. @param {Context} context @param {Problem} error */
function refusal(context, error) {
  const whole = { field: error.field, detail: [error.message, error.fix].filter(Boolean).join(" ") };
  return mistakes(context, error.errors.length ? error.errors : [whole]);
}

/** @param {Context} context @param {readonly { field?: string | null, detail: string }[]} errors @returns {Pick<SetDraft, "problems" | "problem">} */
function mistakes({ store }, errors) {
  const { problems, others } = fieldProblems(store.state.sets.form, errors);
  return { problems, problem: others.join(" ") };
}

/** @param {Context} context @param {Partial<SetDraft>} part @param {SetDraft} [of] the draft that it belongs to */
function change(context, part, of) {
  const { draft } = context.store.state.sets;
  if (draft && (!of || (draft.csv === of.csv && draft.definition === of.definition))) setSets(context, { draft: { ...draft, ...part } });
}

/** @param {Context} context */
function checkSoon(context) {
  const known = delays.get(context) ?? new Debounce(() => check(context), DELAY);
  delays.set(context, known);
  known.schedule(null);
}

/** @param {Context} context @param {Partial<SetDraft>} draft */
function openDraft(context, draft) {
  setSets(context, { draft: { replaces: "", definition: {}, csv: "", preview: null, encoding: "", problems: [], problem: "", ...draft } });
  checkSoon(context);
}

/** @param {Context} context @param {string} id @returns {Promise<{ definition: SetDefinition, csv: string }>} */
async function saved({ api }, id) {
  const { definition } = await api.call("GET", `/sets/${encodeURIComponent(id)}`);
  return { definition, csv: await api.text(`/sets/${encodeURIComponent(id)}/table`) };
}

/** @param {Context} context @param {{ definition?: SetDefinition, csv?: string }} part */
function changeDraft(context, { definition, csv }) {
  const { draft } = context.store.state.sets;
  if (!draft) return;
  change(context, { definition: { ...draft.definition, ...definition }, ...(csv === undefined ? {} : { csv }) });
  checkSoon(context);
}

/** @param {Context} context @param {string} section @param {Record<string, Json | undefined> | null} values null: without the part */
function changePart(context, section, values) {
  const part = context.store.state.sets.draft?.definition[section] ?? {};
  changeDraft(context, { definition: { [section]: values && changedValues(part, values) } });
}

/** @satisfies {Partial<import("./context.js").Effects>} */
export const draftEffects = {
  "new-set": (context, { name = "", csv = EXAMPLE, encoding = "" }) => openDraft(context, { definition: { name }, csv, encoding }),

  "read-table": async (context, { file }) => {
    const { text, encoding } = decodeTable(new Uint8Array(await file.arrayBuffer()));
    if (context.store.state.sets.draft) {
      change(context, { csv: text, encoding });
      checkSoon(context);
    } else {
      openDraft(context, { definition: { name: rowTitle(file.name.replace(/\.[^.]*$/, "").replaceAll("_", "-")) }, csv: text, encoding });
    }
  },

  "edit-set": async (context, { set, copy }) => {
    const { definition, csv } = await saved(context, set);
    const name = copy ? `${definition.name} (copy)` : definition.name;
    openDraft(context, { replaces: copy ? "" : set, definition: { ...definition, name }, csv });
  },

  "change-draft": (context, part) => changeDraft(context, part),

  "change-draft-part": (context, { section, values }) => changePart(context, section, values),

  "change-draft-print": (context, { values }) => changePart(context, "print", values),

  "upload-draft-back": async (context, { file }) => changePart(context, "print", { back: (await context.api.upload(file)).id }),

  "save-draft": async (context) => {
    const { draft, list } = context.store.state.sets;
    if (!draft) return;
    const id = draft.replaces || freeSetId(draft.definition.name ?? "", (list ?? []).map((set) => set.id));
    try {
      await context.api.call("PUT", `/sets/${id}`, { ...draft.definition, csv: draft.csv });
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      change(context, refusal(context, error));
      return;
    }
    context.store.toast("good", `Saved ${draft.definition.name}.`);
    await loadList(context);
    await openSet(context, id);
  },

  "end-draft": (context) => setSets(context, { draft: null }),

  "delete-set": async (context, { set }) => {
    const { definition, csv } = await saved(context, set);
    await context.api.call("DELETE", `/sets/${encodeURIComponent(set)}`);
    const undo = async () => {
      await context.api.call("PUT", `/sets/${encodeURIComponent(set)}`, { ...definition, csv });
      await loadList(context);
      await openSet(context, set);
    };
    context.store.toast("calm", `Deleted ${definition.name}.`, "Its batches and images stay.", { label: "Undo", perform: () => void quietly(undo()) });
    await openSet(context, "");
    await loadList(context);
  },
};
