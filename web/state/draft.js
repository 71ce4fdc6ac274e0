/**
 * The draft in the browser's storage: the workflow, its saved name, the ids of its results, and
 * the theme. A reload restores it. Images are not stored.
 *
 * @import { State } from "./types.js"
 * @typedef {Pick<State, "workflow" | "savedName" | "savedWorkflow" | "savedAt" | "results" | "collapsed">} Draft
 */

const DRAFT_KEY = "qpyt.draft";
const THEME_KEY = "qpyt.theme";

/** @returns {Draft | null} */
export function readDraft() {
  try {
    const draft = JSON.parse(localStorage.getItem(DRAFT_KEY) ?? "null");
    return draft && Array.isArray(draft.workflow?.bricks) ? draft : null;
  } catch {
    return null;
  }
}

/**
 * @param {State} state
 * @returns {boolean} false when the storage is full or disabled
 */
export function writeDraft(state) {
  const { workflow, savedName, savedWorkflow, savedAt, results, collapsed } = state;
  try {
    const draft = { workflow, savedName, savedWorkflow, savedAt, results, collapsed };
    localStorage.setItem(DRAFT_KEY, JSON.stringify(draft));
    return true;
  } catch {
    return false;
  }
}

/** @returns {State["theme"]} */
export function readTheme() {
  try {
    const theme = localStorage.getItem(THEME_KEY);
    return theme === "light" || theme === "dark" ? theme : "system";
  } catch {
    return "system";
  }
}

/** @param {State["theme"]} theme */
export function writeTheme(theme) {
  document.documentElement.dataset.theme = theme;
  try {
    localStorage.setItem(THEME_KEY, theme);
  } catch {
    // Storage is full or disabled: the theme lasts until the page closes.
  }
}
