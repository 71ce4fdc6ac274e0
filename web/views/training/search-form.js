/** The form of a new search: the training that is searched, the budget, and the ranges of settings. */
/** @import { Entry } from "../../document/types.js" */
/** @import { State } from "../../state/types.js" */
/** @import { RangeText, SearchForm } from "../../state/searches.js" */
/** @import { MakeRequest } from "../../state/requests.js" */
import { entryNamed } from "../../document/lookup.js";
import { BUDGET, budgetEntry, OWN_FIELDS } from "../../state/searches.js";
import { OPERATION } from "../../state/training.js";
import { fill, h, reconcile, say, show } from "../../elements/dom.js";
import { icon } from "../../elements/icons.js";
import { PartForm } from "../sets/part-form.js";
import { noDatasets } from "./no-datasets.js";

const TRAINING = "search-training";

export class SearchFormView {
  #training;
  #budget;
  #keys = h("datalist", { id: "search-keys" });
  #ranges = h("ul", { class: "use-list search-ranges" });
  #noData;
  #problem = h("p", { class: "field-problem", role: "alert", hidden: true });
  #start = h("button", { type: "submit", class: "strong" }, "Start search");
  element;
  /** @type {readonly RangeText[]} */
  #rows = [];
  #next = 1000;

  /** @param {MakeRequest} request */
  constructor(request) {
    this.request = request;
    this.#noData = noDatasets(request);
    const part = (/** @type {string} */ id, /** @type {string} */ operation, /** @type {(name: string) => boolean} */ includes, /** @type {"training" | "budget"} */ name) => new PartForm({ id, operation, includes, change: (values) => request("change-search", { part: name, values }), request });
    this.#training = part(TRAINING, OPERATION, (name) => OWN_FIELDS.includes(name), "training");
    this.#budget = part(BUDGET, BUDGET, () => true, "budget");
    const add = h("button", { type: "button", class: "quiet small", onclick: () => this.#write([...this.#rows, { id: (this.#next += 1), key: "", text: "" }]) }, icon("plus"), "Add a setting");
    const ranges = h("fieldset", { class: "search-ranges-box" }, h("legend", {}, "Values to try"), h("p", { class: "note" }, "A list such as 4, 8, 16, or low:high, with :log or a step."), this.#ranges, add, this.#keys);
    this.element = h("form", { class: "training-form", "aria-label": "New search", novalidate: true }, h("h2", {}, "New search"), this.#noData.element, this.#training.element, this.#budget.element, ranges, this.#problem, h("div", { class: "training-go" }, this.#start));
    this.element.addEventListener("submit", (event) => {
      event.preventDefault();
      request("start-search", {});
    });
  }

  /** @param {RangeText[]} ranges */
  #write(ranges) {
    this.request("change-ranges", { ranges });
  }

  /** @param {SearchForm} form @param {State} state */
  draw(form, state) {
    const { fields, problems, ranges } = form;
    const training = entryNamed(state.entries, OPERATION);
    const entries = [...(training ? [plain(training)] : []), ...(fields ? [budgetEntry(fields)] : [])];
    const rows = problems.map(({ place, field, detail }) => ({ brick: place === "budget" ? BUDGET : TRAINING, field, detail }));
    const view = /** @type {State} */ (Object.create(state, { entries: { value: entries }, problems: { value: rows } }));
    this.#training.draw(form.training, view);
    this.#budget.draw(form.budget, view);
    this.#noData.draw(state, form.training.dataset);
    this.#rows = ranges;
    reconcile(this.#keys, fields?.keys ?? [], ({ key }) => key, ({ key, title }) => h("option", { value: key }, title));
    reconcile(this.#ranges, ranges, ({ id }) => String(id), ({ id }) => this.#row(id), (row, range) => drawRow(row, range, problems.find(({ place, field }) => place === "range" && field === range.key)?.detail ?? ""));
    const others = problems.filter(({ place, field }) => place === "" || (place === "range" && !ranges.some(({ key }) => key === field)));
    say(this.#problem, others.map(({ detail }) => detail).join(" "));
    show(this.#problem, others.length > 0);
    this.#start.disabled = form.busy || !form.training.dataset || state.connection === "offline";
    say(this.#start, form.busy ? "Checking…" : "Start search");
  }

  /** @param {number} id @returns {HTMLElement} */
  #row(id) {
    const change = (/** @type {Partial<RangeText>} */ part) => this.#write(this.#rows.map((range) => (range.id === id ? { ...range, ...part } : range)));
    const key = h("input", { type: "text", class: "well slim", list: this.#keys.id, "aria-label": "Setting", placeholder: "lora.rank", autocomplete: "off" });
    const text = h("input", { type: "text", class: "well slim", "aria-label": "Values", placeholder: "4, 8, 16", autocomplete: "off" });
    key.addEventListener("input", () => change({ key: key.value.trim() }));
    text.addEventListener("input", () => change({ text: text.value }));
    const remove = h("button", { type: "button", class: "bare", "aria-label": "Remove the setting", title: "Remove", onclick: () => this.#write(this.#rows.filter((range) => range.id !== id)) }, icon("trash"));
    return h("li", {}, key, text, remove, h("p", { class: "field-problem", role: "alert", hidden: true }));
  }
}

/** The operation with its fields first: none is folded away. @param {Entry} entry @returns {Entry} */
function plain(entry) {
  const fields = Object.entries(entry.schema.properties).map(([name, schema]) => [name, { ...schema, ui: { ...schema.ui, advanced: false } }]);
  return { ...entry, schema: { ...entry.schema, properties: Object.fromEntries(fields) } };
}

/** @param {HTMLElement} row @param {RangeText} range @param {string} problem */
function drawRow(row, { key, text }, problem) {
  const [keyInput, textInput] = row.querySelectorAll("input");
  if (keyInput && document.activeElement !== keyInput) fill(keyInput, key);
  if (textInput && document.activeElement !== textInput) {
    fill(textInput, text);
    textInput.setAttribute("aria-label", key ? `Values of ${key}` : "Values");
  }
  const alert = /** @type {HTMLElement} */ (row.lastElementChild);
  say(alert, problem);
  show(alert, problem !== "");
}
