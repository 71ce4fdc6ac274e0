/** Questions about tasks, answered from a snapshot. */
/** @import { Brick } from "../../document/types.js" */
/** @import { Picture, State, Task } from "../types.js" */
import { entryNamed } from "../../document/lookup.js";
import { feeding, owner, portName } from "../../document/workflow.js";

const LONGEST_LIST = 300;
const SHOWN = new Set(["image", "mask", "svg"]); // kinds of output that an image element can show

/** @param {Task} task */
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
 * @returns {Task[]} those of them that have been heard of
 */
function known(state, ids) {
  return ids.flatMap((id) => state.tasks[id] ?? []);
}

/**
 * The tasks that came from one brick of this wall, newest first.
 * @param {State} state
 * @param {string} brick
 * @returns {Task[]}
 */
export function ofBrick(state, brick) {
  return known(state, state.results[brick] ?? []);
}

/**
 * The one task that a brick should speak of: what runs, else what waits, else what ended last.
 * @param {State} state
 * @param {string} brick
 * @returns {Task | undefined}
 */
export function current(state, brick) {
  const tasks = ofBrick(state, brick);
  const running = tasks.find((task) => task.status === "running");
  return running ?? tasks.findLast((task) => waiting(task)) ?? tasks[0];
}

/**
 * @param {State} state
 * @returns {Task[]} everything this wall has asked for that has not ended
 */
export function ofWall(state) {
  return known(state, Object.values(state.results).flat()).filter(unfinished);
}

/**
 * The look at a running task that is worth asking for. After its last step the picture itself is
 * next, and the server has no preview any more: what is shown stays.
 * @param {Task | undefined} task
 * @param {string} shown address of what is shown now
 * @returns {string} empty for none
 */
export function preview(task, shown) {
  const look = task?.status === "running" ? task.progress?.preview_url : null;
  if (!task || !look) return "";
  const last = task.cancel_requested || (task.progress?.fraction ?? 0) >= 1;
  return !last ? look : shown.includes(`/tasks/${task.id}/`) ? shown : "";
}

/**
 * @param {Task} task
 * @param {string} [port]
 * @returns {Picture[]}
 */
export function pictures(task, port) {
  return task.outputs
    .filter((output) => output.url && SHOWN.has(output.kind) && (!port || output.port === port))
    .map((output) => ({ output, task }));
}

/**
 * Every picture that has flowed into a brick's inputs, newest run first; for a view also those
 * that were made of what it showed.
 * @param {State} state
 * @param {Brick} brick
 * @param {string[]} ports
 * @returns {Picture[]}
 */
export function arrivals(state, brick, ports) {
  const isView = entryNamed(state.entries, brick.type)?.kind === "view";
  const wires = ports.flatMap((port) => feeding(state.workflow, `${brick.id}.${port}`));
  const origins = new Map(wires.map((wire) => [wire.from, { id: owner(wire.from), output: portName(wire.from) }]));
  if (isView) origins.set(brick.id, { id: brick.id, output: "" });
  const runs = [...origins.values()].flatMap(({ id, output }) => ofBrick(state, id).map((task) => ({ task, output })));
  runs.sort((a, b) => (a.task.id < b.task.id ? 1 : -1));
  return runs.flatMap(({ task, output }) => pictures(task, output));
}

/**
 * The bricks whose results one brick shows.
 * @param {State} state
 * @param {Brick} brick
 */
export function sources(state, brick) {
  const wires = state.workflow.wires.filter((wire) => owner(wire.to) === brick.id);
  return [...new Set(wires.map((wire) => owner(wire.from)))];
}

/**
 * Adds tasks to the known ones; an older version never overwrites a newer one.
 * @param {State} state
 * @param {Task[]} tasks
 * @returns {Record<string, Task>}
 */
export function merge(state, tasks) {
  const all = { ...state.tasks };
  for (const task of tasks) {
    const before = all[task.id];
    if (!before || before.version <= task.version) all[task.id] = task;
  }
  const ids = Object.keys(all).sort();
  if (ids.length <= LONGEST_LIST) return all;
  const kept = new Set(Object.values(state.results).flat());
  for (const id of ids.slice(0, ids.length - LONGEST_LIST)) {
    const task = all[id];
    if (task && !kept.has(id) && task.status !== "running") delete all[id];
  }
  return all;
}
