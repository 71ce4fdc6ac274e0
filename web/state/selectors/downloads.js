/** Selectors of model downloads. */
/** @import { Download, State, Task } from "../types.js" */
import { unfinished } from "./tasks.js";
import { quantity, timeLeft } from "../words.js";

const DOWNLOAD_OPERATION = "pull_model"; // downloads a model of the catalogue

/** @param {Task} task */
export function isDownload(task) {
  return task.operation === DOWNLOAD_OPERATION;
}

/**
 * The most relevant download of some ids of the catalogue: running, else waiting, else the newest.
 * @param {State} state
 * @param {string[]} ids
 * @returns {Task | undefined}
 */
export function downloadTask(state, ids) {
  const tasks = Object.values(state.tasks).filter((task) => isDownload(task) && ids.includes(String(task.params?.model)));
  tasks.sort((a, b) => (a.id < b.id ? 1 : -1));
  return tasks.find((task) => task.status === "running") ?? tasks.find(unfinished) ?? tasks[0];
}

/**
 * The state of a download in a few words; empty for a completed one.
 * @param {Task} task
 */
export function downloadStatus(task) {
  if (task.cancel_requested && unfinished(task)) return "cancelling…";
  if (task.status === "running") {
    const { fraction, eta_seconds: eta } = task.progress ?? {};
    const share = fraction ? `downloading, ${quantity(Math.floor(100 * fraction), "%")}` : "downloading…";
    return [share, fraction ? timeLeft(eta) : ""].filter(Boolean).join(" · ");
  }
  if (unfinished(task)) return "queued for download";
  if (task.status === "failed") return task.error?.detail ?? "The download failed.";
  return task.status === "cancelled" ? "download cancelled; it can be resumed" : "";
}

/** @param {State} state @param {Download} offer its label is its id where the error has no other */
export function downloadLabel(state, { id, label }) {
  if (label !== id) return label;
  const all = [...state.models, ...state.companions, ...state.models.flatMap((model) => model.lacks)];
  return all.find((item) => item.id === id)?.label ?? label;
}
