/** The second line of a task: its state, its model and its project. */
/** @import { State, Task } from "../types.js" */
import { withId } from "../../document/lookup.js";
import { count, duration, ordinal, phase, runSeconds, timeLeft } from "../words.js";
import { pictures, placeInQueue, waiting } from "./tasks.js";

const BANDS = new Map([[10, "workflow"], [20, "batch"], [30, "training"]]);

/** @param {Task} task @param {State} state */
export function taskLine(task, state) {
  const model = withId(state.models, task.params?.model)?.label.split(" · ")[0];
  const facts = waiting(task) ? [model, waitingLine(task, state), bandOf(task)] : [...endedOrRunning(task, state)];
  return [...facts, task.project_id].filter(Boolean).join(" · ");
}

/** @param {Task} task @param {State} state */
function waitingLine(task, state) {
  if (task.hold_reasons.includes("user")) return "on hold";
  if (task.hold_reasons.includes("parent")) return "waiting for its input";
  const place = placeInQueue(state, task.id);
  const starts = state.startsIn[task.id];
  const starting = state.queue?.lanes.some((lane) => lane.state === "starting");
  const turn = place > 1 ? `${ordinal(place)} in the queue` : starting ? "worker starting" : "next";
  return starts && place > 1 && !state.queue?.paused ? `${turn}, in ${duration(starts)}` : turn;
}

/** The priority of a task that is not the usual one. @param {Task} task */
function bandOf({ priority = 0, run_id: run }) {
  return priority === 10 && run ? "" : (BANDS.get(priority) ?? "");
}

/** @param {Task} task @param {State} state */
function endedOrRunning(task, state) {
  if (task.status === "running") return [phase(task), timeLeft(task.progress?.eta_seconds)];
  if (task.status === "failed") return [task.error?.detail ?? "failed"];
  if (task.status === "cancelled") return ["cancelled"];
  const seconds = runSeconds(task);
  const seed = task.outputs[0]?.seed;
  const many = pictures(state, task).length;
  const facts = [many > 1 ? count(many, "image") : "", task.cached ? "cached" : seconds ? duration(seconds) : ""];
  const known = [...facts, typeof seed === "number" ? `seed ${seed}` : ""].filter(Boolean);
  return known.length ? known : ["done"];
}
