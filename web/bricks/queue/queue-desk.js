/**
 * The desk of the queue, in the drawer and in a brick: running, waiting and ended tasks with their
 * actions. Of the waiting tasks a part is drawn, and the height of the others is kept free.
 */
/** @import { State, Task } from "../../state/types.js" */
import { endedTasks, placeInQueue, queuedTasks, runningTasks, waitingCount } from "../../state/selectors/tasks.js";
import { count, duration } from "../../state/words.js";
import { custom, h, reconcile, say, show } from "../../elements/dom.js";
import { QpElement } from "../../elements/element.js";
import { icon } from "../../elements/icons.js";
import { dragTask } from "./drag-task.js";
import { HistorySearch } from "./history-search.js";
import { OPEN_MENU, TaskMenu } from "./task-menu.js";
import "./task-editor.js";
import { TaskRow } from "./task-row.js";

const AHEAD = 15; // rows above the first visible one that are read with it

export class QueueDesk extends QpElement {
  /** The level of the headings. @type {"h3" | "h4"} */
  heading = "h3";
  #summary = h("p", { class: "queue-summary" });
  #pause = h("button", { type: "button", class: "quiet small", "data-keys": "pause-queue" });
  #autoRun = h("button", { type: "button", class: "quiet small auto-run", role: "switch", title: "Off holds every task that is submitted, until you release it (auto_run)" }, "Auto-run");
  #release = this.#button("Release", () => this.request("release-all", {}), "play");
  #cancel = this.#button("Cancel all", () => this.request("cancel-all", {}));
  #retry = this.#button("Retry failed", () => this.request("retry-failed", {}), "retry");
  #clear = this.#button("Clear", () => this.request("clear-finished", {}));
  #running = list("Running");
  #waiting = list("Waiting");
  #ended = list("Done");
  #empty = h("div", { class: "queue-empty" }, h("strong", {}, "The queue is empty"));
  #more = this.#button("Show more", () => this.request("show-more-ended", {}));
  #cancelled = this.#button("", () => this.request("toggle-cancelled", {}));
  #search = new HistorySearch((filter) => this.request("search-history", { filter }));
  #menu = new TaskMenu((name, detail) => this.request(name, detail));
  #endedHead = h("div", { class: "queue-head" });
  #endedTitle = h("h3", {});
  /** @type {State | null} */
  #state = null;
  #part = -1;
  #total = 0;

  /** @override */
  build() {
    this.classList.add("queue-desk");
    this.#cancel.title = "Cancel all running and waiting tasks";
    this.#cancel.dataset.keys = "cancel-all";
    this.#clear.title = "Clear the list of finished tasks; the history keeps them";
    this.#pause.addEventListener("click", () => this.request("toggle-pause", {}));
    this.#autoRun.addEventListener("click", () => this.request("toggle-auto-run", {}));
    this.#waiting.classList.add("waiting");
    this.#empty.append(
      h("p", {}, "Every run adds tasks here, with progress and previews. You can cancel them at any time."),
      h("p", {}, "The queue is stored on disk and continues after a restart of the page or the server."),
    );
    const tools = h("div", { class: "queue-tools" }, this.#pause, this.#autoRun, this.#release, this.#cancel);
    this.#endedTitle = h(this.heading, {}, "Done");
    this.#endedHead.append(this.#endedTitle, this.#search.toggle, this.#retry, this.#clear);
    const foot = h("div", { class: "queue-tools" }, this.#more, this.#cancelled);
    this.append(
      custom("qp-task-editor"),
      h("div", { class: "queue-state" }, this.#summary, tools),
      ...[this.#running, this.#waiting, this.#empty, this.#endedHead, this.#search.form, this.#ended, foot, this.#menu.element],
    );
    this.addEventListener("keydown", (event) => this.#press(event));
    dragTask(this.#waiting, (detail) => this.request("move-task", detail));
    this.addEventListener(OPEN_MENU, (event) => {
      const { task, button } = /** @type {CustomEvent} */ (event).detail;
      if (this.#state) this.#menu.open(this.#state, task, button);
    });
  }

  /** @override @param {AbortSignal} signal */
  connected(signal) {
    this.addEventListener("scroll", () => requestAnimationFrame(() => this.#follow()), { signal, passive: true });
  }

  /** @override @param {State} state */
  render(state) {
    this.#state = state;
    const [running, queued, ended] = [runningTasks(state), queuedTasks(state), endedTasks(state)];
    this.#total = waitingCount(state);
    const focus = /** @type {HTMLElement | null} */ (document.activeElement?.closest("qp-task-row") ? document.activeElement : null);
    const after = Math.max(0, this.#total - state.waitingOffset - queued.length);
    this.#waiting.style.setProperty("--before", String(state.waitingOffset));
    this.#waiting.style.setProperty("--after", String(after));
    for (const [element, tasks] of /** @type {[HTMLElement, Task[]][]} */ ([[this.#running, running], [this.#waiting, queued], [this.#ended, ended]])) {
      drawRows(element, tasks);
    }
    if (focus?.isConnected && document.activeElement !== focus) focus.focus(); // it lost the focus when its row moved
    const edited = state.taskEdit?.task;
    for (const row of /** @type {Iterable<HTMLElement>} */ (this.#waiting.children)) row.classList.toggle("edited", row.dataset.key === edited);
    this.#drawState(state, running.length);
    this.#drawEnded(state, ended);
    show(this.#empty, state.ready && !running.length && !this.#total);
    this.#empty.classList.toggle("brief", ended.length > 0);
    this.classList.toggle("paused", Boolean(state.queue?.paused));
  }

  /** @param {State} state @param {number} running */
  #drawState({ queue, tasks }, running) {
    const held = Object.values(tasks).some(({ status, hold_reasons: reasons }) => status === "held" && reasons.includes("user"));
    const eta = queue?.eta_seconds && !queue.paused ? ` · about ${duration(queue.eta_seconds)}` : "";
    const waits = this.#total ? `${this.#total} waiting${eta}` : "";
    say(this.#summary, [queue?.paused ? "Paused" : "", running ? `${running} running` : "", waits].filter(Boolean).join(" · ") || "Nothing waits");
    const word = queue?.paused ? "Resume" : "Pause";
    if (this.#pause.textContent !== word) {
      this.#pause.replaceChildren(icon(queue?.paused ? "play" : "pause"), word);
      this.#pause.title = queue?.paused ? "Resume the queue" : "Pause the queue";
    }
    this.#autoRun.setAttribute("aria-checked", String(queue?.auto_run ?? true));
    show(this.#release, held);
    show(this.#cancel, this.#total + running > 0);
  }

  /** @param {State} state @param {Task[]} ended */
  #drawEnded(state, ended) {
    const { history, queue, endedCount, showCancelled } = state;
    this.#search.draw(state);
    say(this.#endedTitle, history ? "All tasks" : "Done");
    show(this.#endedHead, ended.length > 0 || history !== null || (queue?.counts.cancelled ?? 0) > 0);
    show(this.#retry, (queue?.counts.failed ?? 0) > 0 && ended.some(({ status }) => status === "failed"));
    show(this.#clear, !history && ended.length > 0);
    const total = history ? history.total : (queue?.counts.completed ?? 0) + (queue?.counts.failed ?? 0);
    show(this.#more, history ? history.next !== null : ended.length >= endedCount && total > endedCount && endedCount < 200);
    const cancelled = queue?.counts.cancelled ?? 0;
    say(this.#cancelled, showCancelled ? "Hide cancelled" : `Show ${count(cancelled, "cancelled task")}`);
    show(this.#cancelled, !history && cancelled > 0);
  }

  /** Moves the row in focus with the keyboard. @param {KeyboardEvent} event */
  #press(event) {
    const row = /** @type {HTMLElement} */ (event.target).closest("qp-task-row");
    const task = row instanceof TaskRow ? row.taskId : "";
    if (!event.altKey || !this.#state || !placeInQueue(this.#state, task)) return;
    const steps = /** @type {Record<string, -1 | 1>} */ ({ ArrowUp: -1, ArrowDown: 1 });
    const ends = /** @type {Record<string, "top" | "bottom">} */ ({ Home: "top", End: "bottom" });
    const [by, end] = [steps[event.key], ends[event.key]];
    if (!by && !end) return;
    event.preventDefault();
    event.stopPropagation();
    if (by) this.request("nudge-task", { task, by });
    else if (end) this.request("move-task", { task, end });
  }

  /** Requests the part of the waiting tasks that is in view. */
  #follow() {
    const row = Number.parseFloat(getComputedStyle(this.#waiting).getPropertyValue("--row"));
    const drawn = this.#waiting.childElementCount;
    const offset = Number(this.#waiting.style.getPropertyValue("--before"));
    if (!row || drawn >= this.#total) return;
    const top = this.getBoundingClientRect().top - this.#waiting.getBoundingClientRect().top;
    const first = Math.max(0, Math.floor(top / row));
    const last = Math.min(this.#total, Math.ceil((top + this.clientHeight) / row));
    if (last <= 0 || (first >= offset && last <= offset + drawn)) return;
    const part = Math.max(0, Math.min(first - AHEAD, this.#total - 1));
    if (part === this.#part) return;
    this.#part = part;
    this.request("show-queue-part", { offset: part });
  }

  /**
   * @param {string} text
   * @param {() => void} act
   * @param {import("../../elements/icons.js").IconName} [name]
   */
  #button(text, act, name) {
    return h("button", { type: "button", class: "quiet small", onclick: act }, name ? icon(name) : null, text);
  }
}

/** @param {string} label */
function list(label) {
  return h("div", { class: "tasks", role: "list", "aria-label": label });
}

/** @param {HTMLElement} element @param {Task[]} tasks */
function drawRows(element, tasks) {
  reconcile(
    element,
    tasks,
    (task) => task.id,
    (task) => {
      const row = new TaskRow();
      row.taskId = task.id;
      return row;
    },
  );
}

customElements.define("qp-queue-desk", QueueDesk);
