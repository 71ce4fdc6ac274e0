/** Changes of the queue. */
import { mergeTasks } from "../selectors/tasks.js";
import { count } from "../words.js";

/** @satisfies {Partial<import("./context.js").Effects>} */
export const queueEffects = {
  "cancel-task": async ({ store, api }, { task }) => {
    const answer = await api.cancel(task);
    store.set({ tasks: mergeTasks(store.state, [answer]) });
  },

  "retry-task": async ({ store, api }, { task }) => {
    const answer = await api.retry(task);
    store.set({ tasks: mergeTasks(store.state, [answer]) });
  },

  "move-to-front": async ({ store, api }, { task }) => {
    const first = store.state.waiting.find((id) => id !== task);
    if (!first) return;
    await api.moveBefore(task, first);
    store.set({ waiting: [task, ...store.state.waiting.filter((id) => id !== task)] });
  },

  "cancel-all": async ({ store, api }) => {
    const { cancelled } = await api.cancelAll();
    store.toast("calm", `Cancelled ${count(cancelled, "task")}. Finished images are kept.`);
  },

  "toggle-pause": async ({ store, api }) => {
    const queue = await api.pause(!store.state.queue?.paused);
    store.set({ queue });
  },
};
