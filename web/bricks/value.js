/** A value brick without an editor of its own: its form. */
/** @import { Brick } from "../document/types.js" */
/** @import { State } from "../state/types.js" */
import { BrickElement } from "./brick.js";
import { Form } from "./form.js";

export class ValueBrick extends BrickElement {
  #form = new Form(this);

  /** @override */
  compose() {
    this.body.append(this.#form.element);
  }

  /** @override @param {Brick} brick @param {State} state */
  draw(brick, state) {
    this.#form.draw(brick, state);
    for (const output of this.entry?.outputs ?? []) {
      const field = this.body.querySelector(`[data-field="${CSS.escape(output.name)}"]`);
      if (field instanceof HTMLElement) field.dataset.anchor = output.name;
    }
  }
}

customElements.define("qp-value-brick", ValueBrick);
