/** The queue as a brick: its tasks with their progress, and the actions on them. */
/** @import { Brick } from "../document/types.js" */
/** @import { State } from "../state/types.js" */
import { h } from "../elements/dom.js";
import { TaskLists } from "../elements/task-lists.js";
import { BrickElement } from "./brick.js";

export class QueueMonitorBrick extends BrickElement {
  #lists = new TaskLists({ heading: "h4", mostOpen: 12, mostEnded: 6 }, (name) => this.request(name, {}));
  #count = 0;

  /** @override */
  compose() {
    const { summary, clear, pause, open, more, empty, endedHead, ended } = this.#lists;
    const head = h("div", { class: "queue-head" }, summary, clear, pause);
    this.body.classList.add("queue-brick");
    this.body.append(head, open, more, empty, endedHead, ended);
  }

  /** @override @param {Brick} _brick @param {State} state */
  draw(_brick, state) {
    this.#lists.draw(state);
    this.body.classList.toggle("paused", Boolean(state.queue?.paused));
    const count = this.body.getElementsByClassName("task").length;
    if (count === this.#count) return;
    this.#count = count;
    this.dispatchEvent(new CustomEvent("qp-redraw", { bubbles: true }));
  }
}

customElements.define("qp-queue-monitor-brick", QueueMonitorBrick);
