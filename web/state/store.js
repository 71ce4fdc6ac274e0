/**
 * The one place that holds state. It hands a frozen snapshot to every subscribed element,
 * at most once a turn of the event loop, however many changes fell into it.
 *
 * @import { Workflow } from "../document/types.js"
 * @import { State } from "./types.js"
 * @import { Subscription } from "./requests.js"
 */
import { EMPTY } from "../document/workflow.js";
import { writeDraft } from "./draft.js";
import { History } from "./history.js";

/** @type {State} */
const START = {
  entries: [],
  models: [],
  refused: [],
  loras: [],
  companions: [],
  styles: null,
  shelves: null,
  rewrites: {},
  fits: {},
  assets: {},
  gallery: null,
  uploading: [],
  workflow: EMPTY,
  savedName: null,
  savedWorkflow: null,
  savedAt: null,
  results: {},
  collapsed: [],
  problems: [],
  waits: [],
  tasks: {},
  waiting: [],
  queue: null,
  system: null,
  connection: "connecting",
  ready: false,
  locked: false,
  signInError: "",
  starting: false,
  library: [],
  presets: [],
  overlay: { name: "" },
  edit: null,
  queueOpen: false,
  theme: "system",
  toasts: [],
  undoLabel: "",
  redoLabel: "",
};

/** @type {(keyof State)[]} */
const KEPT = ["workflow", "savedName", "savedWorkflow", "savedAt", "results", "collapsed"];

export class Store {
  #state = Object.freeze(START);
  #history = new History();
  /** @type {Set<(state: State) => void>} */
  #listeners = new Set();
  #waiting = false;
  #keeping = true;
  #toast = 0;

  get state() {
    return this.#state;
  }

  /** @param {Subscription} subscription is drawn at once and on every change */
  subscribe({ render, signal }) {
    this.#listeners.add(render);
    signal.addEventListener("abort", () => this.#listeners.delete(render));
    render(this.#state);
  }

  /** @param {Partial<State>} change */
  set(change) {
    this.#state = Object.freeze({ ...this.#state, ...change });
    if (KEPT.some((name) => name in change)) this.#keep();
    if (this.#waiting) return;
    this.#waiting = true;
    queueMicrotask(() => this.#tell());
  }

  /**
   * Changes the wall as one step that Undo takes back.
   * @param {string} label
   * @param {Workflow} workflow
   * @param {string} [key] steps with the same key merge while typing goes on
   */
  commit(label, workflow, key = "") {
    const before = this.#state.workflow;
    if (workflow === before) return;
    this.#history.push(label, key, before, workflow, Date.now());
    this.#show(workflow);
  }

  undo() {
    const workflow = this.#history.undo();
    if (workflow) this.#show(workflow);
  }

  redo() {
    const workflow = this.#history.redo();
    if (workflow) this.#show(workflow);
  }

  /**
   * @param {"calm" | "good" | "bad"} tone
   * @param {string} text
   * @param {string} [fix]
   */
  toast(tone, text, fix = "") {
    const toast = { id: ++this.#toast, tone, text, fix };
    const others = this.#state.toasts.filter((other) => other.text !== text);
    this.set({ toasts: [...others, toast].slice(-3) });
    setTimeout(() => this.dismiss(toast.id), tone === "bad" ? 9000 : 4000);
  }

  /** @param {number} id */
  dismiss(id) {
    this.set({ toasts: this.#state.toasts.filter((toast) => toast.id !== id) });
  }

  /** @param {Workflow} workflow */
  #show(workflow) {
    const { undoLabel, redoLabel } = this.#history;
    this.set({ workflow, undoLabel, redoLabel, problems: [] });
  }

  #keep() {
    const kept = writeDraft(this.#state);
    if (!kept && this.#keeping) {
      this.#keeping = false;
      this.toast("bad", "This browser keeps no drafts.", "Save the wall under a name to be safe.");
    }
  }

  #tell() {
    this.#waiting = false;
    for (const render of [...this.#listeners]) render(this.#state);
  }
}
