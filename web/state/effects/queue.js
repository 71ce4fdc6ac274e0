/** Changes of the queue and of its tasks. */
/** @import { Context } from "./context.js" */
/** @import { Task } from "../types.js" */
import { Problem } from "../api.js";
import { mergeTasks, placeInQueue, waitingCount } from "../selectors/tasks.js";
import { count } from "../words.js";

const UNFINISHED = ["pending", "held", "running"];

/** Shows the answer to a change, then reads the queue again. @param {Context} context @param {Task} task */
function changed({ store, live }, task) {
  store.set({ tasks: mergeTasks(store.state, [task]) });
  live.queue.soon();
}

/**
 * Moves a listed task at once; the answer of the server follows.
 * @param {Context} context
 * @param {string} task
 * @param {{ before?: string, after?: string, end?: "top" | "bottom" }} place
 */
async function move(context, task, { before, after, end }) {
  const { store, api } = context;
  const others = store.state.waiting.filter((id) => id !== task);
  const neighbour = others.indexOf(before ?? after ?? "");
  const index = end === "top" ? 0 : end === "bottom" ? others.length : neighbour + (after ? 1 : 0);
  if (neighbour >= 0 || end) store.set({ waiting: others.toSpliced(index, 0, task) });
  try {
    changed(context, await api.changeTask(task, before ? { before } : after ? { after } : { end: end ?? "top" }));
  } finally {
    context.live.queue.soon();
  }
  const place = placeInQueue(store.state, task);
  store.set({ announcement: place ? `Moved to place ${place} of ${waitingCount(store.state)}.` : "Moved." });
}

/** @satisfies {Partial<import("./context.js").Effects>} */
export const queueEffects = {
  "cancel-task": async (context, { task }) => changed(context, await context.api.cancel(task)),

  "retry-task": async (context, { task }) => changed(context, await context.api.retry(task)),

  "move-task": (context, { task, ...place }) => move(context, task, place),

  "nudge-task": (context, { task, by }) => {
    const { waiting } = context.store.state;
    const neighbour = waiting[waiting.indexOf(task) + by];
    return neighbour ? move(context, task, by < 0 ? { before: neighbour } : { after: neighbour }) : undefined;
  },

  "hold-task": async (context, { task, held }) => changed(context, await context.api.changeTask(task, { held })),

  "set-priority": async (context, { task, priority }) => changed(context, await context.api.changeTask(task, { priority })),

  "repeat-task": async ({ store, api, live }, { task, ...repetition }) => {
    const { task_ids: ids } = await api.repeat(task, repetition);
    const { brick_id: brick } = store.state.tasks[task] ?? {};
    const { results } = store.state;
    // The images appear where those of the repeated task are.
    if (brick && results[brick]?.includes(task)) store.set({ results: { ...results, [brick]: [...ids.toReversed(), ...results[brick]] } });
    store.toast("good", `Queued ${count(ids.length, "task")}.`);
    await live.queue.load();
  },

  "cancel-all": async ({ store, api, live }, { text = "" }) => {
    const { cancelled } = await api.cancelTasks({ status: UNFINISHED, text });
    store.toast("calm", `Cancelled ${count(cancelled, "task")}. Finished images are kept.`);
    live.queue.soon();
  },

  "retry-failed": async ({ store, api, live }) => {
    const { retried } = await api.retryTasks({});
    store.toast("calm", `Queued ${count(retried, "task")} again.`);
    live.queue.soon();
  },

  "release-all": async ({ store, api, live }) => {
    const { released } = await api.releaseTasks({});
    store.toast("calm", `Released ${count(released, "task")}.`);
    live.queue.soon();
  },

  "clear-finished": async ({ store, api, live }) => {
    const before = store.state.queue?.cleared_at ?? null;
    store.set({ queue: await api.clearFinished() });
    live.queue.soon();
    const perform = async () => {
      store.set({ queue: await api.changeQueue({ cleared_at: before }) });
      live.queue.soon();
    };
    store.toast("calm", "Cleared the finished tasks.", "The history still has them.", { label: "Undo", perform: () => void perform() });
  },

  recover: async (context, { label, path, body, show }) => {
    const { store, api, live } = context;
    if (show) {
      store.set({ queueOpen: true });
      const filter = { text: "", status: show, operation: "", model: "", project_id: "" };
      await queueEffects["search-history"](context, { filter });
      return;
    }
    await api.call("POST", path ?? "", body ?? {});
    store.toast("good", `${label}: done.`);
    await live.refresh();
  },

  "toggle-pause": async ({ store, api, live }) => {
    store.set({ queue: await api.changeQueue({ paused: !store.state.queue?.paused }) });
    live.queue.soon(); // the answer may be older than what an event said
  },

  "toggle-auto-run": async ({ store, api, live }) => {
    store.set({ queue: await api.changeQueue({ auto_run: !(store.state.queue?.auto_run ?? true) }) });
    live.queue.soon();
  },

  "show-queue-part": async ({ store, live }, { offset }) => {
    if (store.state.queueOffset === offset) return;
    store.set({ queueOffset: offset });
    await live.queue.load();
  },

  "show-more-ended": async ({ store, live, api }) => {
    const { history, endedCount } = store.state;
    if (!history) {
      store.set({ endedCount: Math.min(200, endedCount + 50) });
      await live.queue.load();
      return;
    }
    if (!history.next) return;
    const { items, next_cursor: next = null, total = 0 } = await api.history(history.filter, history.next);
    store.set({ tasks: mergeTasks(store.state, items) });
    if (store.state.history !== history) return; // another search is shown, or this page of it
    store.set({ history: { ...history, items: [...history.items, ...items.map(({ id }) => id)], next, total } });
  },

  "toggle-cancelled": async ({ store, live }) => {
    store.set({ showCancelled: !store.state.showCancelled });
    await live.queue.load();
  },

  "search-history": async ({ store, api }, { filter }) => {
    if (!filter) {
      store.set({ history: null });
      return;
    }
    const before = store.state.history;
    store.set({ history: { items: [], next: null, total: 0, ...before, filter } });
    const { items, next_cursor: next = null, total = 0 } = await api.history(filter, null);
    if (store.state.history?.filter !== filter) return; // a newer search is shown
    store.set({ tasks: mergeTasks(store.state, items) });
    store.set({ history: { filter, items: items.map(({ id }) => id), next, total } });
  },

  "edit-task": ({ store }, { task }) => {
    const { version } = store.state.tasks[task] ?? { version: 0 };
    const taskEdit = task ? { task, version, values: {}, field: "", problem: "", busy: false } : null;
    store.set({ taskEdit });
  },

  "edit-task-values": async ({ store, api }, { values, file }) => {
    const edited = store.state.taskEdit?.task;
    const uploaded = file ? { [file.name]: (await api.upload(file.file)).id } : {};
    const { taskEdit } = store.state; // edited further during the upload
    if (!taskEdit || taskEdit.task !== edited) return;
    store.set({ taskEdit: { ...taskEdit, field: "", problem: "", values: { ...taskEdit.values, ...values, ...uploaded } } });
  },

  "save-task-edit": async (context) => {
    const { store, api } = context;
    const { taskEdit } = store.state;
    if (!taskEdit) return;
    const { task, version, values } = taskEdit;
    const params = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, value ?? null]));
    store.set({ taskEdit: { ...taskEdit, busy: true } });
    try {
      changed(context, await api.changeTask(task, { params, version }));
      store.set({ taskEdit: null });
      store.toast("good", "Changed the waiting task.");
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      const newest = error.code === "task_changed" ? await api.task(task) : null;
      if (newest) changed(context, newest);
      const problem = [error.message, newest ? "Save again to change it nevertheless." : error.fix].filter(Boolean).join(" ");
      store.set({ taskEdit: { ...taskEdit, version: newest?.version ?? version, field: error.field.replace(/^params\./, ""), problem, busy: false } });
    }
  },
};
