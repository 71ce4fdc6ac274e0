/** Any operation: its form from the schema alone, and its stage. */
/** @import { Brick, State } from "../kit/types.js" */
import { fitQuestion } from "../kit/fit.js";
import { BrickElement } from "./brick.js";
import { Form } from "./form.js";
import { Stage } from "./stage.js";
import { TextResult } from "./text-result.js";

const REST = 300; // milliseconds

export class OperationBrick extends BrickElement {
  #form = new Form(this);
  #stage = new Stage();
  #texts = new TextResult();
  /** @type {string | null} */
  #question = null;
  #asking = 0;

  /** @override */
  compose() {
    this.classList.add("wide");
    this.#stage.brickId = this.brickId;
    this.#texts.brickId = this.brickId;
    this.body.append(this.#form.element, this.#stage, this.#texts);
  }

  /** @override @param {Brick} brick @param {State} state */
  draw(brick, state) {
    this.#form.draw(brick, state);
    const question = this.entry?.schema.properties.model ? fitQuestion(state, brick) : null;
    // Answers are dropped when models change; then the same question is open again.
    const open = question !== null && !(question in state.fits);
    if (!open) this.#question = null;
    else if (question !== this.#question) this.#ask(question);
  }

  /** Asks whether it fits once the controls rest for a moment. @param {string} question */
  #ask(question) {
    this.#question = question;
    clearTimeout(this.#asking);
    this.#asking = setTimeout(() => this.request("ask-fit", { question }), REST);
  }
}

customElements.define("qp-operation-brick", OperationBrick);
