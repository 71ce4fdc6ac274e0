/** The state of an operation's brick: a name, words and an icon for its foot. */
/** @import { State, Task } from "../types.js" */
import { entryNamed } from "../../document/lookup.js";
import { find, owner, wiresInto } from "../../document/workflow.js";
import { count, duration, ordinal, phase, runSeconds, timeLeft } from "../words.js";
import { kindNamed } from "./kinds.js";
import { currentTask, placeInQueue, unfinished, waiting } from "./tasks.js";

/**
 * @typedef {object} BrickState
 * @property {"idle" | "queued" | "running" | "done" | "cached" | "warning" | "failed" | "cancelled"} name
 * @property {"clock" | "warning" | "check" | ""} icon
 * @property {string} text
 * @property {string} aside position in the queue, or the time left
 */

/**
 * @param {State} state
 * @param {string} brick an operation's
 * @returns {BrickState}
 */
export function brickState(state, brick) {
  const task = currentTask(state, brick);
  if (!task) return { name: "idle", icon: "", text: showsImages(state, brick) ? "No image yet." : "Not run yet.", aside: "" };
  if (task.status === "running") return { name: "running", icon: "", text: phase(task), aside: timeLeft(task.progress?.eta_seconds) };
  if (waiting(task)) return { name: "queued", icon: "clock", text: reason(state, brick, task), aside: turn(state, task) };
  if (task.status === "cancelled") return { name: "cancelled", icon: "", text: "cancelled", aside: "" };
  if (task.status === "failed") return { name: "failed", icon: "warning", text: "failed", aside: "" };
  const text = ended(state, task);
  if (task.warnings.length) return { name: "warning", icon: "warning", text, aside: "" };
  return { name: task.cached ? "cached" : "done", icon: "check", text, aside: "" };
}

/**
 * Reports whether a brick has image outputs.
 * @param {State} state
 * @param {string} brick
 */
export function showsImages(state, brick) {
  const outputs = entryNamed(state.entries, find(state.workflow, brick)?.type)?.outputs ?? [];
  return outputs.some((port) => kindNamed(state, port.type)?.display === "image");
}

/** The reason for which a task waits. @param {State} state @param {string} brick @param {Task} task */
function reason(state, brick, task) {
  if (task.hold_reasons.includes("parent")) return `waits for ${sourcesAtWork(state, brick) || "its input"}`;
  if (task.hold_reasons.includes("user")) return "on hold";
  if (task.hold_reasons.includes("budget")) return "on hold: out of budget";
  if (state.queue?.paused) return "queue paused";
  return "in the queue";
}

/** The bricks before this one whose tasks have not ended. @param {State} state @param {string} brick */
function sourcesAtWork(state, brick) {
  const sources = new Set(wiresInto(state.workflow, brick).map(({ from }) => owner(from)));
  const titles = [...sources].flatMap((id) => {
    const task = currentTask(state, id);
    return task && unfinished(task) ? (entryNamed(state.entries, find(state.workflow, id)?.type)?.title ?? []) : [];
  });
  return [...new Set(titles)].join(", ");
}

/** @param {State} state @param {Task} task */
function turn(state, task) {
  const place = placeInQueue(state, task.id);
  if (place === 0) return "";
  return place === 1 ? "next" : ordinal(place);
}

/** The outputs by kind, and their time. @param {State} state @param {Task} task */
function ended(state, task) {
  const parts = state.kinds.flatMap(({ name, noun }) => {
    const total = task.outputs.filter((output) => output.kind === name).length;
    return total ? [count(total, noun)] : [];
  });
  const outputs = parts.join(", ") || count(task.outputs.length, "result");
  const seconds = runSeconds(task);
  return task.cached ? `${outputs}, cached` : seconds ? `${outputs} in ${duration(seconds)}` : outputs;
}
