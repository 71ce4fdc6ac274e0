/** The form of a new search: the training that is searched, the budget, and the ranges of settings. */
/** @import { State } from "../../state/types.js" */
/** @import { RangeText, SearchForm } from "../../state/searches.js" */
/** @import { MakeRequest } from "../../state/requests.js" */
import { entryNamed } from "../../document/lookup.js";
import { BUDGET, budgetEntry, SHARED_FIELDS, withRange } from "../../state/searches.js";
import { OPERATION, withDefaults } from "../../state/training.js";
import { fill, h, reconcile, say, show } from "../../elements/dom.js";
import { icon } from "../../elements/icons.js";
import { PartForm } from "../sets/part-form.js";
import { noDatasets } from "./no-datasets.js";
import { TrainingSections } from "./training-sections.js";

const TRAINING = "search-training";

export class SearchFormView {
  #training;
  #budget;
  #sections;
  /** @type {Map<string, HTMLInputElement>} the values to try beside each setting, by its key */
  #beside = new Map();
  /** @type {SearchForm | null} */
  #form = null;
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
    this.#training = new PartForm({
      id: TRAINING,
      operation: OPERATION,
      includes: (name) => SHARED_FIELDS.includes(name),
      change: (values) => request("change-search", { part: "training", values }),
      request,
      beside: (name) => this.#range(this.#form?.trainingFields?.settings.find(({ field }) => field === name)?.key ?? ""),
    });
    this.#budget = new PartForm({ id: BUDGET, operation: BUDGET, includes: () => true, change: (values) => request("change-search", { part: "budget", values }), request });
    this.#sections = new TrainingSections({ prefix: "search-", change: (section, values) => request("change-search-section", { section, values }), request, beside: (key) => this.#range(key) });
    const add = h("button", { type: "button", class: "quiet small", onclick: () => this.#write([...this.#rows, { id: (this.#next += 1), key: "", text: "" }]) }, icon("plus"), "Add a setting");
    const ranges = h("fieldset", { class: "search-ranges-box" }, h("legend", {}, "Values to try"), h("p", { class: "note" }, "A list such as 4, 8, 16, or low:high, with :log or a step. Under More, every setting has its values to try below the one that all trials share."), this.#ranges, add, this.#keys);
    this.element = h("form", { class: "training-form", "aria-label": "New search", novalidate: true }, h("h2", {}, "New search"), this.#noData.element, this.#training.element, this.#budget.element, ranges, this.#sections.element, this.#problem, h("div", { class: "training-go" }, this.#start));
    this.element.addEventListener("submit", (event) => {
      event.preventDefault();
      request("start-search", {});
    });
  }

  /** The values to try of a setting; null for one that a search does not vary. @param {string} key @returns {HTMLElement | null} */
  #range(key) {
    if (!this.#form?.fields?.keys.some((known) => known.key === key)) return null;
    const input = h("input", { type: "text", class: "well slim search-beside", "aria-label": `Values of ${key} to try`, placeholder: "Values to try", autocomplete: "off" });
    input.addEventListener("input", () => this.#write(withRange(this.#rows, key, input.value)));
    this.#beside.set(key, input);
    return input;
  }

  /** @param {RangeText[]} ranges */
  #write(ranges) {
    this.request("change-ranges", { ranges });
  }

  /** @param {SearchForm} form @param {State} state */
  draw(form, state) {
    const { fields, trainingFields, problems, ranges } = form;
    if (!fields || !trainingFields) return; // the fields say which settings have values to try
    this.#form = form;
    const training = entryNamed(state.entries, OPERATION);
    const entries = [...(training ? [withDefaults(training, trainingFields)] : []), budgetEntry(fields)];
    const rows = problems.map(({ place, field, detail }) => ({ brick: place === "budget" ? BUDGET : TRAINING, field, detail }));
    const view = /** @type {State} */ (Object.create(state, { entries: { value: entries }, problems: { value: rows } }));
    this.#training.draw(form.training, view);
    this.#budget.draw(form.budget, view);
    const mistakes = problems.flatMap(({ section, field, detail }) => (section ? [{ section, field, detail }] : []));
    this.#sections.draw(form.sections, mistakes, trainingFields, state);
    for (const [key, input] of this.#beside) if (document.activeElement !== input) fill(input, ranges.find((range) => range.key === key)?.text ?? "");
    this.#noData.draw(state, form.training.dataset);
    this.#rows = ranges;
    reconcile(this.#keys, fields.keys, ({ key }) => key, ({ key, title }) => h("option", { value: key }, title));
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
