/**
 * Synchronization of the queue: numbered snapshots of the server, and its events between them.
 *
 * A snapshot replaces the lists; an event changes a task of an older version, and asks for the next
 * snapshot where order or counts may differ. Snapshots are read one at a time, and an older one
 * never replaces a newer one: after the last event the page has the state of the server.
 *
 * @import { Api } from "./studio-api.js"
 * @import { Store } from "./store.js"
 * @import { QueueSnapshot, Task } from "./types.js"
 */
import { Problem } from "./api.js";
import { mergeTasks, unfinished, waiting } from "./selectors/tasks.js";
import { placeOf } from "./stream.js";

const DELAY = 250; // milliseconds from a change to the next snapshot
const RETRY_DELAY = 2000; // milliseconds from a failed request to the next
const SPARSE = 100; // tasks that are read at once by their ids

export class QueueSync {
  #timer = 0;
  #loading = false;
  #again = false;
  /** Id of the last event in the newest snapshot. */
  #shown = "";
  /** Tasks with an event that is newer than this snapshot, and its id. @type {Map<string, string>} */
  #newer = new Map();
  /** Ended tasks of the wall that a snapshot should list, and does not. @type {Set<string>} */
  #doubtful = new Set();

  /** @param {Store} store @param {Api} api */
  constructor(store, api) {
    this.store = store;
    this.api = api;
  }

  /** Reads the next snapshot shortly; many changes read one. @param {number} [delay] */
  soon(delay = DELAY) {
    this.#timer ||= setTimeout(() => {
      this.#timer = 0;
      this.load().catch((error) => {
        if (!(error instanceof Problem)) throw error;
        this.soon(RETRY_DELAY);
      });
    }, delay);
  }

  /** Reads a snapshot now, or after the one that is being read. */
  async load() {
    if (this.#loading) {
      this.#again = true;
      return;
    }
    this.#loading = true;
    try {
      do {
        this.#again = false;
        const { queueOffset: offset, endedCount, showCancelled } = this.store.state;
        this.#show(await this.api.snapshot(offset, endedCount, showCancelled), endedCount, showCancelled);
        await this.#loadOthers();
      } while (this.#again);
    } finally {
      this.#loading = false;
    }
  }

  /** Takes in a task of an answer, or of the event of this id. @param {Task} task @param {string} [event] */
  task(task, event) {
    if (event) this.#newer.set(task.id, event);
    this.store.set({ tasks: mergeTasks(this.store.state, [task]) });
    this.soon();
  }

  /** @param {{ task_id: string, progress: Task["progress"] }} data */
  progress({ task_id: id, progress }) {
    const { tasks } = this.store.state;
    const task = tasks[id];
    if (task?.status !== "running") return;
    this.store.set({ tasks: { ...tasks, [id]: { ...task, progress } } });
  }

  /** @param {QueueSnapshot} snapshot @param {number} endedCount @param {boolean} cancelled as it was asked for */
  #show(snapshot, endedCount, cancelled) {
    if (isNewer(this.#shown, snapshot.event_id)) return;
    this.#shown = snapshot.event_id;
    for (const [id, event] of this.#newer) if (!isNewer(event, this.#shown)) this.#newer.delete(id);
    const { running, waiting: queued, ended, offset, starts_in_seconds: starts, paused, auto_run, cleared_at, counts, eta_seconds, lanes } = snapshot;
    const listed = [...running, ...queued, ...ended];
    const since = (ended.length < endedCount ? cleared_at : ended.at(-1)?.finished_at) ?? "";
    /** @param {Task} task */
    const covered = (task) => unfinished(task) || (String(task.finished_at) > since && (cancelled || task.status !== "cancelled"));
    const before = { ...this.store.state, tasks: this.#kept(new Set(listed.map(({ id }) => id)), covered) };
    this.store.set({
      queue: { paused, auto_run, cleared_at, counts, eta_seconds, lanes },
      tasks: mergeTasks(before, listed),
      waiting: queued.map(({ id }) => id),
      waitingOffset: offset,
      startsIn: Object.fromEntries(queued.map(({ id }, index) => [id, starts[index] ?? null])),
      ended: ended.map(({ id }) => id),
    });
  }

  /**
   * The tasks of the page without those that changed unseen: a list of the snapshot would hold them,
   * and does not. Those that a brick shows stay until they are read again.
   * @param {Set<string>} listed
   * @param {(task: Task) => boolean} covered true for a task that the snapshot would list
   */
  #kept(listed, covered) {
    const { tasks, results } = this.store.state;
    const onWall = new Set(Object.values(results).flat());
    /** @param {Task} task */
    const changed = (task) => !listed.has(task.id) && covered(task) && !this.#newer.has(task.id);
    const entries = Object.entries(tasks);
    this.#doubtful = new Set(entries.filter(([id, task]) => onWall.has(id) && !unfinished(task) && changed(task)).map(([id]) => id));
    return Object.fromEntries(entries.filter(([id, task]) => onWall.has(id) || !changed(task)));
  }

  /** Reads tasks of the wall that no list holds: unknown ones, and those that may have changed. */
  async #loadOthers() {
    const { results, tasks, waiting: queued } = this.store.state;
    const listed = new Set(queued);
    const ids = [...new Set(Object.values(results).flat())].filter((id) => {
      const task = tasks[id];
      return !task || this.#doubtful.has(id) || (waiting(task) ? !listed.has(id) : task.status === "running");
    });
    const missing = new Set(ids);
    for (let start = 0; start < ids.length; start += SPARSE) {
      const { items } = await this.api.tasksById(ids.slice(start, start + SPARSE));
      for (const { id } of items) missing.delete(id);
      this.store.set({ tasks: mergeTasks(this.store.state, items) });
    }
    const rest = Object.entries(this.store.state.tasks).filter(([id]) => !missing.has(id));
    if (missing.size) this.store.set({ tasks: Object.fromEntries(rest) });
  }
}

/** True where the first event came after the second, in one epoch. @param {string} id @param {string} other */
function isNewer(id, other) {
  const [first, second] = [placeOf(id), placeOf(other)];
  return first.epoch === second.epoch && first.number > second.number;
}
