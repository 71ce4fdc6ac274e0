/**
 * Runs of the workflow after each change, off by default. The newest change wins: a run that still
 * waits in the queue is replaced, and one that draws is left to end first.
 *
 * @import { Api } from "./studio-api.js"
 * @import { Store } from "./store.js"
 * @import { State } from "./types.js"
 */
import { tasksOfRun } from "./selectors/tasks.js";

const PAUSE = 800; // milliseconds without a change
const RETRY = 500; // milliseconds until a running task is looked at again

export class AutoRun {
  #content = "";
  #canvas = "";
  #edits = 0;
  #timer = 0;

  /** @param {Store} store @param {Api} api @param {() => Promise<void>} run */
  constructor(store, api, run) {
    this.store = store;
    this.api = api;
    this.run = run;
    store.watch((state) => this.#changed(state));
  }

  /** @param {State} state */
  #changed(state) {
    const content = state.runOnChange ? runnable(state) : "";
    if (content === this.#content) return;
    const opened = this.#content === "" || this.#canvas !== state.draftId;
    const own = this.store.edits !== this.#edits; // what another page changed, that page runs
    this.#content = content;
    this.#canvas = state.draftId;
    this.#edits = this.store.edits;
    clearTimeout(this.#timer);
    if (content && !opened && own) this.#timer = setTimeout(() => void this.#due(), PAUSE);
  }

  async #due() {
    const { state } = this.store;
    if (!state.runOnChange || state.connection !== "online") return;
    const tasks = tasksOfRun(state);
    if (state.starting || tasks.some(({ status }) => status === "running")) {
      this.#timer = setTimeout(() => void this.#due(), RETRY);
      return;
    }
    await Promise.all(tasks.map(({ id }) => this.api.cancel(id).catch(() => null)));
    await this.run();
  }
}

/** The parts that decide the results: neither places nor folding. @param {State} state */
function runnable({ workflow }) {
  const bricks = workflow.bricks.toSorted((a, b) => (a.id < b.id ? -1 : 1)); // moves change the order
  return JSON.stringify([bricks.map(({ id, type, props, bypassed = false }) => [id, type, props, bypassed]), workflow.wires]);
}
