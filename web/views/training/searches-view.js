/** The searches for settings: their list, the open one with plots and trials, and the form of a new one. */
/** @import { State } from "../../state/types.js" */
/** @import { SearchEntry } from "../../state/searches.js" */
import { ago, count } from "../../state/words.js";
import { h, reconcile, say, show } from "../../elements/dom.js";
import { QpElement } from "../../elements/element.js";
import { icon } from "../../elements/icons.js";
import { SearchDetail } from "./search-detail.js";
import { SearchFormView } from "./search-form.js";

/** @type {Record<string, string>} */
const STATES = { running: "Searching", paused: "Paused", completed: "Done", failed: "Failed", cancelled: "Stopped" };

export class SearchesView extends QpElement {
  #ask = this.request.bind(this);
  #list = h("ul", { class: "run-list" });
  #none = h("div", { class: "dataset-empty" }, h("h2", {}, "No search yet"), h("p", {}, "A search trains with many settings in turn, and finds those with the lowest loss or the highest score. Each trial is a training in the queue."));
  #choose = h("p", { class: "note run-choose" }, "Choose a search.");
  #problem = h("div", { class: "run-problem", role: "alert", hidden: true });
  #problemText = h("p", {});
  #form = new SearchFormView(this.#ask);
  #page = h("div", { class: "training-page" }, this.#form.element);
  #detail = new SearchDetail(this.#ask);
  #id = "";
  #here = false;

  /** @override */
  build() {
    const fresh = () => h("button", { type: "button", class: "quiet small", onclick: () => this.request("new-search", {}) }, icon("plus"), "New search");
    this.#none.append(fresh());
    this.#problem.append(this.#problemText, h("button", { type: "button", class: "quiet small", onclick: () => this.#load() }, icon("retry"), "Try again"));
    const side = h("aside", { class: "dataset-side", "aria-label": "Searches" }, h("h2", {}, "Searches"), h("div", { class: "dataset-add" }, fresh()), this.#list);
    this.append(side, h("div", { class: "dataset-main run-main" }, this.#problem, this.#none, this.#choose, this.#page, this.#detail.element));
  }

  #load() {
    this.request("open-searches", {});
    if (this.#id) this.request("open-search", { id: this.#id });
  }

  /** @override @param {State} state */
  render(state) {
    const { place, training, searches } = state;
    const here = place === "training" && training.tab === "searches";
    const { items, open, problem, form } = searches;
    this.#id = open?.search_id ?? "";
    if (here && !this.#here) this.#load();
    this.#here = here;
    say(this.#problemText, problem);
    show(this.#problem, problem !== "");
    show(this.#none, items?.length === 0 && !open && !form);
    show(this.#choose, Boolean(items?.length) && !open && !form);
    show(this.#page, form !== null);
    show(this.#detail.element, open !== null && !form);
    this.classList.toggle("dataset-open", open !== null || form !== null);
    reconcile(this.#list, items ?? [], ({ search_id: id }) => id, (entry) => this.#card(entry), (card, entry) => drawCard(card, entry, entry.search_id === this.#id));
    if (!here) return;
    if (form) this.#form.draw(form, state);
    if (open) this.#detail.draw(open);
  }

  /** @param {SearchEntry} entry @returns {HTMLElement} */
  #card({ search_id: id }) {
    return h("li", {}, h("button", { type: "button", class: "dataset-card run-card", onclick: () => this.request("open-search", { id }) }, h("strong", {}), h("span", { class: "note" })));
  }
}

/** @param {HTMLElement} card @param {SearchEntry} entry @param {boolean} current */
function drawCard(card, { name, status, trials_planned: trials, created_at: created }, current) {
  const button = /** @type {HTMLElement} */ (card.firstElementChild);
  const [title, note] = button.children;
  button.dataset.state = status === "paused" ? "held" : status;
  button.setAttribute("aria-pressed", String(current));
  if (title) say(title, name);
  if (note) say(note, [STATES[status], count(trials, "trial"), ago(Date.now() - Date.parse(created))].filter(Boolean).join(" · "));
}

customElements.define("qp-searches", SearchesView);
