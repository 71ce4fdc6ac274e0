/** The prompt and negative prompt, with examples of the selected model. */
/** @import { Brick, Json } from "../document/types.js" */
/** @import { Model, State } from "../state/types.js" */
import { modelDownstream } from "../state/selectors/models.js";
import { fill, h, show } from "../elements/dom.js";
import { BrickElement } from "./brick.js";
import { Form } from "./form.js";
import { PromptTools } from "./prompt-tools.js";

const SHOWN_AT_FIRST = 3;

/** @type {Record<string, string>} */
const HINTS = { prompt: "Describe the image", negative_prompt: "nothing" };

export class PromptBrick extends BrickElement {
  #form = new Form(this);
  #tools = new PromptTools(this, (text) => this.#write(text));
  #examples = h("div", { class: "chips", role: "group", "aria-label": "Example prompts" });
  /** @type {Model | null} */
  #drawn = null;

  /** @override */
  compose() {
    this.classList.add("untitled-first");
    this.body.append(this.#form.element, this.#tools.element, this.#examples);
  }

  /** @override @param {Brick} brick @param {State} state */
  draw(brick, state) {
    const model = modelDownstream(state, brick)?.model ?? null;
    this.#form.draw(brick, state);
    this.#tools.draw(state, model);
    for (const name of Object.keys(HINTS)) {
      const field = /** @type {HTMLElement | null} */ (this.body.querySelector(`[data-field="${name}"]`));
      const control = field?.querySelector("textarea, input");
      if (!(control instanceof HTMLTextAreaElement || control instanceof HTMLInputElement)) continue;
      control.dataset.anchor = name;
      control.placeholder = HINTS[name] ?? "";
    }
    if (model !== this.#drawn) this.#drawModel(model);
    for (const chip of this.#examples.children) {
      chip.setAttribute("aria-pressed", String(chip.textContent === brick.props.prompt));
    }
  }

  /** @param {Model | null} model */
  #drawModel(model) {
    this.#drawn = model;
    // The shortest examples fit the brick; the word list holds all of them.
    const examples = [...(model?.examples ?? [])].sort((a, b) => a.length - b.length).slice(0, SHOWN_AT_FIRST);
    this.#examples.replaceChildren(...examples.map((text) => this.#chip(text)));
    show(this.#examples, examples.length > 0);
  }

  /** @param {string} text an example, which replaces the prompt */
  #chip(text) {
    const chip = h("button", { type: "button", class: "chip", title: text }, text);
    chip.addEventListener("click", () => this.#write(text));
    return chip;
  }

  /** @param {string} prompt */
  #write(prompt) {
    /** @type {Record<string, Json>} */
    const props = { prompt };
    this.request("set-props", { brick: this.brickId, props, label: "Edit prompt" });
    const control = this.body.querySelector(`[data-field="prompt"] textarea`);
    if (control instanceof HTMLTextAreaElement) fill(control, prompt);
  }
}

customElements.define("qp-prompt-brick", PromptBrick);
