/** A question before something that cannot be undone. */
/** @import { State } from "../state/types.js" */
import { h, say } from "../elements/dom.js";
import { OverlayElement } from "./overlay.js";

export class Confirm extends OverlayElement {
  /** @override @type {"confirm"} */
  name = "confirm";
  /** @override */
  label = "Confirm";
  #title = h("h2", {});
  #text = h("p", {});
  #verb = h("button", { type: "button", class: "strong danger" });
  #cancel = h("button", { type: "button", class: "quiet" }, "Cancel");

  /** @override */
  compose() {
    this.dialog.setAttribute("role", "alertdialog");
    this.#cancel.addEventListener("click", () => this.dialog.close());
    this.#verb.addEventListener("click", () => this.request("confirm", {}));
    this.dialog.append(this.#title, this.#text, h("div", { class: "confirm-buttons" }, this.#cancel, this.#verb));
  }

  /** @override */
  opened() {
    this.#cancel.focus();
  }

  /** @override @param {State} state */
  draw({ overlay }) {
    const { question } = overlay;
    say(this.#title, question?.title ?? "");
    say(this.#text, question?.text ?? "");
    say(this.#verb, question?.verb ?? "");
  }
}

customElements.define("qp-confirm", Confirm);
