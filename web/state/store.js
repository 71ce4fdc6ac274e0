/**
 * The state of the page. A subscriber renders when a part that it read has changed, at most once in
 * each turn of the event loop.
 *
 * @import { Workflow } from "../document/types.js"
 * @import { State, WallState } from "./types.js"
 * @import { Subscription } from "./requests.js"
 */
import { NO_SETS } from "./sets.js";
import { NO_VIEWS } from "./system.js";
import { NO_EVALUATIONS } from "./evaluations.js";
import { NO_LAB } from "./lab.js";
import { NO_SEARCHES } from "./searches.js";
import { NO_TRAINING } from "./training.js";
import { NO_FILTER } from "../document/image-filter.js";
import { EMPTY } from "../document/workflow.js";
import { Drafts, freshDraftId } from "./draft.js";
import { History } from "./history.js";
import { Reads } from "./reads.js";
import { newList } from "./image-list.js";
import { NO_SELECTION } from "./image-selection.js";

/** @type {State} */
const START = {
  entries: [],
  kinds: [],
  models: [],
  refused: [],
  loras: [],
  companions: [],
  styles: null,
  wordCategories: {},
  rewrites: {},
  fits: {},
  tokenCounts: {},
  assets: {},
  gallery: {
    list: newList(NO_FILTER, "newest"),
    focus: 0,
    selection: NO_SELECTION,
    facets: null,
    collections: [],
    cell: 120,
    sheet: "",
    importing: null,
    duplicates: null,
  },
  picker: null,
  uploading: [],
  workflow: EMPTY,
  draftId: "",
  conflicts: [],
  selected: [],
  runOnChange: false,
  savedName: null,
  savedRevision: "",
  savedWorkflow: null,
  savedAt: null,
  saveConflict: null,
  results: {},
  otherDrafts: [],
  openDrafts: [],
  problems: [],
  added: null,
  zoomTo: null,
  blocked: [],
  tasks: {},
  waiting: [],
  waitingOffset: 0,
  queueOffset: 0,
  startsIn: {},
  ended: [],
  endedCount: 30,
  showCancelled: false,
  history: null,
  taskEdit: null,
  announcement: "",
  queue: null,
  system: null,
  views: NO_VIEWS,
  sets: NO_SETS,
  training: NO_TRAINING,
  evaluations: NO_EVALUATIONS,
  lab: NO_LAB,
  searches: NO_SEARCHES,
  lookups: {},
  connection: "connecting",
  away: null,
  ready: false,
  locked: false,
  signInError: "",
  starting: false,
  library: [],
  librarySearch: { query: "", tag: "", names: null },
  versions: null,
  deletedWorkflows: [],
  presets: [],
  place: "wall",
  datasets: null,
  log: null,
  overlay: { name: "" },
  edit: null,
  queueOpen: false,
  theme: "system",
  keys: {},
  toasts: [],
  undoLabel: "",
  redoLabel: "",
};

/** @type {(keyof State)[]} */
const DRAFT_FIELDS = ["draftId", "workflow", "savedName", "savedRevision", "savedWorkflow", "savedAt", "results"];

/** @type {WallState} */
const NEW_WALL = { draftId: "", savedName: null, savedRevision: "", savedWorkflow: null, savedAt: null, results: {} };

export class Store {
  drafts = new Drafts();
  #state = Object.freeze(START);
  #history = new History();
  /** @type {Map<Subscription, Reads>} */
  #subscriptions = new Map();
  /** @type {((state: State) => void)[]} */
  #watches = [];
  #notifying = false;
  #draftsWork = true;
  /** False for a page that shows one workflow, and leaves the draft of the wall alone. */
  keepsDrafts = true;
  #toast = 0;
  #wall = 0;
  #edits = 0;

  get state() {
    return this.#state;
  }

  /** @param {Subscription} subscription rendered at once, and when what it read has changed */
  subscribe(subscription) {
    const reads = new Reads(() => this.#state);
    this.#subscriptions.set(subscription, reads);
    subscription.signal.addEventListener("abort", () => this.#subscriptions.delete(subscription));
    subscription.render(reads.view);
  }

  /** @param {(state: State) => void} watch called at once, and after the changes of each turn */
  watch(watch) {
    this.#watches.push(watch);
    watch(this.#state);
  }

  /** @param {Partial<State>} change */
  set(change) {
    this.#state = Object.freeze({ ...this.#state, ...change });
    if (DRAFT_FIELDS.some((name) => name in change)) this.#saveDraft();
    if (this.#notifying) return;
    this.#notifying = true;
    queueMicrotask(() => this.#notify());
  }

  /**
   * Replaces the workflow, as one step of the undo history.
   * @param {string} label
   * @param {Workflow} workflow
   * @param {string} [key] steps with equal keys merge in quick succession
   */
  commit(label, workflow, key = "") {
    const before = this.#state.workflow;
    if (workflow === before) return;
    this.#history.push(label, key, before, workflow, Date.now());
    this.#show(workflow);
  }

  /**
   * Opens another workflow, as one step of the undo history. Results and errors of the former one
   * leave with it.
   * @param {string} label
   * @param {Workflow} workflow
   * @param {Partial<WallState>} [wall] its attributes
   */
  open(label, workflow, wall = {}) {
    this.#history.push(label, "", this.#state.workflow, workflow, Date.now(), this.#wallState());
    this.#showStep({ workflow, wall: { ...NEW_WALL, draftId: freshDraftId(), ...wall } });
  }

  /**
   * Shows what another page changed, which is no step of the undo history: undo reverts the edits of
   * this page only.
   * @param {Workflow} workflow
   * @param {(document: Workflow) => Workflow} rebase applies the change to an earlier document
   * @param {Partial<State>} change other parts of the state
   */
  receive(workflow, rebase, change) {
    if (workflow !== this.#state.workflow) this.#history.rebase(rebase);
    this.set({ ...change, workflow });
  }

  undo() {
    const step = this.#history.undo(this.#wallState());
    if (step) this.#showStep(step);
  }

  redo() {
    const step = this.#history.redo(this.#wallState());
    if (step) this.#showStep(step);
  }

  /** The number of edits that this page made, by undo and redo, too. */
  get edits() {
    return this.#edits;
  }

  /** The number of the open wall, which changes when another workflow is opened. */
  get wall() {
    return this.#wall;
  }

  /**
   * @param {"calm" | "good" | "warn" | "bad"} tone neutral information, success, a warning, a failure
   * @param {string} text
   * @param {string} [fix]
   * @param {import("./types.js").ToastAction} [action]
   */
  toast(tone, text, fix = "", action) {
    const toast = { id: ++this.#toast, tone, text, fix, action };
    const others = this.#state.toasts.filter((other) => other.text !== text);
    this.set({ toasts: [...others, toast].slice(-3) });
    setTimeout(() => this.dismiss(toast.id), tone === "bad" || tone === "warn" || action ? 9000 : 4000);
  }

  /** @param {number} id */
  dismiss(id) {
    this.set({ toasts: this.#state.toasts.filter((toast) => toast.id !== id) });
  }

  /** @returns {WallState} */
  #wallState() {
    const { draftId, savedName, savedRevision, savedWorkflow, savedAt, results } = this.#state;
    return { draftId, savedName, savedRevision, savedWorkflow, savedAt, results };
  }

  /** Shows a step of the history without the errors of the step before. @param {import("./history.js").Step} step */
  #showStep({ workflow, wall }) {
    this.set({ toasts: this.#state.toasts.filter(({ tone }) => tone !== "bad" && tone !== "warn") });
    if (wall) {
      this.#wall += 1;
      this.set({ ...wall, blocked: [], rewrites: {}, selected: [] });
    }
    this.#show(workflow);
  }

  /** @param {Workflow} workflow */
  #show(workflow) {
    this.#edits += 1;
    const { undoLabel, redoLabel } = this.#history;
    this.set({ workflow, undoLabel, redoLabel, problems: [], added: null });
  }

  #saveDraft() {
    if (!this.keepsDrafts) return;
    const written = this.drafts.write(this.#state);
    if (!written && this.#draftsWork) {
      this.#draftsWork = false;
      this.toast("warn", "This browser cannot store drafts.", "Save the workflow to keep your changes.");
    }
  }

  #notify() {
    this.#notifying = false;
    for (const watch of this.#watches) watch(this.#state);
    for (const [subscription, reads] of [...this.#subscriptions]) {
      if (subscription.signal.aborted || !reads.changed()) continue;
      reads.clear();
      subscription.render(reads.view);
    }
  }
}
