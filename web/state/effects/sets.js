/** Sets: the list, the open set with its recipe and preview, random themes, and runs. */
/** @import { Json } from "../../document/types.js" */
/** @import { Context } from "./context.js" */
/** @import { Recipe, SetsState } from "../sets.js" */
import { Problem } from "../api.js";
import { Debounce } from "../debounce.js";
import { cardValues, changedValues, NO_SETS, runRequest, shownImage } from "../sets.js";
import { count } from "../words.js";
import { openBatch } from "./batches.js";
import { keepSets, loadBatches, setSets, setsAsLeft } from "./sets-store.js";
import { quietly } from "./system.js";

const DELAY = 250; // milliseconds after the last key

/** @param {string} id */
const pathOf = (id) => `/sets/${encodeURIComponent(id)}`;

/** Loads the list of sets and the newest batches. @param {Context} context */
export async function loadList(context) {
  const [sets] = await Promise.all([context.api.call("GET", "/sets"), loadBatches(context)]);
  setSets(context, { list: sets.items });
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
  setSets(context, { ...NO_SETS, ...keepLists(context), open: id, ...change });
  if (!id) return keepSets(context);
  const detail = await context.api.call("GET", pathOf(id));
  if (context.store.state.sets.open !== id) return;
  const { recipe } = context.store.state.sets;
  const theme = change.recipe ? recipe.theme : detail.definition.example_theme;
  setSets(context, { detail, recipe: { ...recipe, theme } });
  keepSets(context);
  await loadPreview(context);
  await drawCard(context);
}

/** @param {Context} context */
function keepLists({ store }) {
  const { list, batches } = store.state.sets;
  return { list, batches };
}

/** The request of a card without storing it: over the drawing of the row, else over a plain ground. @param {SetsState} sets */
function cardRequest(sets) {
  const row = sets.preview?.items.find(({ key }) => key === sets.row) ?? sets.preview?.items[0];
  const card = cardValues(sets);
  if (!row?.card || !card) return null;
  const drawing = shownImage(sets.batch?.items.find(({ key }) => key === row.key))?.drawing;
  return /** @type {Record<string, Json>} */ ({ ...row.card, ...sets.recipe.card, dpi: 150, ...(drawing ? { image: drawing } : {}) });
}

/** @param {Context} context */
async function drawCard(context) {
  const request = cardRequest(context.store.state.sets);
  const before = context.store.state.sets.card;
  try {
    const card = request ? URL.createObjectURL(await context.api.preview("overlay", request, "set-card")) : "";
    setSets(context, { card });
    if (before) URL.revokeObjectURL(before);
  } catch (error) {
    if (!(error instanceof Problem)) throw error; // a newer preview took its place, or the server is out of reach
  }
}

/** @type {WeakMap<Context, { prompts: Debounce<null>, card: Debounce<null> }>} */
const delays = new WeakMap();

/** Previews that follow the last change after a moment. @param {Context} context */
export function previews(context) {
  const known = delays.get(context);
  if (known) return known;
  const made = {
    prompts: new Debounce(() => quietly(loadPreview(context)), DELAY),
    card: new Debounce(() => drawCard(context), DELAY),
  };
  delays.set(context, made);
  return made;
}

/** @param {Context} context @param {Partial<Recipe>} change */
function changeRecipe(context, change) {
  setSets(context, { recipe: { ...context.store.state.sets.recipe, ...change }, problem: "" });
  keepSets(context);
}

/** @satisfies {Partial<import("./context.js").Effects>} */
export const setEffects = {
  "open-sets": async (context) => {
    const first = context.store.state.sets.list === null;
    const left = setsAsLeft();
    await loadList(context);
    const { list, open } = context.store.state.sets;
    if (!first || open || !list?.some(({ id }) => id === left.open)) return;
    await openSet(context, left.open, { recipe: left.recipe, row: left.row });
    if (left.batch) await openBatch(context, left.batch);
  },

  "open-set": (context, { set }) => openSet(context, set),

  "change-theme": (context, { theme, seed }) => {
    changeRecipe(context, { theme, themeSeed: seed ?? null });
    previews(context).prompts.schedule(null);
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
    if (card || change.plain !== undefined) previews(context).card.schedule(null);
  },

  "focus-row": (context, { row }) => {
    setSets(context, { row });
    keepSets(context);
    previews(context).card.schedule(null);
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
