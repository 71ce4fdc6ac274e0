/** Batches: the one that is shown, its actions on all rows, redo, variants and likeness. */
/** @import { Context } from "./context.js" */
/** @import { SetsState } from "../sets.js" */
import { Newest } from "../newest.js";
import { changedValues, neighbour, NO_SETS, outliers, printRequest, redoable } from "../sets.js";
import { count } from "../words.js";
import { completed } from "./gallery-moves.js";
import { openPlace } from "./page.js";
import { drawCardSoon } from "./set-card.js";
import { keepSets, keptLists, loadBatches, setSets } from "./sets-store.js";
import { quietly } from "./system.js";

const LEAST = 400; // milliseconds between two loads of a batch
const MOST_WATCHED = 4;
const PER_ROW = 0.4; // milliseconds that a row adds: a large batch is loaded less often

const [openings, readings] = [new Newest(), new Newest()];

/** Drops a batch that is being opened: another set is shown, or none. */
export const dropBatch = () => openings.drop();

/** @param {string} id */
const pathOf = (id) => `/batches/${encodeURIComponent(id)}`;

/** @param {Context} context @param {string} id empty for none */
export async function openBatch(context, id) {
  const { api, store } = context;
  /** @type {Partial<SetsState>} */
  const closed = { batch: null, harmony: null, marked: new Set(), filter: "all" };
  if (!id) {
    dropBatch();
    setSets(context, closed);
    keepSets(context);
    return loadBatches(context);
  }
  const batch = await openings.of(() => api.call("GET", pathOf(id)));
  if (!batch) return;
  const { row } = store.state.sets;
  const known = batch.items.some((/** @type {{ key: string }} */ { key }) => key === row);
  setSets(context, { ...closed, batch, row: known ? row : (batch.items[0]?.key ?? "") });
  keepSets(context);
  drawCardSoon(context);
  if (batch.unfinished) reloadSoon(context, batch.rows); // its events before this moment were not for a shown batch
  await loadBatches(context);
}

/** Loads the batch that is shown once more. @param {Context} context */
export async function reloadBatch(context) {
  const id = context.store.state.sets.batch?.id;
  if (!id) return;
  const batch = await readings.of(() => context.api.call("GET", pathOf(id)));
  if (batch && context.store.state.sets.batch?.id === id) setSets(context, { batch });
}

/** @type {WeakMap<Context, { again: boolean }>} */
const reloads = new WeakMap();

/**
 * Follows the tasks of the batch that is shown.
 * @param {Context} context
 * @param {{ type: string, data: any }} event
 */
export function applyBatchEvent(context, { type, data }) {
  const { batch, watched, batches } = context.store.state.sets;
  const known = [batch, ...Object.values(watched), ...batches].filter((entry) => entry !== null);
  const shown = type === "missed" ? known[0] : type === "task" ? known.find(({ id }) => id === data.run_id) : null;
  if (shown) reloadSoon(context, shown.rows);
}

/** Loads the shown batches, or their list, after a while, one load at a time: an event during a load begins another. @param {Context} context @param {number} rows */
function reloadSoon(context, rows) {
  const begun = reloads.get(context);
  if (begun) {
    begun.again = true;
    return;
  }
  const reload = { again: false };
  reloads.set(context, reload);
  const load = async () => {
    reload.again = false;
    const { place, sets: { batch, watched } } = context.store.state;
    const listed = place === "sets" && !batch;
    await Promise.all([listed ? loadBatches(context) : reloadBatch(context), ...Object.keys(watched).map((id) => watch(context, id))]);
  };
  const end = () => {
    reloads.delete(context);
    if (reload.again) reloadSoon(context, rows);
  };
  window.setTimeout(() => void quietly(load().finally(end)), LEAST + rows * PER_ROW);
}

/** Loads a batch that a brick shows. @param {Context} context @param {string} id */
async function watch(context, id) {
  const batch = await context.api.call("GET", pathOf(id));
  const others = Object.entries(context.store.state.sets.watched).filter(([other]) => other !== id);
  setSets(context, { watched: Object.fromEntries([...others.slice(1 - MOST_WATCHED), [id, batch]]) });
}

/** @param {Context} context @param {"pause" | "resume" | "cancel" | "retry"} action */
async function act(context, action) {
  const { batch } = context.store.state.sets;
  if (!batch) return;
  await context.api.call("POST", `${pathOf(batch.id)}/${action}`);
  await reloadBatch(context);
}

/** @satisfies {Partial<import("./context.js").Effects>} */
export const batchEffects = {
  "open-batch": (context, { batch }) => openBatch(context, batch),

  "watch-batch": async (context, { batch: id }) => {
    await watch(context, id);
    const batch = context.store.state.sets.watched[id];
    if (batch?.unfinished) reloadSoon(context, batch.rows); // its events before this moment were not for a watched one
  },

  "step-batch": async (context, { step }) => {
    const other = neighbour(context.store.state.sets, step);
    if (other) await openBatch(context, other.id);
  },

  "run-matrix": async (context, matrix) => {
    const { api, store } = context;
    const { batch_id: id, task_ids: tasks } = await api.call("POST", "/generate/matrix", matrix);
    store.set({ overlay: { name: "" } });
    store.toast("good", `Queued ${count(tasks.length, "image")}.`);
    setSets(context, { ...NO_SETS, ...keptLists(context), visited: true, pane: "batch" });
    openPlace("sets");
    await openBatch(context, id);
  },

  "change-batch": (context, { action }) => act(context, action),

  "redo-rows": async (context, { rows }) => {
    const { batch, marked } = context.store.state.sets;
    const keys = redoable(batch, rows ?? marked);
    if (!batch || !keys.length) {
      context.store.toast("calm", "These rows are still drawn.", "Wait until they have ended.");
      return;
    }
    await context.api.call("POST", `${pathOf(batch.id)}/redo`, { rows: keys });
    setSets(context, { marked: new Set([...marked].filter((key) => !keys.includes(key))) });
    context.store.toast("good", `Drawing ${count(keys.length, "row")} again.`, "The former images stay as variants.");
    await reloadBatch(context);
  },

  "mark-rows": (context, { rows, marked: on }) => {
    const marked = new Set(context.store.state.sets.marked);
    for (const key of rows) {
      if (on) marked.add(key);
      else marked.delete(key);
    }
    setSets(context, { marked });
  },

  "filter-rows": (context, { filter }) => setSets(context, { filter }),

  "choose-variant": async (context, { row, asset }) => {
    const { batch } = context.store.state.sets;
    if (!batch) return;
    const changed = await context.api.call("POST", `${pathOf(batch.id)}/rows/${encodeURIComponent(row)}/choose`, { asset_id: asset });
    const now = context.store.state.sets.batch;
    if (now?.id !== batch.id) return;
    readings.drop(); // they may be from before the choice
    setSets(context, { batch: { ...now, items: now.items.map((item) => (item.key === row ? changed : item)) } });
    reloadSoon(context, now.rows);
  },

  "change-print": (context, { values }) => setSets(context, { print: changedValues(context.store.state.sets.print, values) }),

  "download-batch": ({ store }, kept) => {
    const { batch } = store.state.sets;
    if (batch) location.assign(`/api${pathOf(batch.id)}/archive?metadata=${kept.metadata}&provenance=${kept.provenance}`); // a download: the page stays
  },

  "upload-back": async (context, { file }) => {
    const { id } = await context.api.upload(file);
    batchEffects["change-print"](context, { values: { back: id } });
  },

  "print-batch": async (context, { format }) => {
    const { api, store } = context;
    const { batch } = store.state.sets;
    if (!batch) return;
    await whileBusy(context, format === "cards" ? "Arranging the cards…" : "Drawing the contact sheet…", async () => {
      const { task_id: id } = await api.call("POST", `${pathOf(batch.id)}/print`, printRequest(store.state.sets, format));
      if (!(await completed(context, id))) return;
      const [file] = (await api.task(id)).outputs;
      if (file) save(file.url, `${batch.folder}.${format === "cards" ? "pdf" : "png"}`);
      store.toast("good", format === "cards" ? "The PDF is ready." : "The contact sheet is ready.");
    });
  },

  "measure-harmony": async (context) => {
    const { api, store } = context;
    const { batch } = store.state.sets;
    if (!batch) return;
    await whileBusy(context, "Comparing the images…", async () => {
      const { task_id: task } = await api.call("POST", `${pathOf(batch.id)}/harmony`);
      const compared = task && (await completed(context, task)); // null where no metric network is at hand
      const harmony = await api.call("GET", `${pathOf(batch.id)}/harmony${compared ? `?task_id=${encodeURIComponent(task)}` : ""}`);
      if (store.state.sets.batch?.id === batch.id) setSets(context, { harmony, marked: new Set(outliers(harmony)) });
    });
  },
};

/** Names work in progress while it lasts. @param {Context} context @param {string} busy @param {() => Promise<void>} work */
async function whileBusy(context, busy, work) {
  setSets(context, { busy });
  try {
    await work();
  } finally {
    setSets(context, { busy: "" });
  }
}

/** Downloads a file. @param {string} url @param {string} name */
function save(url, name) {
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
}
