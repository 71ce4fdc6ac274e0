/** Models on their way: what a download is doing, and what it is called. Answered from a snapshot. */
/** @import { Download, State, Task } from "../types.js" */
import { unfinished } from "./tasks.js";
import { left } from "../words.js";

const BRINGING = "pull_model"; // the operation that brings what the catalogue offers

/** @param {Task} task */
export function brings(task) {
  return task.operation === BRINGING;
}

/**
 * The download that tells most about some ids of the catalogue: one that goes on, else the last
 * one where that did not bring what was asked for.
 * @param {State} state
 * @param {string[]} ids
 * @returns {Task | undefined}
 */
export function download(state, ids) {
  const tasks = Object.values(state.tasks).filter((task) => brings(task) && ids.includes(String(task.params?.model)));
  tasks.sort((a, b) => (a.id < b.id ? 1 : -1));
  return tasks.find((task) => task.status === "running") ?? tasks.find(unfinished) ?? tasks[0];
}

/**
 * How a download stands, in a few words; empty for one that is done.
 * @param {Task} task
 */
export function standing(task) {
  if (task.cancel_requested && unfinished(task)) return "stopping…";
  if (task.status === "running") {
    const { fraction, eta_seconds: eta } = task.progress ?? {};
    const share = fraction ? `downloading, ${Math.floor(100 * fraction)} %` : "downloading…";
    return [share, fraction ? left(eta) : ""].filter(Boolean).join(" · ");
  }
  if (unfinished(task)) return "waits to be downloaded";
  if (task.status === "failed") return task.error?.detail ?? "The download failed.";
  return task.status === "cancelled" ? "download stopped; it goes on where it was" : "";
}

/** @param {State} state @param {Download} offer */
export function labelled(state, { id, label }) {
  const known = [...state.models, ...state.companions, ...state.models.flatMap((model) => model.lacks)];
  return known.find((other) => other.id === id)?.label ?? label;
}
