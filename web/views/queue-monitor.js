/** The queue monitor: running, waiting and finished tasks beside the wall. */
/** @import { State } from "../state/types.js" */
import { h, say } from "../elements/dom.js";
import { QpElement } from "../elements/element.js";
import { icon } from "../elements/icons.js";
import { TaskLists } from "../elements/task-lists.js";

export class QueueMonitor extends QpElement {
  #lists = new TaskLists({ heading: "h2", mostOpen: 50, mostEnded: 30 }, (name) => this.request(name, {}));
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
    const { summary, clear, pause, open, more, empty, endedHead, ended } = this.#lists;
    empty.append(
      h("p", {}, "Every run adds tasks here, with progress and previews. You can cancel them at any time."),
      h("p", {}, "The queue is stored on disk and continues after a restart of the page or the server."),
    );
    const head = h("div", { class: "queue-head" }, h("h2", {}, "Queue"), summary, clear, pause, this.#fold);
    const inside = h("div", { class: "queue-inside" }, head, open, more, empty, endedHead, ended);
    this.append(this.#handle, inside);
  }

  /** @override @param {State} state */
  render(state) {
    const open = this.#lists.draw(state);
    this.classList.toggle("paused", Boolean(state.queue?.paused));
    this.#drawHandle(state, open);
  }

  /** @param {State} state @param {number} open */
  #drawHandle(state, open) {
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
