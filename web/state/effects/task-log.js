/** The history: tasks by day, restoring, comparing, notes, undo and clearing. */
/** @import { Context } from "./context.js" */
/** @import { Comparison, LogFilter, Task, TaskLog } from "../types.js" */
import { count } from "../words.js";
import { open } from "./library.js";
import { openPlace } from "./page.js";

const PAGE = 60; // tasks of a request

/** @type {TaskLog} */
const EMPTY_LOG = {
  filter: { text: "", status: "", operation: "", model: "", date: "" },
  days: [],
  tasks: [],
  next: null,
  total: 0,
  selected: "",
  marked: "",
  unfolded: false,
};

/** The time zone of the browser. */
export const zone = () => Intl.DateTimeFormat().resolvedOptions().timeZone;

/** @param {Context} context @param {Partial<TaskLog>} change */
function setLog({ store }, change) {
  store.set({ log: { ...(store.state.log ?? EMPTY_LOG), ...change } });
}

/** @param {Context} context @param {string | null} cursor */
function page({ api, store }, cursor) {
  const filter = (store.state.log ?? EMPTY_LOG).filter;
  const query = new URLSearchParams({ limit: String(PAGE), tz: zone() });
  for (const [name, value] of Object.entries(filter)) if (value) query.set(name, value);
  if (cursor) query.set("cursor", cursor);
  return api.call("GET", `/tasks?${query}`);
}

/** @param {Context} context */
async function load(context) {
  const asked = (context.store.state.log ?? EMPTY_LOG).filter;
  const [tasks, days] = await Promise.all([
    page(context, null),
    context.api.call("GET", `/history?${new URLSearchParams({ tz: zone() })}`),
  ]);
  if ((context.store.state.log ?? EMPTY_LOG).filter !== asked) return; // a newer filter loads its own
  setLog(context, { tasks: tasks.items, next: tasks.next_cursor, total: tasks.total, days: days.items });
}

/**
 * Opens a restored workflow as one step of the undo history; what is missing is said.
 * @param {Context} context
 * @param {{ workflow: any, seed_policy: string | null, missing: { name: string }[] }} restored
 */
async function openRestored(context, { workflow, missing }) {
  await open(context, workflow, null);
  openPlace("wall");
  if (!missing.length) return;
  const names = missing.map(({ name }) => name).join(", ");
  context.store.toast("calm", `Missing on this machine: ${names}.`, "The workflow keeps the names.");
}

/** Opens the workflow of an image, with its own seed. @param {Context} context @param {string} asset */
export async function restoreAsset(context, asset) {
  await openRestored(context, await context.api.call("POST", `/assets/${encodeURIComponent(asset)}/restore`, { seeds: "same" }));
}

/** @param {Context} context @param {import("../requests.js").Requests["compare-snapshots"]} snapshots */
async function compare({ api, store }, { of, a, b }) {
  /** @type {Comparison} */
  const comparison = await api.call("GET", `/${of}/compare?${new URLSearchParams({ a, b })}`);
  store.set({ overlay: { name: "comparison", comparison } });
}

/** @satisfies {Partial<import("./context.js").Effects>} */
export const taskLogEffects = {
  "open-log": async (context) => {
    setLog(context, {});
    await load(context);
  },

  "filter-log": async (context, { filter }) => {
    const log = context.store.state.log ?? EMPTY_LOG;
    setLog(context, { filter: { ...log.filter, ...filter } });
    await load(context);
  },

  "more-log": async (context) => {
    const { log } = context.store.state;
    if (!log?.next) return;
    const { items, next_cursor: next, total } = await page(context, log.next);
    if (context.store.state.log?.tasks !== log.tasks) return; // loaded anew, or this page of it
    setLog(context, { tasks: [...log.tasks, ...items], next, total });
  },

  "unfold-log": (context) => setLog(context, { unfolded: !context.store.state.log?.unfolded }),

  "select-log": (context, { task }) => setLog(context, { selected: task }),

  "mark-log": (context, { task }) => setLog(context, { marked: task }),

  "note-task": async (context, { task, note }) => {
    const changed = await context.api.call("PATCH", `/tasks/${encodeURIComponent(task)}`, { note });
    const { log } = context.store.state;
    if (log) setLog(context, { tasks: log.tasks.map((/** @type {Task} */ entry) => (entry.id === task ? changed : entry)) });
  },

  "restore-task": async (context, { task, seeds }) => {
    await openRestored(context, await context.api.call("POST", `/tasks/${encodeURIComponent(task)}/restore`, { seeds }));
  },

  "restore-asset": (context, { asset }) => restoreAsset(context, asset),

  "restore-last": async (context) => {
    await openRestored(context, (await context.api.call("GET", "/history/last-success")).restored);
  },

  "compare-snapshots": compare,

  "compare-images": async (context) => {
    const [a, b] = context.store.state.gallery.selection.ids;
    if (a && b) await compare(context, { of: "assets", a, b });
  },

  "undo-action": async (context) => {
    const { label } = await context.api.call("POST", "/history/undo");
    context.store.toast("good", `Undone: ${label}.`);
    await load(context);
  },

  "clear-transient": ({ store, api }) => {
    const perform = async () => {
      const { tasks } = await api.call("POST", "/history/clear");
      store.toast("good", `Removed ${count(tasks, "task")}.`, "Images, workflows and tasks with notes are kept.");
    };
    const question = {
      title: "Clear transient data?",
      text: "Ended tasks without a note and previews are removed. Images, workflows and projects stay. Save the session log first to keep it.",
      verb: "Clear",
      perform,
    };
    store.set({ overlay: { name: "confirm", question } });
  },
};

/** @param {LogFilter} filter */
export const isFiltered = (filter) => Object.values(filter).some(Boolean);
