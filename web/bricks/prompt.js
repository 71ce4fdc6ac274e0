/** The prompt and negative prompt, with examples and the vocabulary of the selected model. */
/** @import { Brick, Json } from "../document/types.js" */
/** @import { Model, State } from "../state/types.js" */
import { modelDownstream } from "../state/selectors/models.js";
import { fill, h, reconcile, say, show } from "../elements/dom.js";
import { BrickElement } from "./brick.js";
import { Form } from "./form.js";
import { PromptTools } from "./prompt-tools.js";

const SHOWN_AT_FIRST = 3;

/** @type {Record<string, string>} */
const HINTS = { prompt: "Describe the image", negative_prompt: "nothing" };

export class PromptBrick extends BrickElement {
  #form = new Form(this);
  #tools = new PromptTools(this);
  #examples = h("div", { class: "chips", role: "group", "aria-label": "Example prompts" });
  #words = h("div", { class: "vocabulary" });
  #note = h("p", { class: "note" });
  #book = h("details", { class: "more" }, h("summary", {}, "Vocabulary of this model"), this.#note, this.#words);
  /** @type {Brick | null} */
  #brick = null;
  /** @type {Model | null} */
  #drawn = null;

  /** @override */
  compose() {
    this.classList.add("untitled-first");
    this.#book.addEventListener("toggle", () =>
      this.dispatchEvent(new CustomEvent("qp-redraw", { bubbles: true })),
    );
    this.body.append(this.#form.element, this.#tools.element, this.#examples, this.#book);
  }

  /** @override @param {Brick} brick @param {State} state */
  draw(brick, state) {
    this.#brick = brick;
    this.#form.draw(brick, state);
    this.#tools.draw(state);
    for (const name of Object.keys(HINTS)) {
      const field = /** @type {HTMLElement | null} */ (this.body.querySelector(`[data-field="${name}"]`));
      const control = field?.querySelector("textarea, input");
      if (!(control instanceof HTMLTextAreaElement || control instanceof HTMLInputElement)) continue;
      control.dataset.anchor = name;
      control.placeholder = HINTS[name] ?? "";
    }
    const model = modelDownstream(state, brick)?.model ?? null;
    if (model !== this.#drawn) this.#drawModel(model);
    for (const chip of this.#examples.children) {
      chip.setAttribute("aria-pressed", String(chip.textContent === brick.props.prompt));
    }
  }

  /** @param {Model | null} model */
  #drawModel(model) {
    this.#drawn = model;
    // The shortest examples fit the brick; the others are listed with the vocabulary.
    const examples = [...(model?.examples ?? [])].sort((a, b) => a.length - b.length);
    this.#examples.replaceChildren();
    reconcile(this.#examples, examples.slice(0, SHOWN_AT_FIRST), String, (text) => this.#chip(text, "example"));
    show(this.#examples, examples.length > 0);
    const vocabulary = Object.entries(model?.vocabulary ?? {});
    const rest = examples.slice(SHOWN_AT_FIRST);
    show(this.#book, vocabulary.length > 0);
    say(this.#note, model ? `${model.label}. ${model.note}` : "");
    this.#words.replaceChildren(
      ...vocabulary.map(([topic, words]) => this.#topic(topic, words, "word")),
      ...(rest.length ? [this.#topic("More examples", rest, "example")] : []),
    );
  }

  /**
   * @param {string} topic
   * @param {string[]} words
   * @param {"word" | "example"} kind
   */
  #topic(topic, words, kind) {
    const chips = h("div", { class: "chips" }, ...words.map((word) => this.#chip(word, kind)));
    return h("section", {}, h("h4", {}, topic.replaceAll("_", " ")), chips);
  }

  /**
   * @param {string} text
   * @param {"word" | "example"} kind an example replaces the prompt, a word joins it
   */
  #chip(text, kind) {
    const chip = h("button", { type: "button", class: "chip", title: text }, text);
    chip.addEventListener("click", () => {
      const before = String(this.#brick?.props.prompt ?? "").trimEnd();
      this.#write(kind === "example" || !before ? text : `${before} ${text}`);
    });
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
