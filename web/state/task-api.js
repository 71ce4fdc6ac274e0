/**
 * Tasks, the queue and the state of the studio over REST.
 *
 * @import { Json } from "../document/types.js"
 * @import { List } from "./api.js"
 * @import { Queue, System, Task } from "./types.js"
 */
import { OFFLINE, Problem, WINDOW, received } from "./api.js";
import { ModelApi } from "./model-api.js";

export class TaskApi extends ModelApi {
  /**
   * Queues one task of an operation, which starts also while auto-run is off: the user waits for it.
   * @param {string} operation
   * @param {Record<string, Json>} params
   * @returns {Promise<{ task_id: string }>}
   */
  submit(operation, params) {
    return this.call("POST", `/${encodeURIComponent(operation)}`, { ...params, hold: false });
  }

  /**
   * The first image of a transient run: no task, no stored file. A newer run of the same slot supersedes it.
   * @param {string} operation
   * @param {Record<string, Json>} params
   * @param {string} slot
   * @returns {Promise<Blob>}
   */
  async preview(operation, params, slot) {
    const body = { ...params, transient: true, slot };
    const { outputs } = await this.call("POST", `/${encodeURIComponent(operation)}`, body);
    const answer = await fetch(outputs[0].url).catch(() => null);
    if (!answer?.ok) throw new Problem(answer?.status ?? 0, OFFLINE);
    return received(answer.blob());
  }

  /**
   * @param {Record<string, Json>} params
   * @param {string} slot
   * @returns {Promise<Record<string, Json>>}
   */
  async countTokens(params, slot) {
    const { outputs } = await this.call("POST", "/count_tokens", { ...params, transient: true, slot });
    return outputs[0].value;
  }

  /** @returns {Promise<System>} */
  system() {
    return this.call("GET", "/system");
  }

  /** @param {number} offset @param {number} ended @param {boolean} cancelled @returns {Promise<import("./types.js").QueueSnapshot>} */
  snapshot(offset, ended, cancelled) {
    return this.call("GET", `/queue/snapshot?offset=${offset}&limit=${WINDOW}&ended=${ended}&cancelled=${cancelled}`);
  }

  /** @param {string[]} ids @returns {Promise<List<Task>>} */
  tasksById(ids) {
    return this.call("GET", `/tasks?${new URLSearchParams([["limit", String(ids.length)], ...ids.map((id) => ["id", id])])}`);
  }

  /**
   * A page of the history, newest first.
   * @param {import("./types.js").TaskFilter} filter
   * @param {string | null} cursor
   * @returns {Promise<List<Task>>}
   */
  history(filter, cursor) {
    const set = Object.entries({ ...filter, cursor: cursor ?? "" }).filter(([, value]) => value);
    return this.call("GET", `/tasks?${new URLSearchParams([["limit", "50"], ...set])}`);
  }

  /** @param {string} id @returns {Promise<Task>} */
  task(id) {
    return this.call("GET", `/tasks/${encodeURIComponent(id)}`);
  }

  /** @param {string} id @returns {Promise<Task>} */
  cancel(id) {
    return this.call("POST", `/tasks/${encodeURIComponent(id)}/cancel`);
  }

  /** @param {string} id @returns {Promise<Task>} */
  retry(id) {
    return this.call("POST", `/tasks/${encodeURIComponent(id)}/retry`);
  }

  /** @param {string} id @param {Record<string, Json>} change @returns {Promise<Task>} */
  changeTask(id, change) {
    return this.call("PATCH", `/tasks/${encodeURIComponent(id)}`, change);
  }

  /** @param {string} id @param {Record<string, Json>} repetition @returns {Promise<{ task_ids: string[] }>} */
  repeat(id, repetition) {
    return this.call("POST", `/tasks/${encodeURIComponent(id)}/repeat`, repetition);
  }

  /** @param {Record<string, Json>} selection @returns {Promise<{ cancelled: number }>} */
  cancelTasks(selection) {
    return this.call("POST", "/tasks/cancel", selection);
  }

  /** @param {Record<string, Json>} selection @returns {Promise<{ retried: number }>} */
  retryTasks(selection) {
    return this.call("POST", "/tasks/retry", selection);
  }

  /** @param {Record<string, Json>} selection @returns {Promise<{ released: number }>} */
  releaseTasks(selection) {
    return this.call("POST", "/tasks/release", selection);
  }

  /** @param {Partial<Pick<Queue, "paused" | "auto_run" | "cleared_at">>} change @returns {Promise<Queue>} */
  changeQueue(change) {
    return this.call("PATCH", "/queue", change);
  }

  /** @returns {Promise<Queue>} */
  clearFinished() {
    return this.call("POST", "/queue/clear");
  }
}
