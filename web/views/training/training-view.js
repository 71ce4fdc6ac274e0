/** The place of trainings: its tabs, each with a view of its own. */
/** @import { State } from "../../state/types.js" */
import { custom, h } from "../../elements/dom.js";
import { QpElement } from "../../elements/element.js";
import "./datasets-view.js";
import "./evaluations-view.js";
import "./lab-view.js";
import "./new-training.js";
import "./runs-view.js";
import "./searches-view.js";

/** Tabs in their order; a tab is a record here and an element. */
export const TABS = [
  { id: "datasets", title: "Datasets", tag: "qp-datasets" },
  { id: "new", title: "New training", tag: "qp-new-training" },
  { id: "runs", title: "Runs", tag: "qp-runs" },
  { id: "evaluations", title: "Evaluations", tag: "qp-evaluations" },
  { id: "searches", title: "Searches", tag: "qp-searches" },
  { id: "lab", title: "LoRA lab", tag: "qp-lora-lab" },
];

export class TrainingView extends QpElement {
  #tabs = h("div", { class: "training-tabs", role: "tablist", "aria-label": "Training" });
  #panel = h("div", { class: "training-panel", role: "tabpanel" });
  /** @type {Map<string, HTMLElement>} views that were shown, by tab */
  #views = new Map();
  #shown = "";

  /** @override */
  build() {
    for (const { id, title } of TABS) {
      this.#tabs.append(h("button", { type: "button", class: "quiet small", role: "tab", id: `training-tab-${id}`, onclick: () => this.request("show-training", { tab: id }) }, title));
    }
    this.#tabs.addEventListener("keydown", (event) => this.#move(event));
    this.append(this.#tabs, this.#panel);
  }

  /** @override @param {State} state */
  render({ training }) {
    const tab = TABS.find(({ id }) => id === training.tab) ?? TABS[0];
    if (!tab || tab.id === this.#shown) return;
    this.#shown = tab.id;
    for (const button of /** @type {Iterable<HTMLElement>} */ (this.#tabs.children)) {
      const current = button.id === `training-tab-${tab.id}`;
      button.setAttribute("aria-selected", String(current));
      button.tabIndex = current ? 0 : -1;
      if (current) button.scrollIntoView({ block: "nearest", inline: "nearest" });
    }
    this.#panel.setAttribute("aria-labelledby", `training-tab-${tab.id}`);
    const view = this.#views.get(tab.id) ?? custom(tab.tag);
    this.#views.set(tab.id, view);
    this.#panel.replaceChildren(view);
  }

  /** Arrow keys choose the tab beside. @param {KeyboardEvent} event */
  #move({ key }) {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[key];
    const tab = step && TABS[TABS.findIndex(({ id }) => id === this.#shown) + step];
    if (!tab) return;
    this.request("show-training", { tab: tab.id });
    /** @type {HTMLElement | null} */ (this.#tabs.querySelector(`#training-tab-${tab.id}`))?.focus();
  }
}

customElements.define("qp-training-view", TrainingView);
