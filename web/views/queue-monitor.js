/** The drawer of the queue beside every place; a sheet on small screens, under a shade. */
/** @import { State } from "../state/types.js" */
import { h } from "../elements/dom.js";
import { QpElement } from "../elements/element.js";
import { icon } from "../elements/icons.js";
import { QueueDesk } from "../bricks/queue/queue-desk.js";

export class QueueMonitor extends QpElement {
  #desk = new QueueDesk();
  #shade = h("button", { type: "button", class: "queue-shade", "aria-label": "Close the queue", tabindex: -1 });
  #fold = h("button", { type: "button", class: "bare queue-fold", "data-keys": "fold-queue" }, icon("right"));

  /** @override */
  build() {
    this.setAttribute("role", "complementary");
    this.setAttribute("aria-label", "Queue");
    for (const button of [this.#fold, this.#shade]) button.addEventListener("click", () => this.request("toggle-queue", {}));
    const head = h("div", { class: "queue-head" }, h("h2", {}, "Queue"), this.#fold);
    this.append(this.#shade, h("div", { class: "queue-inside" }, head, this.#desk));
  }

  /** @override @param {State} state */
  render({ queueOpen }) {
    this.classList.toggle("open", queueOpen);
    const label = queueOpen ? "Fold the queue" : "Open the queue";
    this.#fold.title = label;
    this.#fold.setAttribute("aria-label", label);
    this.#fold.setAttribute("aria-expanded", String(queueOpen));
  }
}

customElements.define("qp-queue-monitor", QueueMonitor);
