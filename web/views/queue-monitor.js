/** The drawer of the queue beside every place; a sheet on small screens. */
/** @import { State } from "../state/types.js" */
import { runningTasks, waitingCount } from "../state/selectors/tasks.js";
import { h, say } from "../elements/dom.js";
import { QpElement } from "../elements/element.js";
import { icon } from "../elements/icons.js";
import { QueueDesk } from "../bricks/queue/queue-desk.js";

export class QueueMonitor extends QpElement {
  #desk = new QueueDesk();
  #handle = h("button", { type: "button", class: "queue-handle", "aria-expanded": "false" });
  #handleText = h("span", {});
  #fold = h("button", { type: "button", class: "bare queue-fold" }, icon("right"));

  /** @override */
  build() {
    this.setAttribute("role", "complementary");
    this.setAttribute("aria-label", "Queue");
    this.#handle.append(icon("queue"), this.#handleText);
    this.#fold.addEventListener("click", () => this.request("toggle-queue", {}));
    this.#handle.addEventListener("click", () => this.request("toggle-queue", {}));
    const head = h("div", { class: "queue-head" }, h("h2", {}, "Queue"), this.#fold);
    this.append(this.#handle, h("div", { class: "queue-inside" }, head, this.#desk));
  }

  /** @override @param {State} state */
  render(state) {
    const open = runningTasks(state).length + waitingCount(state);
    this.classList.toggle("open", state.queueOpen);
    const label = state.queueOpen ? "Fold the queue (Q)" : "Open the queue (Q)";
    this.#fold.title = label;
    this.#fold.setAttribute("aria-label", label);
    this.#fold.setAttribute("aria-expanded", String(state.queueOpen));
    this.#handle.setAttribute("aria-expanded", String(state.queueOpen));
    const busy = open ? `${open} in the queue` : "Queue is empty";
    say(this.#handleText, state.queue?.paused ? `Queue paused · ${open}` : busy);
  }
}

customElements.define("qp-queue-monitor", QueueMonitor);
