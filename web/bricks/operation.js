/** The brick of an operation: its form and its stage. */
/** @import { Brick, Entry } from "../document/types.js" */
/** @import { State } from "../state/types.js" */
import { hasHandles, isEditor, inputAsset } from "../state/selectors/editing.js";
import { fitQuery } from "../state/selectors/fit.js";
import { chosenModel, uselessInputs } from "../state/selectors/models.js";
import { h, say, show } from "../elements/dom.js";
import { icon } from "../elements/icons.js";
import { BrickElement } from "./brick.js";
import { Form } from "./form.js";
import { Stage } from "./stage.js";
import { TextResult } from "./text-result.js";

const FIT_DELAY = 300; // milliseconds

export class OperationBrick extends BrickElement {
  #form = new Form(this);
  #stage = new Stage();
  #texts = new TextResult();
  /** @type {string | null} */
  #question = null;
  #timer = 0;
  #editLabel = h("span", {});
  #edit = h("button", { type: "button", class: "quiet", hidden: true }, icon("edit"), this.#editLabel);
  #matrix = h("button", { type: "button", class: "quiet", hidden: true, title: "Draw every combination of several values", "data-keys": "run-matrix" }, icon("gallery"), "Matrix…");
  #useless = h("p", { class: "caution", role: "status", hidden: true });
  #picture = "";

  /** @override */
  compose() {
    this.classList.add("wide");
    this.#stage.brickId = this.brickId;
    this.#texts.brickId = this.brickId;
    this.#edit.addEventListener("click", () =>
      this.request("edit-image", { asset: this.#picture, brick: this.brickId }),
    );
    this.#matrix.addEventListener("click", () => this.request("show", { name: "matrix", brick: this.brickId }));
    this.body.append(this.#form.element, this.#useless, this.#edit, this.#matrix, this.#stage, this.#texts);
  }

  /** @override @param {Brick} brick @param {State} state */
  draw(brick, state) {
    this.#form.draw(brick, state);
    if (this.entry && isEditor(this.entry)) this.#drawEdit(this.entry, brick, state);
    const useless = this.entry?.schema.properties.model ? uselessInputs(state, brick, this.entry) : [];
    say(this.#useless, `${chosenModel(state, brick)?.label ?? "The model"} has no use for ${useless.join(", ").toLowerCase()} here: choose another model, or remove the wire.`);
    show(this.#useless, useless.length > 0);
    show(this.#matrix, Boolean(this.entry?.schema.properties.model && this.entry.outputs.some(({ type }) => type === "image")));
    const question = this.entry?.schema.properties.model ? fitQuery(state, brick) : null;
    // Estimates are dropped when models change, and the same query is sent again.
    const open = question !== null && !(question in state.fits);
    if (!open) this.#question = null;
    else if (question !== this.#question) this.#loadFit(question);
  }

  /** @param {Entry} entry @param {Brick} brick @param {State} state */
  #drawEdit(entry, brick, state) {
    this.#picture = inputAsset(state, brick);
    show(this.#edit, true);
    this.#edit.disabled = this.#picture === "";
    say(this.#editLabel, hasHandles(entry) ? "Photo editor" : "Live preview");
    this.#edit.title = this.#picture ? "Change the settings beside the image" : "No image yet";
  }

  /** Loads the memory estimate after a pause in the changes. @param {string} question */
  #loadFit(question) {
    this.#question = question;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.request("load-fit", { question }), FIT_DELAY);
  }
}

customElements.define("qp-operation-brick", OperationBrick);
