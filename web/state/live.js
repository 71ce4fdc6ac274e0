/**
 * Synchronization of the store with the server: the first load, the event stream, and polling
 * while the stream is down. REST is authoritative.
 *
 * @import { Api } from "./studio-api.js"
 * @import { Store } from "./store.js"
 * @import { StreamEvent } from "./stream.js"
 * @import { Task } from "./types.js"
 */
import { withId } from "../document/lookup.js";
import { readEntry } from "../document/schema.js";
import { repair } from "../document/workflow.js";
import { Problem } from "./api.js";
import { CELL_KEY, RUN_ON_CHANGE_KEY, freshDraftId, fromDraft, readKeys, readQueueOpen, readSetting, readTheme, showTheme, storedDrafts } from "./draft.js";
import { Newest } from "./newest.js";
import { isDownload } from "./selectors/downloads.js";
import { QueueSync } from "./queue-sync.js";
import { SharedDraft } from "./shared-draft.js";
import { Stream } from "./stream.js";
import { taskSubject } from "./words.js";

const POLL_INTERVAL = 2500; // milliseconds
const SYSTEM_INTERVAL = 10_000; // milliseconds
/** @type {Record<string, string>} */
const ENDINGS = { completed: "Completed", failed: "Failed", cancelled: "Cancelled" };
const FIRST_PRESET = "first-picture";

export class Live {
  #stream = new Stream();
  #streaming = false;
  /** True between the first load of operations and models and that of tasks. */
  #catalogued = false;
  #systemTimer = 0;
  #polling = false;
  #modelLists = new Newest();

  /**
   * Called with every event of the stream, and with one of the type `missed` where others may have
   * been: what was read before the stream began, during a gap, or while it is down, is read again.
   * @type {(event: StreamEvent) => void}
   */
  onEvent = () => {};

  /** @param {Store} store @param {Api} api */
  constructor(store, api) {
    this.store = store;
    this.api = api;
    this.queue = new QueueSync(store, api);
    this.shared = new SharedDraft(store, api, () => this.queue.soon());
    api.onLocked = () => this.#lock();
    this.#stream.addEventListener("open", () => {
      this.#streaming = true;
      void this.refresh();
    });
    this.#stream.addEventListener("lost", () => {
      this.#streaming = false;
      void this.refresh();
    });
    this.#stream.addEventListener("gap", () => void this.refresh());
    this.#stream.addEventListener("event", (event) => {
      this.#apply(/** @type {CustomEvent<StreamEvent>} */ (event).detail);
    });
  }

  async start() {
    this.#restoreDraft();
    if (this.store.keepsDrafts) this.shared.start();
    await this.#open();
    setInterval(() => void this.#tick(), POLL_INTERVAL);
    setInterval(() => void this.#system(), SYSTEM_INTERVAL);
    // Model files may have been added while the page was in the background.
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden && this.#streaming) void this.#models();
    });
  }

  /** Loads everything after signing in. */
  async unlock() {
    this.store.set({ locked: false, signInError: "" });
    await this.#open();
  }

  /** Loads what draws the wall; then the stream, whose opening or failure loads the rest, once. */
  async #open() {
    try {
      await this.#catalogue();
      this.#catalogued = true;
    } catch (error) {
      this.#failed(error);
    }
    if (!this.store.state.locked) this.#stream.start();
  }

  /** Loads operations, models, queue, system and tasks by REST. */
  async refresh() {
    try {
      if (!this.#catalogued) await this.#catalogue();
      this.#catalogued = false;
      const [system] = await Promise.all([this.api.system(), this.queue.load()]);
      this.store.set({ system, connection: "online", away: null, ready: true });
      this.onEvent({ id: "", type: "missed", data: {} });
      if (this.store.state.overlay.name === "library") void this.#library();
      if (this.store.keepsDrafts) await this.shared.sync();
    } catch (error) {
      this.#failed(error);
    }
  }

  /** Tries to reach the server now. */
  async reconnect() {
    this.#stream.retry();
    await this.refresh();
  }

  /** Shows that the server is out of reach. @param {unknown} error */
  #failed(error) {
    if (!(error instanceof Problem)) throw error;
    if (error.status === 401) return;
    const { away } = this.store.state;
    const retryAt = Math.max(this.#stream.retryAt, Date.now());
    this.store.set({ connection: "offline", away: { since: away?.since ?? Date.now(), retryAt } });
  }

  /** Loads operations, models and LoRAs. */
  async #catalogue() {
    const [operations, models, loras] = await Promise.all([
      this.api.operations(),
      this.api.models(),
      this.api.loras(),
    ]);
    this.store.set({ entries: operations.items.map(readEntry), kinds: operations.kinds, models: models.items, loras: loras.items });
    this.store.set({ companions: models.companions ?? [], refused: models.refused ?? [] });
    if (!this.#isFirstVisit()) return;
    const preset = repair(await this.api.preset(FIRST_PRESET));
    if (this.#isFirstVisit()) this.store.set({ workflow: preset, draftId: freshDraftId() }); // else bricks were added meanwhile
  }

  #isFirstVisit() {
    return this.store.keepsDrafts && !this.store.state.workflow.bricks.length && !storedDrafts().length;
  }

  #restoreDraft() {
    const theme = readTheme();
    showTheme(theme);
    this.store.set({ theme, queueOpen: readQueueOpen(), keys: readKeys(), runOnChange: this.store.keepsDrafts && readSetting(RUN_ON_CHANGE_KEY) === "true" });
    const cell = Number(readSetting(CELL_KEY));
    if (cell > 0) this.store.set({ gallery: { ...this.store.state.gallery, cell } });
    const draft = this.store.keepsDrafts ? this.store.drafts.read() : null;
    if (draft) this.store.set(fromDraft(draft));
  }

  /** Reads all while the stream is down, and after a load that failed; one at a time. */
  async #tick() {
    const { locked, connection } = this.store.state;
    if ((this.#streaming && connection !== "offline") || locked || document.hidden || this.#polling) return;
    this.#polling = true;
    await this.refresh().finally(() => (this.#polling = false));
  }

  async #system() {
    if (!this.#streaming || document.hidden) return;
    this.queue.soon(); // another server of the same queue sends no events here
    const system = await this.api.system().catch(() => null);
    if (system) this.store.set({ system });
  }

  /** Reloads models and LoRAs, whose files may change while the page is open. */
  async #models() {
    const lists = await this.#modelLists.of(() => Promise.all([this.api.models(), this.api.loras()])).catch(() => null);
    if (!lists) return;
    const [models, loras] = lists;
    const { companions = [], refused = [] } = models;
    this.store.set({ models: models.items, loras: loras.items, companions, refused, fits: {} });
  }

  /**
   * Reports a completed task that changes the list of models: a download, or the first run of a
   * model, which measures its speed.
   * @param {Task} task
   */
  #changesModels(task) {
    if (isDownload(task)) return true;
    const model = withId(this.store.state.models, task.params?.model);
    return model?.present === true && model.seconds_per_image === null;
  }

  #lock() {
    this.#stream.stop();
    this.#streaming = false;
    this.store.set({ locked: true });
  }

  /** @param {StreamEvent} event */
  #apply(event) {
    const { type, data } = event;
    this.onEvent(event);
    const { state } = this.store;
    if (type === "task") this.#task(data, event.id);
    if (type === "task" && data.status === "completed" && this.#changesModels(data)) void this.#models();
    if (type === "progress") this.queue.progress(data);
    if (type === "queue" && state.queue) {
      const other = data.paused !== state.queue.paused || data.auto_run !== state.queue.auto_run;
      this.store.set({ queue: { ...state.queue, ...data } });
      this.queue.soon();
      if (other) this.#scheduleSystem(); // its alerts change
    }
    if (type === "worker" && state.queue) {
      this.store.set({ queue: { ...state.queue, lanes: data.lanes } });
      this.#scheduleSystem();
    }
    if (type === "workflow") void this.#library();
    if (type === "draft") this.#draft(data);
  }

  /** @param {Task} task @param {string} event its id */
  #task(task, event) {
    const before = this.store.state.tasks[task.id];
    this.queue.task(task, event);
    if (!task.finished_at) return;
    this.#scheduleSystem();
    if (before && !before.finished_at) this.store.set({ announcement: `${ENDINGS[task.status] ?? "Ended"}: ${taskSubject(task)}.` });
  }

  /** Reloads what the machine is doing shortly after a change. */
  #scheduleSystem() {
    clearTimeout(this.#systemTimer);
    this.#systemTimer = setTimeout(() => void this.#system(), 800);
  }

  /** @param {{ id: string, revision: number, origin: string }} change */
  #draft(change) {
    this.shared.notice(change);
    if (this.store.state.overlay.name === "library") void this.#openDrafts();
  }

  async #openDrafts() {
    const drafts = await this.api.drafts().catch(() => null);
    const { draftId } = this.store.state;
    if (drafts) this.store.set({ openDrafts: drafts.items.filter(({ id }) => id !== draftId) });
  }

  async #library() {
    const library = await this.api.workflows().catch(() => null);
    if (library) this.store.set({ library: library.items });
  }
}
