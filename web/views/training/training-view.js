/** The place of trainings: its tabs, each with a view of its own. */
import { custom, h } from "../../elements/dom.js";
import { QpElement } from "../../elements/element.js";
import "./datasets-view.js";

/** Tabs in their order; a tab is a record here and an element. */
export const TABS = [{ id: "datasets", title: "Datasets", tag: "qp-datasets" }];

export class TrainingView extends QpElement {
  #tabs = h("div", { class: "training-tabs", role: "tablist", "aria-label": "Training" });
  #panel = h("div", { class: "training-panel" });
  #shown = "";

  /** @override */
  build() {
    for (const { id, title } of TABS) {
      this.#tabs.append(h("button", { type: "button", class: "quiet small", role: "tab", "data-tab": id, onclick: () => this.#show(id) }, title));
    }
    this.#tabs.hidden = TABS.length < 2;
    this.append(this.#tabs, this.#panel);
    this.#show(TABS[0]?.id ?? "");
  }

  /** @param {string} id */
  #show(id) {
    const tab = TABS.find((entry) => entry.id === id);
    if (!tab || this.#shown === id) return;
    this.#shown = id;
    for (const button of this.#tabs.children) button.setAttribute("aria-selected", String(button.getAttribute("data-tab") === id));
    this.#panel.replaceChildren(custom(tab.tag));
  }
}

customElements.define("qp-training-view", TrainingView);
