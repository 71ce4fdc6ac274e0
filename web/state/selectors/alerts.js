/** Alerts of the server, by their severity: failures, states in which tasks wait, and information. */
/** @import { Alert, State } from "../types.js" */

/** From the worst to the least. */
export const SEVERITIES = /** @type {const} */ (["error", "warning", "info"]);

/** The alerts that are shown, the worst first; none while the server is out of reach. @param {State} state @returns {Alert[]} */
export function shownAlerts({ connection, system }) {
  const alerts = connection === "offline" ? [] : (system?.alerts ?? []);
  return [...alerts].sort((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity));
}

/** The severity of the worst alert, empty without one. @param {State} state @returns {Alert["severity"] | ""} */
export function worstSeverity(state) {
  return shownAlerts(state)[0]?.severity ?? "";
}
