/** Any operation: its form from the schema alone, and its stage. */
/** @import { Brick, State } from "../kit/types.js" */
import { BrickElement } from "./brick.js";
import { Form } from "./form.js";
import { Stage } from "./stage.js";

export class OperationBrick extends BrickElement {
  #form = new Form(this);
  #stage = new Stage();

  /** @override */
  compose() {
    this.classList.add("wide");
    this.#stage.brickId = this.brickId;
    this.body.append(this.#form.element, this.#stage);
  }

  /** @override @param {Brick} brick @param {State} state */
  draw(brick, state) {
    this.#form.draw(brick, state);
  }
}

customElements.define("qp-operation-brick", OperationBrick);
