/** The rows of the history: days, tasks, and folded cancelled ones. */
/** @import { Task, TaskLog } from "../types.js" */
import { quantity } from "../words.js";

/**
 * @typedef {{ key: string, kind: "day", date: string } | { key: string, kind: "task", task: Task } | { key: string, kind: "fold", count: number }} LogRow
 */

/** The local day of a time, as `2026-01-31`. @param {string} time */
export function dayOf(time) {
  const at = new Date(time);
  const parts = [at.getFullYear(), at.getMonth() + 1, at.getDate()];
  return parts.map((part) => String(part).padStart(2, "0")).join("-");
}

/**
 * A heading for each day; cancelled tasks in a row are one line unless they are unfolded or asked for.
 * @param {TaskLog} log
 * @returns {LogRow[]}
 */
export function logRows({ tasks, unfolded, filter }) {
  const whole = unfolded || filter.status === "cancelled";
  /** @type {LogRow[]} */
  const rows = [];
  let day = "";
  for (const task of tasks) {
    const date = dayOf(task.created_at);
    if (date !== day) rows.push({ key: `day-${date}`, kind: "day", date });
    day = date;
    const last = rows.at(-1);
    if (whole || task.status !== "cancelled") rows.push({ key: task.id, kind: "task", task });
    else if (last?.kind === "fold") rows[rows.length - 1] = { ...last, count: last.count + 1 };
    else rows.push({ key: `fold-${task.id}`, kind: "fold", count: 1 });
  }
  return rows;
}

/** @param {import("../types.js").ReplayReport} report @returns {string} "Replay identical · 0 of 16,384 px differ" */
export function replayText({ identical, pixels, size, other_size: other }) {
  if (!pixels) return `Replay differs · ${quantity(other.join(" × "), "px")} instead of ${size.join(" × ")}`;
  const differ = `${pixels.changed.toLocaleString("en")} of ${quantity(pixels.pixels.toLocaleString("en"), "px")} differ`;
  return identical ? `Replay identical · ${differ}` : `Replay differs · ${differ}, at most by ${pixels.max} of 255`;
}

/** The parts of the environment that changed since the image was made. @param {import("../types.js").ReplayReport} report */
export function replayChanges({ changes }) {
  const text = (/** @type {string | null} */ value) => (value ? value.slice(0, 24) : "none");
  return changes.map(({ label, before, after }) => `${label}: ${text(before)} → ${text(after)}`);
}
