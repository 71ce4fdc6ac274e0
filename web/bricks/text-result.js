/** Text outputs of an operation, to copy; those that fit a prompt are used as it. */
/** @import { State } from "../state/types.js" */
import { displayOf } from "../state/selectors/kinds.js";
import { tasksOfBrick } from "../state/selectors/tasks.js";
import { h, reconcile } from "../elements/dom.js";
import { QpElement } from "../elements/element.js";

const PROMPT = "text"; // the kind that prompts take

export class TextResult extends QpElement {
  brickId = "";

  /** @override */
  build() {
    this.classList.add("text-result");
    this.setAttribute("aria-live", "polite");
  }

  /** @override @param {State} state */
  render(state) {
    const done = tasksOfBrick(state, this.brickId).find((task) => task.outputs.some((output) => displayOf(state, output) === "text"));
    const texts = (done?.outputs ?? []).filter((output) => displayOf(state, output) === "text");
    reconcile(
      this,
      texts.map(({ value, kind }, index) => ({ text: String(value), kind, key: `${done?.id}/${index}` })),
      ({ key }) => key,
      ({ text, kind }) => (kind === PROMPT ? this.#row(text) : h("div", { class: "said" }, h("p", {}, text))),
    );
  }

  /** @param {string} text */
  #row(text) {
    const use = h("button", { type: "button", class: "quiet slim" }, "Use as prompt");
    use.addEventListener("click", () => this.request("use-as-prompt", { text }));
    return h("div", { class: "said" }, h("p", {}, text || "No text."), h("div", { class: "tool-row" }, use));
  }
}

customElements.define("qp-text-result", TextResult);
