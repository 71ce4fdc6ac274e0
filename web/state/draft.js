/**
 * Drafts in the browser's storage: the workflow, its saved name, the ids of its results. A reload
 * restores the draft of the tab. Images are not stored. The server's draft is what other pages see
 * (shared-draft.js); this one holds what was not sent yet, and serves while the server is away.
 *
 * Tabs share the storage. A tab replaces only the revision that it read or wrote last; the versions
 * of other tabs are kept beside it.
 *
 * @import { Workflow } from "../document/types.js"
 * @import { Draft, DraftState, State } from "./types.js"
 */
import { repair } from "../document/workflow.js";

export const DRAFT_KEY = "qpyt.draft";
const OTHERS_KEY = "qpyt.draft.others";
const REVISION_KEY = "qpyt.draft.revision";
const SENT_KEY = "qpyt.draft.sent";
const BASE_KEY = "qpyt.draft.base";
const THEME_KEY = "qpyt.theme";
const THEME_COOKIE = "qpyt_theme"; // read by api/page/files.py
const THEME_SECONDS = 31_536_000; // a year
const QUEUE_KEY = "qpyt.queue";
export const CELL_KEY = "qpyt.gallery.cell";
export const KEYS_KEY = "qpyt.keys";
export const RUN_ON_CHANGE_KEY = "qpyt.run-on-change";
const SMALL_SCREEN = "(max-width: 860px)"; // as in responsive.css
const ROOM_FOR_QUEUE = "(min-width: 1400px)";
const MAX_OTHERS = 20;
const MAX_MARKS = 50;

export class Drafts {
  #tab = freshId();
  /** The revision that the next draft of this tab replaces. */
  #revision = "";
  /** The content of that revision. */
  #content = "";

  /** @returns {Draft | null} the last draft of this tab, otherwise the newest of all */
  read() {
    const versions = storedDrafts();
    const own = read("sessionStorage", REVISION_KEY);
    const draft = versions.find(({ revision }) => revision === own) ?? versions[0];
    if (!draft) return null;
    this.#revision = draft.revision;
    this.#content = JSON.stringify(content(fromDraft(draft)));
    return draft;
  }

  /**
   * @param {State} state
   * @returns {boolean} false when the storage is full or disabled
   */
  write(state) {
    const draft = content(state);
    const text = JSON.stringify(draft);
    if (text === this.#content) return true;
    const others = storedDrafts().filter(({ revision }) => revision !== this.#revision);
    const revision = freshId();
    try {
      writeOthers(others);
      localStorage.setItem(DRAFT_KEY, JSON.stringify({ ...draft, revision, tab: this.#tab, at: Date.now() }));
    } catch {
      return false;
    }
    this.#revision = revision;
    this.#content = text;
    write("sessionStorage", REVISION_KEY, revision);
    return true;
  }

  /** Notes that the server has the present version. @param {string} id of the canvas @param {number} revision of the server */
  markSent(id, revision) {
    mark(this.#revision, { id, revision });
  }

  /** Notes that the server has another version than this one. @param {string} id of the canvas */
  markDivided(id) {
    mark(`divided ${id}`, { id, revision: -1 });
  }

  /**
   * The newest revision of the server that holds edits of this tab's version.
   * @param {string} id of the canvas
   * @returns {number | "all"} "all" where it holds them all, 0 where it never had the canvas, -1 where another page's version is there
   */
  sentRevision(id) {
    const sent = readSent();
    if (sent[this.#revision]?.id === id) return "all";
    return Object.values(sent).findLast((other) => other.id === id)?.revision ?? 0;
  }

  /** Starts a new version: the next draft replaces none. */
  branch() {
    this.#revision = freshId();
  }

  /**
   * @param {Workflow} workflow the one of this tab
   * @returns {Draft[]} versions that the server lacks, and that differ from it and from each other, newest first
   */
  others(workflow) {
    const texts = new Set([JSON.stringify(workflow)]);
    const sent = readSent();
    return storedDrafts().filter(({ revision }) => !sent[revision]).filter((draft) => texts.size < texts.add(JSON.stringify(draft.workflow)).size);
  }

  /** @param {Workflow} workflow every version of it is removed, except the one of this tab */
  discard(workflow) {
    const text = JSON.stringify(workflow);
    const drafts = storedDrafts();
    const kept = drafts.filter((draft) => draft.revision === this.#revision || JSON.stringify(draft.workflow) !== text);
    if (drafts[0] !== kept[0]) localStorage.removeItem(DRAFT_KEY);
    writeOthers(kept.filter((draft) => draft !== drafts[0]));
  }
}

/** @returns {Draft[]} the newest, then the versions of other tabs */
export function storedDrafts() {
  const drafts = [parse(DRAFT_KEY), parse(OTHERS_KEY)].flat();
  return drafts.filter((draft) => Array.isArray(draft?.workflow?.bricks)).map((draft) => ({ revision: "", tab: "", at: 0, ...draft }));
}

/**
 * @param {Draft} draft
 * @returns {DraftState} the part of the state that it restores
 */
export function fromDraft({ draftId, workflow, savedName, savedRevision, savedWorkflow, savedAt, results }) {
  return {
    draftId: draftId ?? freshDraftId(),
    workflow: repair(workflow),
    savedName: savedName ?? null,
    savedRevision: savedRevision ?? "",
    savedWorkflow: savedWorkflow ? repair(savedWorkflow) : null,
    savedAt: savedAt ?? null,
    results: results ?? {},
  };
}

/** @param {DraftState} state */
function content({ draftId, workflow, savedName, savedRevision, savedWorkflow, savedAt, results }) {
  return { draftId, workflow, savedName, savedRevision, savedWorkflow, savedAt, results };
}

/** @param {Draft[]} drafts */
function writeOthers(drafts) {
  if (drafts.length) localStorage.setItem(OTHERS_KEY, JSON.stringify(drafts.slice(0, MAX_OTHERS)));
  else if (read("localStorage", OTHERS_KEY) !== null) localStorage.removeItem(OTHERS_KEY);
}

/** The id of a new canvas, as the server takes it. */
export function freshDraftId() {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return `canvas-${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

/** @returns {Record<string, { id: string, revision: number }>} the revisions of the server, by those of this browser that it holds */
function readSent() {
  const sent = parse(SENT_KEY);
  return Array.isArray(sent) ? {} : sent;
}

/** @param {string} local a revision of this browser @param {{ id: string, revision: number }} sent */
function mark(local, sent) {
  const others = Object.entries(readSent()).filter(([other]) => other !== local);
  write("localStorage", SENT_KEY, JSON.stringify(Object.fromEntries([...others, [local, sent]].slice(-MAX_MARKS))));
}

/** The content of the server's draft that this tab sent or received last, and what is in conflict with it. */
export function readBase() {
  try {
    return JSON.parse(read("sessionStorage", BASE_KEY) ?? "null");
  } catch {
    return null;
  }
}

/** @param {object} base */
export function writeBase(base) {
  write("sessionStorage", BASE_KEY, JSON.stringify(base));
}

function freshId() {
  return `${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`;
}

/** @param {string} key */
function parse(key) {
  try {
    return JSON.parse(read("localStorage", key) ?? "[]");
  } catch {
    return [];
  }
}

/**
 * @param {"localStorage" | "sessionStorage"} storage
 * @param {string} key
 * @returns {string | null} null when the storage is disabled
 */
function read(storage, key) {
  try {
    return globalThis[storage].getItem(key);
  } catch {
    return null;
  }
}

/**
 * @param {"localStorage" | "sessionStorage"} storage
 * @param {string} key
 * @param {string} value
 */
function write(storage, key, value) {
  try {
    globalThis[storage].setItem(key, value);
  } catch {
    // Storage is full or disabled: the value lasts until the page closes.
  }
}

/** A setting of this browser, null without one. @param {string} key @returns {string | null} */
export function readSetting(key) {
  return read("localStorage", key);
}

/** @param {string} key @param {string} value */
export function writeSetting(key, value) {
  write("localStorage", key, value);
}

/** @returns {State["keys"]} the stored ones; what is no list of texts is left out */
export function readKeys() {
  try {
    const entries = Object.entries(JSON.parse(readSetting(KEYS_KEY) ?? "{}"));
    return Object.fromEntries(entries.filter(([, chords]) => Array.isArray(chords) && chords.every((chord) => typeof chord === "string")));
  } catch {
    return {};
  }
}

/** @returns {State["theme"]} */
export function readTheme() {
  const theme = read("localStorage", THEME_KEY);
  return theme === "light" || theme === "dark" ? theme : "system";
}

/** @param {State["theme"]} theme */
export function writeTheme(theme) {
  write("localStorage", THEME_KEY, theme);
  showTheme(theme);
}

/**
 * Applies a theme to the document, and stores it where the server reads it for the next visit: the
 * document has its theme before a script runs.
 * @param {State["theme"]} theme
 */
export function showTheme(theme) {
  document.documentElement.dataset.theme = theme;
  const seconds = theme === "system" ? 0 : THEME_SECONDS;
  document.cookie = `${THEME_COOKIE}=${theme}; path=/; max-age=${seconds}; samesite=strict`;
}

/** Reports whether the queue is open at first: as it was left, else where there is room for it. */
export function readQueueOpen() {
  if (isSmallScreen()) return false;
  const left = read("localStorage", QUEUE_KEY);
  return left === null ? matches(ROOM_FOR_QUEUE) : left === "open";
}

/** Reports whether panels are sheets over the page. */
export function isSmallScreen() {
  return matches(SMALL_SCREEN);
}

/** @param {boolean} open */
export function writeQueueOpen(open) {
  if (!isSmallScreen()) write("localStorage", QUEUE_KEY, open ? "open" : "folded");
}

/** @param {string} query of the screen; without one nothing matches */
function matches(query) {
  return globalThis.matchMedia?.(query).matches ?? false;
}
