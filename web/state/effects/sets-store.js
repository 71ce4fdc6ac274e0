/** The part of the state that holds sets and batches: changes of it, and what the browser keeps. */
/** @import { Context } from "./context.js" */
/** @import { Recipe, SetsState } from "../sets.js" */
import { readSetting, writeSetting } from "../draft.js";
import { Newest } from "../newest.js";
import { NEW_RECIPE } from "../sets.js";

const KEY = "qpyt.sets";
const lists = new Newest();

/** @param {Context} context @param {Partial<SetsState>} change */
export function setSets({ store }, change) {
  store.set({ sets: { ...store.state.sets, ...change } });
}

/** Keeps what is open, and the recipe, for the next visit. @param {Context} context */
export function keepSets({ store }) {
  const { open, recipe, batch, row } = store.state.sets;
  writeSetting(KEY, JSON.stringify({ open, recipe, batch: batch?.id ?? "", row }));
}

/** @returns {{ open: string, recipe: Recipe, batch: string, row: string }} as it was left */
export function setsAsLeft() {
  const none = { open: "", recipe: NEW_RECIPE, batch: "", row: "" };
  try {
    const left = JSON.parse(readSetting(KEY) ?? "{}");
    return { ...none, ...left, recipe: { ...NEW_RECIPE, ...left.recipe } };
  } catch {
    return none; // written by something else
  }
}

/** The lists, which stay when another set is opened. @param {Context} context */
export function keptLists({ store }) {
  const { list, form, batches, watched, visited } = store.state.sets;
  return { list, form, batches, watched, visited };
}

/** Loads the newest batches. @param {Context} context */
export async function loadBatches(context) {
  const list = await lists.of(() => context.api.call("GET", "/batches?limit=100"));
  if (list) setSets(context, { batches: list.items });
}
