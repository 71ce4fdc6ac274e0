/** A brick of an unknown type, shown and kept. */
/** @import { Brick } from "../document/types.js" */
/** @import { State } from "../state/types.js" */
import { h, say } from "../elements/dom.js";
import { BrickElement } from "./brick.js";

export class UnknownBrick extends BrickElement {
  #props = h("pre", { class: "well mono" });

  /** @override */
  compose() {
    const words = "Unknown brick type. The brick is kept but does not run.";
    this.body.append(h("p", { class: "note" }, words), this.#props);
  }

  /** @override @param {Brick} brick @param {State} _state */
  draw(brick, _state) {
    say(this.#props, JSON.stringify(brick.props, null, 2));
  }
}

customElements.define("qp-unknown-brick", UnknownBrick);
