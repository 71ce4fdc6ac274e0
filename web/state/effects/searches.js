/** Searches for settings: their list, the open one while it goes on, its actions, and the form. */
/** @import { Context } from "./context.js" */
/** @import { SearchesState, SearchForm } from "../searches.js" */
import { Problem } from "../api.js";
import { Newest } from "../newest.js";
import { bestTrial, NEW_SEARCH, searchBody, searchProblems, trainingOf, usualRanges } from "../searches.js";
import { readFields, trainingEffects } from "./training.js";

const DELAY = 2000; // milliseconds between two readings of a search that goes on
const PATH = "/training/searches";

const [lists, details] = [new Newest(), new Newest()];
let timer = 0;

/** @param {Context} context @param {Partial<SearchesState>} change */
function setSearches({ store }, change) {
  store.set({ searches: { ...store.state.searches, ...change } });
}

/** @param {Context} context @param {Partial<SearchForm>} change */
function setForm(context, change) {
  const { form } = context.store.state.searches;
  if (form) setSearches(context, { form: { ...form, ...change } });
}

/** @param {Context} context @param {Newest} answers @param {() => Promise<Partial<SearchesState>>} read */
async function load(context, answers, read) {
  try {
    const change = await answers.of(read);
    if (change) setSearches(context, { ...change, problem: "" });
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    setSearches(context, { problem: [error.message, error.fix].join(" ") });
  }
}

/** @param {string} id */
const pathOf = (id) => `${PATH}/${encodeURIComponent(id)}`;

/** Reads the open search again while it goes on and is shown. @param {Context} context */
function follow(context) {
  clearTimeout(timer);
  const { place, training, searches } = context.store.state;
  if (place !== "training" || training.tab !== "searches" || searches.open?.status !== "running") return;
  timer = setTimeout(async () => {
    const id = context.store.state.searches.open?.search_id;
    if (id) await searchEffects["open-search"](context, { id });
  }, DELAY);
}

/** Reads the fields of the preset for the base model. @param {Context} context */
async function loadFields(context) {
  const { form } = context.store.state.searches;
  if (!form) return;
  try {
    setForm(context, { trainingFields: await readFields(context, form.training) });
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    setForm(context, { problems: searchProblems(error, form.trainingFields) });
  }
}

/** @satisfies {Partial<import("./context.js").Effects>} */
export const searchEffects = {
  "open-searches": async (context) => {
    await load(context, lists, async () => ({ items: (await context.api.call("GET", PATH)).items }));
    follow(context);
  },

  "open-search": async (context, { id }) => {
    const before = context.store.state.searches.open;
    if (!id) {
      details.drop();
      setSearches(context, { open: null, form: null });
      return;
    }
    await load(context, details, async () => ({ open: await context.api.call("GET", pathOf(id)), form: null }));
    const { open } = context.store.state.searches;
    if (before?.search_id === id && before.status !== open?.status) await searchEffects["open-searches"](context);
    follow(context);
  },

  "new-search": async (context) => {
    details.drop(); // a reading of the search before would close the form
    setSearches(context, { open: null, form: NEW_SEARCH });
    const fields = await context.api.call("GET", `${PATH}/form`);
    setForm(context, { fields, ranges: usualRanges(fields) });
    await loadFields(context);
  },

  "change-search": async (context, { part, values }) => {
    const { form } = context.store.state.searches;
    if (!form) return;
    const problems = form.problems.filter((problem) => problem.place !== part || !(problem.field in values));
    setForm(context, { problems, [part]: { ...form[part], ...values } });
    if ("preset" in values || "model" in values) await loadFields(context);
  },

  "change-search-section": (context, { section, values }) => {
    const { form } = context.store.state.searches;
    if (!form) return;
    const problems = form.problems.filter((problem) => problem.section !== section || !(problem.field in values));
    setForm(context, { problems, sections: { ...form.sections, [section]: { ...form.sections[section], ...values } } });
  },

  "change-ranges": (context, { ranges }) => {
    const problems = context.store.state.searches.form?.problems.filter(({ place }) => place !== "range") ?? [];
    setForm(context, { ranges, problems });
  },

  "start-search": async (context) => {
    const { form } = context.store.state.searches;
    if (!form) return;
    setForm(context, { busy: true, problems: [] });
    try {
      const { search_id: id } = await context.api.call("POST", PATH, searchBody(form));
      await searchEffects["open-search"](context, { id });
      await searchEffects["open-searches"](context);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (!error.status || error.status >= 500) throw error;
      setForm(context, { problems: searchProblems(error, form.trainingFields) });
    } finally {
      setForm(context, { busy: false });
    }
  },

  "control-search": async (context, { id, action }) => {
    const open = await context.api.call("POST", `${pathOf(id)}/${action}`);
    details.drop(); // they were asked for before the change
    setSearches(context, { open });
    await searchEffects["open-searches"](context);
  },

  "train-best": async (context) => {
    const { open } = context.store.state.searches;
    const trial = open && bestTrial(open);
    if (!open || !trial) return;
    const { model, preset } = open;
    const { settings } = await readFields(context, { preset, model });
    await trainingEffects["new-training"](context, { params: trainingOf(open, trial, settings) });
  },
};
