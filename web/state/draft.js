/**
 * What the browser keeps so that a reload loses nothing: the wall as it stands, where it
 * came from, its last results, and the theme. It never holds pictures, only their ids.
 *
 * @import { State } from "./types.js"
 * @typedef {Pick<State, "workflow" | "savedName" | "savedWorkflow" | "savedAt" | "results" | "collapsed">} Draft
 */

const DRAFT = "qpyt.draft";
const THEME = "qpyt.theme";

/** @returns {Draft | null} */
export function readDraft() {
  try {
    const draft = JSON.parse(localStorage.getItem(DRAFT) ?? "null");
    return draft && Array.isArray(draft.workflow?.bricks) ? draft : null;
  } catch {
    return null;
  }
}

/**
 * @param {State} state
 * @returns {boolean} false when the browser refuses to keep it (full, or switched off)
 */
export function writeDraft(state) {
  const { workflow, savedName, savedWorkflow, savedAt, results, collapsed } = state;
  try {
    const draft = { workflow, savedName, savedWorkflow, savedAt, results, collapsed };
    localStorage.setItem(DRAFT, JSON.stringify(draft));
    return true;
  } catch {
    return false;
  }
}

/** @returns {State["theme"]} */
export function readTheme() {
  try {
    const theme = localStorage.getItem(THEME);
    return theme === "light" || theme === "dark" ? theme : "system";
  } catch {
    return "system";
  }
}

/** @param {State["theme"]} theme */
export function writeTheme(theme) {
  document.documentElement.dataset.theme = theme;
  try {
    localStorage.setItem(THEME, theme);
  } catch {
    // The choice then lasts until the page closes; nothing else depends on it.
  }
}
