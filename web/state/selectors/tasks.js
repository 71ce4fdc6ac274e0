/** Selectors of tasks and their images. */
/** @import { Brick } from "../../document/types.js" */
/** @import { Picture, State, Task } from "../types.js" */
import { entryNamed } from "../../document/lookup.js";
import { feeding, origin, owner, portName } from "../../document/workflow.js";
import { displayOf } from "./kinds.js";

const MAX_TASKS = 300;

/** @param {Pick<Task, "status">} task */
export function unfinished(task) {
  return task.status === "pending" || task.status === "held" || task.status === "running";
}

/** @param {Task} task */
export function waiting(task) {
  return task.status === "pending" || task.status === "held";
}

/**
 * @param {State} state
 * @param {string[]} ids
 * @returns {Task[]} those in the store
 */
function knownTasks(state, ids) {
  return ids.flatMap((id) => state.tasks[id] ?? []);
}

/**
 * The tasks of a brick, newest first.
 * @param {State} state
 * @param {string} brick
 * @returns {Task[]}
 */
export function tasksOfBrick(state, brick) {
  return knownTasks(state, state.results[brick] ?? []);
}

/**
 * The task that a brick reports: running, else waiting, else the newest.
 * @param {State} state
 * @param {string} brick
 * @returns {Task | undefined}
 */
export function currentTask(state, brick) {
  const tasks = tasksOfBrick(state, brick);
  const running = tasks.find((task) => task.status === "running");
  return running ?? tasks.findLast((task) => waiting(task)) ?? tasks[0];
}

/**
 * @param {State} state
 * @returns {Task[]} unfinished tasks of the workflow
 */
export function unfinishedTasks(state) {
  return knownTasks(state, Object.values(state.results).flat()).filter(unfinished);
}

/**
 * The unfinished tasks of one run of the workflow: the run at work, else the first that waits.
 * @param {State} state
 */
export function tasksOfRun(state) {
  const tasks = unfinishedTasks(state).sort((a, b) => (a.id < b.id ? -1 : 1));
  const first = tasks.find((task) => task.status === "running") ?? tasks[0];
  return tasks.filter((task) => task === first || (task.run_id !== null && task.run_id === first?.run_id));
}

/**
 * The preview of a running task. After its last step the server has no preview any more; the one
 * on display stays until the image arrives.
 * @param {Task | undefined} task
 * @param {string} shown address of the preview on display
 * @returns {string} empty for none
 */
export function previewUrl(task, shown) {
  const url = task?.status === "running" ? task.progress?.preview_url : null;
  if (!task || !url) return "";
  const last = task.cancel_requested || (task.progress?.fraction ?? 0) >= 1;
  return !last ? url : shown.includes(`/tasks/${task.id}/`) ? shown : "";
}

/**
 * The outputs that an <img> can show.
 * @param {State} state
 * @param {Task} task
 * @param {string} [port]
 * @returns {Picture[]}
 */
export function pictures(state, task, port) {
  return task.outputs
    .filter((output) => output.url && displayOf(state, output) === "image" && (!port || output.port === port))
    .map((output) => ({ output, task }));
}

/**
 * The images that reached a brick's inputs, newest run first; for a view also the edits of them.
 * @param {State} state
 * @param {Brick} brick
 * @param {string[]} ports
 * @returns {Picture[]}
 */
export function inputPictures(state, brick, ports) {
  return inputRuns(state, brick, ports).flatMap(({ task, output }) => pictures(state, task, output));
}

/**
 * The runs that reach a brick's inputs, newest first; for a view also the edits of their images.
 * @param {State} state
 * @param {Brick} brick
 * @param {string[]} ports
 * @returns {{ task: Task, output: string }[]} `output` is the connected port; empty for all
 */
export function inputRuns(state, brick, ports) {
  const isView = entryNamed(state.entries, brick.type)?.kind === "view";
  const wires = ports.flatMap((port) => feeding(state.workflow, `${brick.id}.${port}`));
  const ends = wires.map((wire) => origin(state.entries, state.workflow, wire.from)).filter(Boolean);
  const origins = new Map(ends.map((end) => [end, { id: owner(end), output: portName(end) }]));
  if (isView) origins.set(brick.id, { id: brick.id, output: "" });
  const runs = [...origins.values()].flatMap(({ id, output }) => tasksOfBrick(state, id).map((task) => ({ task, output })));
  return runs.sort((a, b) => (a.task.id < b.task.id ? 1 : -1));
}

/**
 * The place of a waiting task in the queue, from 1; 0 where it is not listed.
 * @param {State} state
 * @param {string} id
 */
export function placeInQueue(state, id) {
  const index = state.waiting.indexOf(id);
  return index < 0 ? 0 : state.waitingOffset + index + 1;
}

/** The number of all waiting tasks. @param {State} state */
export function waitingCount({ queue }) {
  return (queue?.counts.pending ?? 0) + (queue?.counts.held ?? 0);
}

/** The running tasks, the first submitted one first. @param {State} state */
export function runningTasks(state) {
  return Object.values(state.tasks)
    .filter((task) => task.status === "running")
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}

/**
 * The listed waiting tasks in the order of the queue; at its end those that were submitted since.
 * @param {State} state
 * @returns {Task[]}
 */
export function queuedTasks(state) {
  const listed = knownTasks(state, state.waiting).filter(waiting);
  if (state.waitingOffset + state.waiting.length < waitingCount(state)) return listed;
  const known = new Set(state.waiting);
  const fresh = Object.values(state.tasks).filter((task) => waiting(task) && !known.has(task.id));
  return [...listed, ...fresh.sort((a, b) => (a.id < b.id ? -1 : 1))];
}

/**
 * The ended tasks to list, the last one first: those of the search, else of the newest snapshot and
 * of the events since.
 * @param {State} state
 * @returns {Task[]}
 */
export function endedTasks(state) {
  if (state.history) return knownTasks(state, state.history.items);
  const { queue, ended, endedCount, showCancelled } = state;
  const listed = new Set(ended);
  const oldest = state.tasks[ended.at(-1) ?? ""]?.finished_at ?? "";
  const since = ended.length < endedCount ? (queue?.cleared_at ?? "") : oldest;
  return Object.values(state.tasks)
    .filter(({ id, status, finished_at: end }) => end && (listed.has(id) || end > since) && (showCancelled || status !== "cancelled"))
    .filter(({ finished_at: end }) => String(end) > (queue?.cleared_at ?? ""))
    .sort((a, b) => (String(b.finished_at) + b.id).localeCompare(String(a.finished_at) + a.id))
    .slice(0, endedCount);
}

/**
 * Merges tasks into those of the state; an older version never overwrites a newer one.
 * @param {State} state
 * @param {Task[]} tasks
 * @returns {Record<string, Task>}
 */
export function mergeTasks(state, tasks) {
  const all = { ...state.tasks };
  for (const task of tasks) {
    const before = all[task.id];
    if (!before || before.version <= task.version) all[task.id] = task;
  }
  const ids = Object.keys(all).sort();
  if (ids.length <= MAX_TASKS) return all;
  const onWall = new Set(Object.values(state.results).flat());
  for (const id of ids.slice(0, ids.length - MAX_TASKS)) {
    const task = all[id];
    if (task && !onWall.has(id) && !unfinished(task)) delete all[id];
  }
  return all;
}
