/** The queue monitor: running, waiting and finished tasks. */
/** @import { State, Task } from "../state/types.js" */
import { waiting } from "../state/selectors/tasks.js";
import { count, duration } from "../state/words.js";
import { h, reconcile, say, show } from "../elements/dom.js";
import { QpElement } from "../elements/element.js";
import { icon } from "../elements/icons.js";
import { TaskRow } from "./task-row.js";

const MAX_WAITING = 50;
const MAX_ENDED = 30;

export class QueueMonitor extends QpElement {
  #summary = h("span", { class: "queue-summary", role: "status" });
  #pause = h("button", { type: "button", class: "quiet small" });
  #clear = h("button", { type: "button", class: "quiet small", title: "Cancel all running and waiting tasks (Ctrl Shift .)" }, "Cancel all");
  #open = h("div", { class: "tasks", role: "list", "aria-label": "Running and waiting" });
  #more = h("p", { class: "note" });
  #endedHead = h("h2", { class: "queue-head" }, "Done");
  #ended = h("div", { class: "tasks", role: "list", "aria-label": "Done" });
  #empty = h("div", { class: "queue-empty" });
  #handle = h("button", { type: "button", class: "queue-handle", "aria-expanded": "false" });
  #handleText = h("span", {});
  #fold = h("button", { type: "button", class: "bare queue-fold" }, icon("right"));

  /** @override */
  build() {
    this.setAttribute("role", "complementary");
    this.setAttribute("aria-label", "Queue");
    this.#pause.addEventListener("click", () => this.request("toggle-pause", {}));
    this.#clear.addEventListener("click", () => this.request("cancel-all", {}));
    this.#handle.append(icon("queue"), this.#handleText);
    this.#fold.addEventListener("click", () => this.request("toggle-queue", {}));
    this.#handle.addEventListener("click", () => this.request("toggle-queue", {}));
    this.#empty.append(
      h("strong", {}, "The queue is empty"),
      h("p", {}, "Every run adds tasks here, with progress and previews. You can cancel them at any time."),
      h("p", {}, "The queue is stored on disk and continues after a restart of the page or the server."),
    );
    const head = h("div", { class: "queue-head" }, h("h2", {}, "Queue"), this.#summary, this.#clear, this.#pause, this.#fold);
    const inside = h("div", { class: "queue-inside" }, head, this.#open, this.#more, this.#empty, this.#endedHead, this.#ended);
    this.append(this.#handle, inside);
  }

  /** @override @param {State} state */
  render(state) {
    const tasks = Object.values(state.tasks);
    const running = tasks.filter((task) => task.status === "running").sort(byId);
    const queued = state.waiting.map((id) => state.tasks[id]).filter((task) => task && waiting(task));
    const unlisted = tasks.filter((task) => waiting(task) && !state.waiting.includes(task.id)).sort(byId);
    const open = /** @type {Task[]} */ ([...running, ...queued, ...unlisted]);
    const ended = tasks.filter((task) => task.finished_at).sort(byEnd).slice(0, MAX_ENDED);
    this.#drawRows(this.#open, open.slice(0, MAX_WAITING));
    this.#drawRows(this.#ended, ended);
    this.#drawHead(state, open);
    show(this.#empty, state.ready && open.length === 0);
    this.#empty.classList.toggle("brief", ended.length > 0);
    show(this.#endedHead, ended.length > 0);
    this.#drawHandle(state, open);
  }

  /** @param {HTMLElement} list @param {Task[]} tasks */
  #drawRows(list, tasks) {
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

  /** @param {State} state @param {Task[]} open */
  #drawHead(state, open) {
    const { queue } = state;
    const counts = queue?.counts ?? {};
    const waits = (counts.pending ?? 0) + (counts.held ?? 0);
    const eta = queue?.eta_seconds && !queue.paused ? ` · about ${duration(queue.eta_seconds)}` : "";
    say(this.#summary, queue?.paused ? "paused" : waits ? `${waits} waiting${eta}` : "");
    show(this.#clear, waits > 0);
    const word = queue?.paused ? "Resume" : "Pause";
    if (this.#pause.textContent !== word) {
      this.#pause.replaceChildren(icon(queue?.paused ? "play" : "pause"), word);
      this.#pause.title = queue?.paused ? "Resume the queue (P)" : "Pause the queue (P)";
    }
    this.classList.toggle("paused", Boolean(queue?.paused));
    const running = counts.running ?? 0;
    const hidden = waits + running - Math.min(open.length, MAX_WAITING);
    say(this.#more, hidden > 0 ? `and ${count(hidden, "more task")}` : "");
    show(this.#more, hidden > 0);
  }

  /** @param {State} state @param {Task[]} open */
  #drawHandle(state, open) {
    this.classList.toggle("open", state.queueOpen);
    const label = state.queueOpen ? "Fold the queue (Q)" : "Open the queue (Q)";
    this.#fold.title = label;
    this.#fold.setAttribute("aria-label", label);
    this.#fold.setAttribute("aria-expanded", String(state.queueOpen));
    this.#handle.setAttribute("aria-expanded", String(state.queueOpen));
    const busy = open.length ? `${open.length} in the queue` : "Queue is empty";
    say(this.#handleText, state.queue?.paused ? `Queue paused · ${open.length}` : busy);
  }
}

/** @param {Task} a @param {Task} b */
function byId(a, b) {
  return a.id < b.id ? -1 : 1;
}

/** @param {Task} a @param {Task} b */
function byEnd(a, b) {
  return String(b.finished_at).localeCompare(String(a.finished_at));
}

customElements.define("qp-queue-monitor", QueueMonitor);
