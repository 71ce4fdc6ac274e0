/** Text outputs of an operation, to copy or to use as the prompt. */
/** @import { State } from "../state/types.js" */
import { tasksOfBrick } from "../state/selectors/tasks.js";
import { h, reconcile, show } from "../elements/dom.js";
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
    const done = tasksOfBrick(state, this.brickId).find((task) => task.outputs.some(isText));
    const texts = (done?.outputs ?? []).filter(isText).map((output) => String(output.value));
    show(this, texts.length > 0);
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

/** @param {import("../state/types.js").Output} output */
function isText(output) {
  return output.kind === "text";
}

customElements.define("qp-text-result", TextResult);
