/**
 * The open canvas as a draft on the server, which other tabs and browsers follow: edits are sent
 * shortly after they are made, and what other pages changed is merged brick by brick.
 *
 * `base` is the content of the last revision that this page sent or received; what differs from it
 * was not sent yet. A field that two pages changed is a conflict: each keeps its value until the
 * user chooses, and the one of the other page stays on the server meanwhile.
 *
 * @import { Workflow } from "../document/types.js"
 * @import { MergeConflict } from "../document/merge.js"
 * @import { Api } from "./studio-api.js"
 * @import { Store } from "./store.js"
 * @import { SavedState, ServerDraft } from "./draft-types.js"
 * @import { State } from "./types.js"
 */
import { adopt, fieldOf, merge, mergeResults, same, withField } from "../document/merge.js";
import { inputAt, repair } from "../document/workflow.js";
import { Problem } from "./api.js";
import { freshDraftId, readBase, writeBase } from "./draft.js";

const SEND_DELAY = 300; // milliseconds
const RETRY_DELAY = 2000; // milliseconds
const MAX_RESULTS = 12; // tasks of a brick

/** @typedef {{ workflow: Workflow, results: State["results"], saved: SavedState | null }} Content */
/**
 * @typedef {object} Canvas
 * @property {string} id
 * @property {number} revision of the server; -1 before the first answer, 0 where it has none
 * @property {Content | null} base
 * @property {Content[]} [unanswered] sent since then, without an answer: the server may have stored them
 */

export class SharedDraft {
  #page = freshDraftId();
  /** @type {Canvas} */
  #canvas = { id: "", revision: -1, base: null };
  /** @type {Map<string, Canvas>} canvases that this page showed before */
  #known = new Map();
  /** @type {State | null} the state whose content is sent, or about to be */
  #seen = null;
  #timer = 0;
  #work = Promise.resolve();
  #refused = "";

  /** @param {Store} store @param {Api} api @param {() => void} onResults called after another page ran the workflow */
  constructor(store, api, onResults) {
    this.store = store;
    this.api = api;
    this.onResults = onResults;
  }

  start() {
    this.store.watch((state) => this.#changed(state));
    globalThis.document?.addEventListener("visibilitychange", () => document.hidden && this.flush());
  }

  /** Receives and sends what was missed, such as after the server was away. */
  sync() {
    return this.#enqueue(async () => {
      if (this.#canvas.revision || !isOwn(this.#canvas.id)) await this.#pull(); // else the server has none
      await this.#send();
    });
  }

  /** Sends at once. */
  flush() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    return this.#enqueue(() => this.#send());
  }

  /** Notes the content of a draft that is about to be opened. @param {ServerDraft} draft */
  remember(draft) {
    this.#known.set(draft.id, { id: draft.id, revision: draft.revision, base: contentOf(draft) });
  }

  /** @param {{ id: string, revision: number, origin: string }} change an event of the server */
  notice({ id, revision, origin }) {
    if (id !== this.#canvas.id || origin === this.#page || revision === this.#canvas.revision) return;
    void this.#enqueue(() => this.#pull());
  }

  /** @param {State} state */
  #changed(state) {
    if (!state.draftId) return;
    if (state.draftId !== this.#canvas.id) {
      this.#leave();
      this.#canvas = this.#known.get(state.draftId) ?? this.#newCanvas(state);
      this.#seen = state;
      this.#refused = "";
      if (state.conflicts.length) this.store.set({ conflicts: [] });
      void this.sync();
      return;
    }
    if (this.#seen && sameParts(this.#seen, state)) return;
    this.#seen = state;
    this.#schedule();
  }

  /** Sends what is left of the canvas that was shown before. */
  #leave() {
    const [canvas, state] = [this.#canvas, this.#seen];
    this.#known.set(canvas.id, canvas);
    if (!state || !canvas.base) return;
    void this.#enqueue(async () => {
      const content = this.#outgoing(state);
      const { revision, base } = this.#known.get(canvas.id) ?? canvas;
      if (same(content, base) || revision < 0 || this.store.state.connection !== "online") return;
      const sent = { ...canvas, revision, base };
      await this.#put(sent, content).catch(() => this.#known.set(canvas.id, sent)); // merged when it is shown again
    });
  }

  /** A canvas that this page shows for the first time. @param {State} state @returns {Canvas} */
  #newCanvas(state) {
    const id = state.draftId;
    const unsent = isOwn(id) && this.store.drafts.sentRevision(id) === 0 && readBase()?.id !== id; // no page can have stored it
    return unsent ? { id, revision: 0, base: this.#outgoing(state) } : { id, revision: -1, base: null };
  }

  /** Does one piece of work after the other. @param {() => Promise<void>} work */
  #enqueue(work) {
    this.#work = this.#work.then(work).catch((error) => this.#failed(error));
    return this.#work;
  }

  /** Leaves the canvas in this browser; a refusal is shown once. @param {unknown} error */
  #failed(error) {
    if (!(error instanceof Problem)) throw error;
    const away = error.status === 0 || error.status === 401 || error.status >= 502;
    if (away) setTimeout(() => void this.sync(), RETRY_DELAY);
    if (away || this.#refused === error.message) return;
    this.#refused = error.message;
    this.store.toast("warn", `This canvas is stored in this browser only: ${error.message}`, error.fix);
  }

  async #send() {
    const { state } = this.store;
    const canvas = this.#canvas;
    if (state.draftId !== canvas.id || canvas.revision < 0 || state.connection !== "online") return;
    const content = this.#outgoing(state);
    if (canvas.base && same(content, canvas.base)) return;
    try {
      await this.#put(canvas, content);
    } catch (error) {
      if (!(error instanceof Problem && error.code === "workflow_changed")) throw error;
      await this.#pull();
      this.#schedule();
    }
  }

  /** Sends a content and notes what became of it. @param {Canvas} canvas @param {Content} content */
  async #put(canvas, content) {
    canvas.unanswered = [...(canvas.unanswered ?? []), content];
    const revision = await this.api.putDraft(canvas.id, { ...content, origin: this.#page }, canvas.revision);
    this.#keep({ id: canvas.id, revision, base: content });
  }

  #schedule() {
    this.#timer ||= setTimeout(() => void this.flush(), SEND_DELAY);
  }

  async #pull() {
    const { id, revision } = this.#canvas;
    const { connection, savedName } = this.store.state;
    if (!id || connection !== "online") return;
    const draft = await this.#load(id, revision < 0 ? savedName : null);
    if (this.#canvas.id !== id || this.store.state.draftId !== id) return;
    if (draft) {
      if (draft.revision !== revision) this.#receive(draft);
    } else if (revision) this.#keep({ id, revision: 0, base: null });
  }

  /**
   * The draft of the server, null where it has none.
   * @param {string} id
   * @param {string | null} savedName the workflow whose first draft it may be
   */
  async #load(id, savedName) {
    if (isOwn(id) || savedName === null) return this.api.draft(id);
    const draft = await this.api.draftOf(savedName); // answers before the first edit, too
    return draft.id === id ? draft : null;
  }

  /** @param {ServerDraft} draft */
  #receive(draft) {
    const { state } = this.store;
    const theirs = contentOf(draft, state.workflow);
    const { base, conflicts: before } = this.#commonVersion(draft, theirs);
    const acceptsMany = (/** @type {string} */ to) => inputAt(state.entries, state.workflow, to)?.many ?? false;
    const merged = (/** @type {Workflow} */ document) => merge(base?.workflow ?? null, document, theirs.workflow, acceptsMany);
    const { workflow, conflicts } = merged(state.workflow);
    this.#canvas = { id: draft.id, revision: draft.revision, base: theirs };
    this.store.receive(workflow, (document) => merged(document).workflow, {
      results: mergeResults(state.results, theirs.results, MAX_RESULTS),
      conflicts: openConflicts([...before, ...conflicts], workflow, theirs.workflow),
      ...this.#receivedFile(base, theirs),
    });
    this.#keep(this.#canvas);
    if (!same(state.results, this.store.state.results)) this.onResults();
    if (!same(this.#outgoing(this.store.state), theirs)) this.#schedule();
  }

  /**
   * The version with which this page and the others began.
   * @param {ServerDraft} draft
   * @param {Content} theirs
   * @returns {{ base: Content | null, conflicts: MergeConflict[] }}
   */
  #commonVersion(draft, theirs) {
    const { conflicts } = this.store.state;
    const own = this.#canvas.unanswered?.some((content) => same(content.workflow, theirs.workflow)); // its answer was lost
    if (own) return { base: theirs, conflicts };
    if (this.#canvas.base) return { base: this.#canvas.base, conflicts };
    const stored = readBase();
    if (stored?.id === draft.id) return { base: stored.base, conflicts: stored.conflicts };
    const sent = this.store.drafts.sentRevision(draft.id);
    if (sent === "all") return { base: this.#outgoing(this.store.state), conflicts };
    return { base: sent === draft.revision ? theirs : null, conflicts };
  }

  /**
   * The saved workflow that another page opened or saved, as parts of the state.
   * @param {Content | null} base
   * @param {Content} theirs
   * @returns {Partial<State>}
   */
  #receivedFile(base, { saved, workflow }) {
    const own = fileOf(this.store.state);
    if (!same(fileOf(stateOf(base?.saved ?? null)), own) || same(fileOf(stateOf(saved)), own)) return {};
    if (saved?.edited) void this.#loadFile(saved);
    return { ...stateOf(saved), savedWorkflow: saved && !saved.edited ? workflow : null };
  }

  /** Loads the file that the draft edits, to compare with it. @param {SavedState} saved */
  async #loadFile({ name }) {
    const file = await this.api.workflow(name).catch(() => null);
    const { savedName, savedRevision } = this.store.state;
    if (file && savedName === name && savedRevision === file.revision) this.store.set({ savedWorkflow: repair(file.workflow) });
  }

  /** Notes what the server holds, here and for a reload of this tab. @param {Canvas} canvas */
  #keep(canvas) {
    this.#known.set(canvas.id, canvas);
    const { state } = this.store;
    if (state.draftId !== canvas.id) return;
    this.#canvas = canvas;
    const { base, revision } = canvas;
    if (!base) return;
    writeBase({ id: canvas.id, base, conflicts: state.conflicts });
    if (state.conflicts.length) this.store.drafts.markDivided(canvas.id);
    else if (revision > 0 && same(this.#outgoing(state), base)) this.store.drafts.markSent(canvas.id, revision);
  }

  /** The content to send: the values of the other page where the user has yet to choose. @param {State} state @returns {Content} */
  #outgoing(state) {
    const workflow = state.conflicts.reduce((document, conflict) => withField(document, conflict, conflict.theirs), state.workflow);
    const { savedName, savedRevision, savedAt, savedWorkflow, results } = state;
    const edited = !same(savedWorkflow, workflow);
    const saved = savedName === null ? null : { name: savedName, revision: savedRevision, at: savedAt, edited };
    return { workflow, results, saved };
  }
}

/** Reports whether a page made the id of a canvas; those of saved workflows are the server's. @param {string} id */
function isOwn(id) {
  return id.startsWith("canvas-");
}

/** @param {ServerDraft} draft @param {Workflow} [known] whose bricks stay the same objects where they are equal @returns {Content} */
function contentOf({ workflow, results, saved }, known) {
  const document = repair(workflow);
  return { workflow: known ? adopt(known, document) : document, results, saved };
}

/** @param {SavedState | null} saved @returns {Pick<State, "savedName" | "savedRevision" | "savedAt">} */
export function stateOf(saved) {
  return { savedName: saved?.name ?? null, savedRevision: saved?.revision ?? "", savedAt: saved?.at ?? null };
}

/** @param {Pick<State, "savedName" | "savedRevision">} state */
function fileOf({ savedName, savedRevision }) {
  return [savedName, savedRevision];
}

/** Reports whether two states have the same content to share. @param {State} a @param {State} b */
function sameParts(a, b) {
  return a.workflow === b.workflow && a.results === b.results && a.savedName === b.savedName && a.savedRevision === b.savedRevision && a.conflicts === b.conflicts;
}

/**
 * The conflicts that are still open, each once and with the newest value of the other page.
 * @param {MergeConflict[]} conflicts
 * @param {Workflow} mine
 * @param {Workflow} theirs
 */
function openConflicts(conflicts, mine, theirs) {
  const byPlace = new Map(conflicts.map((conflict) => [`${conflict.brick} ${conflict.field}`, conflict]));
  return [...byPlace.values()]
    .map((conflict) => ({ ...conflict, mine: fieldOf(mine, conflict), theirs: fieldOf(theirs, conflict) }))
    .filter((conflict) => !same(conflict.mine, conflict.theirs));
}
