/** A brick of a type this studio does not know: shown and kept as it is, never dropped. */
/** @import { Brick } from "../document/types.js" */
/** @import { State } from "../state/types.js" */
import { h, say } from "../elements/dom.js";
import { BrickElement } from "./brick.js";

export class UnknownBrick extends BrickElement {
  #props = h("pre", { class: "well mono" });

  /** @override */
  compose() {
    const words = "This studio does not know this brick. It is kept as it is and does not run.";
    this.body.append(h("p", { class: "note" }, words), this.#props);
  }

  /** @override @param {Brick} brick @param {State} _state */
  draw(brick, _state) {
    say(this.#props, JSON.stringify(brick.props, null, 2));
  }
}

customElements.define("qp-unknown-brick", UnknownBrick);
