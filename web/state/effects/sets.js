/** Sets: the list, the open set with its recipe and preview, random themes, and runs. */
/** @import { Context } from "./context.js" */
/** @import { Recipe, SetsState } from "../sets.js" */
import { setProps } from "../../document/workflow.js";
import { Problem } from "../api.js";
import { Debounce } from "../debounce.js";
import { changedValues, NO_SETS, runRequest } from "../sets.js";
import { count } from "../words.js";
import { dropBatch, openBatch } from "./batches.js";
import { openPlace } from "./page.js";
import { drawCardSoon } from "./set-card.js";
import { keepSets, keptLists, loadBatches, setSets, setsAsLeft } from "./sets-store.js";
import { quietly } from "./system.js";

const DELAY = 250; // milliseconds after the last key

/** @param {string} id */
const pathOf = (id) => `/sets/${encodeURIComponent(id)}`;

/** Loads the list of sets, the form of a set and the newest batches. @param {Context} context */
export async function loadList(context) {
  const { api, store } = context;
  const known = store.state.sets.form;
  const [sets, form] = await Promise.all([api.call("GET", "/sets"), known.length ? { sections: known } : api.call("GET", "/set-form"), loadBatches(context)]);
  setSets(context, { list: sets.items, form: form.sections ?? [] });
}

/** Loads the prompts of the open set with its theme. @param {Context} context */
export async function loadPreview(context) {
  const { open, recipe } = context.store.state.sets;
  if (!open) return;
  const preview = await context.api.call("GET", `${pathOf(open)}/preview?theme=${encodeURIComponent(recipe.theme)}`);
  const now = context.store.state.sets;
  if (now.open !== open || now.recipe.theme !== recipe.theme) return;
  setSets(context, { preview, row: now.row || (preview.items[0]?.key ?? "") });
}

/** @param {Context} context @param {string} id @param {Partial<SetsState>} [change] */
export async function openSet(context, id, change = {}) {
  dropBatch();
  setSets(context, { ...NO_SETS, ...keptLists(context), open: id, ...change });
  if (!id) return keepSets(context);
  const detail = await context.api.call("GET", pathOf(id));
  if (context.store.state.sets.open !== id) return;
  const { recipe } = context.store.state.sets;
  const theme = change.recipe ? recipe.theme : detail.definition.example_theme;
  setSets(context, { detail, recipe: { ...recipe, theme } });
  keepSets(context);
  await loadPreview(context);
  drawCardSoon(context);
}

/** @type {WeakMap<Context, Debounce<null>>} */
const delays = new WeakMap();

/** Loads the prompts a moment after the last key. @param {Context} context */
function promptsSoon(context) {
  const known = delays.get(context) ?? new Debounce(() => quietly(loadPreview(context)), DELAY);
  delays.set(context, known);
  known.schedule(null);
}

/** @param {Context} context @param {Partial<Recipe>} change */
function changeRecipe(context, change) {
  setSets(context, { recipe: { ...context.store.state.sets.recipe, ...change }, problem: "" });
  keepSets(context);
}

/** @satisfies {Partial<import("./context.js").Effects>} */
export const setEffects = {
  "open-sets": async (context) => {
    const left = setsAsLeft();
    await loadList(context);
    const { list, visited } = context.store.state.sets;
    if (visited) return;
    setSets(context, { visited: true });
    if (!left.open && left.batch) return openBatch(context, left.batch);
    if (!list?.some(({ id }) => id === left.open)) return;
    await openSet(context, left.open, { recipe: left.recipe, row: left.row });
    if (left.batch && context.store.state.sets.open === left.open) await openBatch(context, left.batch);
  },

  "load-sets": async (context) => {
    if (context.store.state.sets.list === null) await loadList(context);
  },

  "run-batch": async (context, { set, theme, values }) => {
    const { task_ids: tasks } = await context.api.call("POST", "/generate/batch", { ...values, set_name: set, user_theme: theme });
    context.store.toast("good", `Queued ${count(tasks.length, "row")}.`);
    await loadBatches(context);
  },

  "random-prop": async (context, { brick, name }) => {
    const { theme } = await context.api.call("GET", "/themes/random");
    const { workflow } = context.store.state;
    context.store.commit("Random theme", setProps(workflow, brick, { [name]: theme }));
  },

  "show-row": async (context, { batch, row }) => {
    const { batches } = context.store.state.sets;
    setSets(context, { visited: true });
    openPlace("sets");
    await openSet(context, batches.find(({ id }) => id === batch)?.set_id ?? "");
    await openBatch(context, batch);
    setSets(context, { row, pane: "batch" });
  },

  "open-set": (context, { set }) => openSet(context, set),

  "change-theme": (context, { theme, seed }) => {
    changeRecipe(context, { theme, themeSeed: seed ?? null });
    promptsSoon(context);
  },

  "random-theme": async (context) => {
    const { theme, seed } = await context.api.call("GET", "/themes/random");
    setEffects["change-theme"](context, { theme, seed });
  },

  "change-recipe": (context, { values, card, ...change }) => {
    const { recipe } = context.store.state.sets;
    changeRecipe(context, {
      ...change,
      ...(values ? { values: changedValues(recipe.values, values) } : {}),
      ...(card ? { card: changedValues(recipe.card, card) } : {}),
    });
    if (card || change.plain !== undefined) drawCardSoon(context);
  },

  "focus-row": (context, { row }) => {
    setSets(context, { row });
    keepSets(context);
    drawCardSoon(context);
  },

  "show-pane": (context, { pane }) => setSets(context, { pane }),

  "run-set": async (context, { rows }) => {
    const { store, api } = context;
    if (store.state.sets.starting) return;
    setSets(context, { starting: true, problem: "" });
    try {
      const { batch_id: batch, task_ids: tasks } = await api.call("POST", "/generate/batch", runRequest(store.state.sets, rows ?? []));
      setSets(context, { pane: "batch" });
      await openBatch(context, batch);
      store.toast("good", `Queued ${count(tasks.length, "row")}.`);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      setSets(context, { problem: [error.message, error.fix].filter(Boolean).join(" ") });
    } finally {
      setSets(context, { starting: false });
    }
  },
};
