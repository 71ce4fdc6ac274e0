/** The tasks of the queue: running and waiting ones, ended ones, and the actions on all of them. */
/** @import { State, Task } from "../state/types.js" */
import { waiting } from "../state/selectors/tasks.js";
import { count, duration } from "../state/words.js";
import { h, reconcile, say, show } from "./dom.js";
import { icon } from "./icons.js";
import { TaskRow } from "./task-row.js";

export class TaskLists {
  summary = h("span", { class: "queue-summary", role: "status" });
  pause = h("button", { type: "button", class: "quiet small" });
  clear = h("button", { type: "button", class: "quiet small", title: "Cancel all running and waiting tasks (Ctrl Shift .)" }, "Cancel all");
  open = h("div", { class: "tasks", role: "list", "aria-label": "Running and waiting" });
  more = h("p", { class: "note" });
  empty = h("div", { class: "queue-empty" }, h("strong", {}, "The queue is empty"));
  ended = h("div", { class: "tasks", role: "list", "aria-label": "Done" });
  endedHead;

  /**
   * @param {{ heading: "h2" | "h4", mostOpen: number, mostEnded: number }} options
   * @param {(name: "toggle-pause" | "cancel-all") => void} request
   */
  constructor({ heading, mostOpen, mostEnded }, request) {
    this.mostOpen = mostOpen;
    this.mostEnded = mostEnded;
    this.endedHead = h(heading, { class: "queue-head" }, "Done");
    this.pause.addEventListener("click", () => request("toggle-pause"));
    this.clear.addEventListener("click", () => request("cancel-all"));
  }

  /**
   * @param {State} state
   * @returns {number} the running and waiting tasks that the page holds
   */
  draw(state) {
    const open = unfinishedTasks(state);
    const ended = Object.values(state.tasks).filter((task) => task.finished_at).sort(byEnd).slice(0, this.mostEnded);
    drawRows(this.open, open.slice(0, this.mostOpen));
    drawRows(this.ended, ended);
    this.#drawHead(state, Math.min(open.length, this.mostOpen));
    show(this.empty, state.ready && open.length === 0);
    this.empty.classList.toggle("brief", ended.length > 0);
    show(this.endedHead, ended.length > 0);
    return open.length;
  }

  /** @param {State} state @param {number} listed */
  #drawHead({ queue }, listed) {
    const counts = queue?.counts ?? {};
    const waits = (counts.pending ?? 0) + (counts.held ?? 0);
    const eta = queue?.eta_seconds && !queue.paused ? ` · about ${duration(queue.eta_seconds)}` : "";
    say(this.summary, queue?.paused ? "paused" : waits ? `${waits} waiting${eta}` : "");
    show(this.clear, waits > 0);
    const word = queue?.paused ? "Resume" : "Pause";
    if (this.pause.textContent !== word) {
      this.pause.replaceChildren(icon(queue?.paused ? "play" : "pause"), word);
      this.pause.title = queue?.paused ? "Resume the queue (P)" : "Pause the queue (P)";
    }
    const hidden = waits + (counts.running ?? 0) - listed;
    say(this.more, hidden > 0 ? `and ${count(hidden, "more task")}` : "");
    show(this.more, hidden > 0);
  }
}

/** Running tasks, then waiting ones in their order. @param {State} state @returns {Task[]} */
function unfinishedTasks(state) {
  const tasks = Object.values(state.tasks);
  const running = tasks.filter((task) => task.status === "running").sort(byId);
  const queued = state.waiting.map((id) => state.tasks[id]).filter((task) => task && waiting(task));
  const unlisted = tasks.filter((task) => waiting(task) && !state.waiting.includes(task.id)).sort(byId);
  return /** @type {Task[]} */ ([...running, ...queued, ...unlisted]);
}

/** @param {HTMLElement} list @param {Task[]} tasks */
function drawRows(list, tasks) {
  reconcile(
    list,
    tasks,
    (task) => task.id,
    (task) => {
      const row = new TaskRow();
      row.taskId = task.id;
      return row;
    },
  );
}

/** @param {Task} a @param {Task} b */
function byId(a, b) {
  return a.id < b.id ? -1 : 1;
}

/** @param {Task} a @param {Task} b */
function byEnd(a, b) {
  return String(b.finished_at).localeCompare(String(a.finished_at));
}
