/** Text outputs of an operation, to copy or to use as the prompt. */
/** @import { State } from "../state/types.js" */
import { displayOf } from "../state/selectors/kinds.js";
import { tasksOfBrick } from "../state/selectors/tasks.js";
import { h, reconcile } from "../elements/dom.js";
import { QpElement } from "../elements/element.js";

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
    const texts = (done?.outputs ?? []).filter((output) => displayOf(state, output) === "text").map((output) => String(output.value));
    reconcile(
      this,
      texts.map((text, index) => ({ text, key: `${done?.id}/${index}` })),
      ({ key }) => key,
      ({ text }) => this.#row(text),
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
