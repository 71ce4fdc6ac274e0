/** An image as a source, by file or by pasting while the brick has the focus. */
/** @import { Brick } from "../document/types.js" */
/** @import { State } from "../state/types.js" */
import { pictureIn } from "../elements/fields/image.js";
import { BrickElement } from "./brick.js";
import { Form } from "./form.js";

export class ImageInputBrick extends BrickElement {
  #form = new Form(this);

  /** @override */
  compose() {
    this.body.append(this.#form.element);
    this.addEventListener("paste", (event) => {
      const file = pictureIn(event.clipboardData);
      if (!file) return;
      event.preventDefault();
      event.stopPropagation();
      this.request("upload-file", { file, brick: this.brickId });
    });
  }

  /** @override @param {Brick} brick @param {State} state */
  draw(brick, state) {
    this.#form.draw(brick, state);
    const field = this.body.querySelector(`[data-field="image"]`);
    if (field instanceof HTMLElement) field.dataset.anchor = "image";
  }
}

customElements.define("qp-image-input-brick", ImageInputBrick);
