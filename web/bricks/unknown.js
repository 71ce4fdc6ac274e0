/** A brick of an unknown type, shown and kept. */
/** @import { Brick } from "../document/types.js" */
/** @import { State } from "../state/types.js" */
import { h, say } from "../elements/dom.js";
import { BrickElement } from "./brick.js";

export class UnknownBrick extends BrickElement {
  #note = h("p", { class: "note" });
  #props = h("pre", { class: "well mono" });

  /** @override */
  compose() {
    this.body.append(this.#note, this.#props);
  }

  /** @override @param {Brick} brick @param {State} _state */
  draw(brick, _state) {
    const { waits_for: feature, inputs } = brick.props;
    const reason = feature ? `Imported; waits for ${String(feature)}.` : "Unknown brick type.";
    say(this.#note, `${reason} The brick is kept but does not run.`);
    say(this.#props, JSON.stringify(feature ? inputs : brick.props, null, 2));
  }
}

customElements.define("qp-unknown-brick", UnknownBrick);
