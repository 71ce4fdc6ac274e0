/** The queue as a brick: the same desk as in the drawer. */
/** @import { Brick } from "../../document/types.js" */
/** @import { State } from "../../state/types.js" */
import { BrickElement } from "../brick.js";
import { QueueDesk } from "./queue-desk.js";

export class QueueMonitorBrick extends BrickElement {
  #desk = new QueueDesk();
  #count = -1;

  /** @override */
  compose() {
    this.#desk.heading = "h4";
    this.body.append(this.#desk);
  }

  /** @override @param {Brick} _brick @param {State} state */
  draw(_brick, state) {
    const count = Math.min(8, state.waiting.length + state.ended.length);
    if (count === this.#count) return;
    this.#count = count;
    this.dispatchEvent(new CustomEvent("qp-redraw", { bubbles: true }));
  }
}

customElements.define("qp-queue-monitor-brick", QueueMonitorBrick);
