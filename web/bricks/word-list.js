/**
 * The word list in a popover: words to insert at the caret, those of the model first, and words of
 * the user. Suggestions that the model cannot draw are hidden.
 *
 * @import { Model, State, WordCategory } from "../state/types.js"
 */
import { count } from "../state/words.js";
import { h, reconcile, say, show } from "../elements/dom.js";
import { icon } from "../elements/icons.js";
import { placePopover } from "../elements/popover.js";

const MODEL_TAB = "model";

/**
 * @typedef {object} Callbacks
 * @property {(model: string) => void} opened `model`: an id, empty for none
 * @property {(word: string) => void} take
 * @property {(text: string) => void} replace the prompt by an example
 * @property {(category: string, word: string, model: string) => void} add
 * @property {(category: string, word: string, model: string) => void} remove
 *
 * @typedef {{ id: string, label: string }} Tab
 * @typedef {{ word: string, category: string, own: boolean, unknown: boolean, example: boolean }} Entry
 * @typedef {{ id: string, label: string, entries: Entry[] }} Section
 */

export class WordList {
  button = h("button", { type: "button", class: "quiet slim", "aria-haspopup": "dialog", "aria-expanded": "false" });
  #search = h("input", { type: "search", class: "well slim", placeholder: "Search words", "aria-label": "Search words" });
  #tabs = h("div", { class: "chips word-tabs", role: "group", "aria-label": "Categories" });
  #words = h("div", { class: "word-list", role: "group", "aria-label": "Words", tabindex: "0" });
  #own = h("input", { type: "text", class: "well slim", maxlength: 200, "aria-label": "Your word" });
  #form = h("form", { class: "joined" }, this.#own, h("button", { class: "quiet slim" }, "Add"));
  #note = h("p", { class: "note" });
  #loading = h("p", { class: "note", role: "status" }, "Loading…");
  popover = h("div", { class: "picker word-book", popover: "auto", role: "dialog", "aria-label": "Words" });
  /** @type {WordCategory[]} */
  #categories = [];
  /** @type {Model | null} */
  #model = null;
  #chosen = "";

  /** @param {Callbacks} callbacks */
  constructor(callbacks) {
    this.callbacks = callbacks;
    this.button.append(icon("words"), "Words");
    this.popover.append(this.#search, this.#tabs, this.#loading, this.#words, this.#note, this.#form);
    this.button.popoverTargetElement = this.popover;
    this.button.addEventListener("keydown", (event) => this.#key(event));
    this.popover.addEventListener("toggle", (event) => this.#toggled(/** @type {ToggleEvent} */ (event).newState));
    this.popover.addEventListener("keydown", (event) => this.#key(event));
    this.#search.addEventListener("input", () => this.#fill());
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      const word = this.#own.value.trim();
      if (word) this.callbacks.add(this.#chosen, word, this.#modelId);
      this.#own.value = "";
    });
  }

  get #modelId() {
    return this.#model?.present ? this.#model.id : "";
  }

  /** @param {State} state @param {Model | null} model that draws the prompt */
  draw(state, model) {
    const before = this.#modelId;
    this.#model = model;
    this.#categories = state.wordCategories[this.#modelId] ?? [];
    if (!this.popover.matches(":popover-open")) return;
    if (before !== this.#modelId) this.callbacks.opened(this.#modelId);
    this.#fill();
  }

  /** @param {string} state */
  #toggled(state) {
    this.button.setAttribute("aria-expanded", String(state === "open"));
    if (state !== "open") return;
    this.#search.value = "";
    this.callbacks.opened(this.#modelId);
    this.#fill();
    placePopover(this.popover, this.button, { width: 380, height: 520 });
  }

  #fill() {
    const tabs = tabsOf(this.#categories, this.#model);
    if (!tabs.some((tab) => tab.id === this.#chosen)) this.#chosen = tabs[0]?.id ?? "";
    const search = this.#search.value.trim().toLowerCase();
    const sections = search
      ? matching(sectionsOf(this.#categories, this.#model, null), search)
      : sectionsOf(this.#categories, this.#model, this.#chosen);
    show(this.#loading, !tabs.length);
    show(this.#tabs, tabs.length > 0 && !search);
    this.#fillForm(!search);
    say(this.#note, search && !sections.length ? `No word contains “${search}”.` : this.#remark());
    show(this.#note, this.#note.textContent !== "");
    reconcile(
      this.#tabs,
      tabs,
      (tab) => tab.id,
      (tab) => this.#tab(tab),
      (tab, { id }) => tab.setAttribute("aria-pressed", String(id === this.#chosen)),
    );
    const headings = sections.length > 1 || Boolean(search);
    reconcile(
      this.#words,
      sections,
      (section) => section.id,
      (section) => h("section", {}, h("h4", {}, section.label), h("div", { class: "chips" })),
      (element, section) => this.#fillSection(element, section, headings),
    );
  }

  /** @param {boolean} visible where a category takes words */
  #fillForm(visible) {
    const category = this.#categories.find(({ id, of_model }) => id === this.#chosen && id && !of_model);
    show(this.#form, visible && category !== undefined);
    this.#own.placeholder = `Your word: ${(category?.label ?? "").toLowerCase()}`;
  }

  /** The words that are hidden, and what a wildcard is. */
  #remark() {
    const parts = [];
    if (this.#chosen === "wildcards") parts.push("A wildcard inserts another line for every seed.");
    const hidden = this.#categories.reduce((sum, category) => sum + hiddenWords(category), 0);
    if (hidden) parts.push(`Hidden: ${count(hidden, "suggestion")} that ${this.#model?.label} cannot draw.`);
    return parts.join(" ");
  }

  /** @param {HTMLElement} element @param {Section} section @param {boolean} heading */
  #fillSection(element, section, heading) {
    const [title, chips] = /** @type {[HTMLElement, HTMLElement]} */ ([...element.children]);
    show(title, heading);
    reconcile(
      chips,
      section.entries,
      ({ word, own }) => `${own}/${word}`,
      (entry) => this.#chip(entry),
    );
  }

  /** @param {Tab} tab */
  #tab({ id, label }) {
    const tab = h("button", { type: "button", class: "chip" }, label);
    tab.addEventListener("click", () => {
      this.#chosen = id;
      this.#words.scrollTop = 0;
      this.#fill();
    });
    return tab;
  }

  /** @param {Entry} entry */
  #chip({ word, category, own, unknown, example }) {
    const title = unknown ? `${word} · ${this.#model?.label} cannot draw it` : word;
    const chip = h("button", { type: "button", class: "chip", title }, word);
    if (unknown) chip.append(h("small", {}, "unknown"));
    chip.addEventListener("click", () => (example ? this.callbacks.replace(word) : this.callbacks.take(word)));
    if (!own) return chip;
    const label = `Remove ${word}`;
    const remove = h("button", { type: "button", class: "bare", "aria-label": label, title: label }, icon("close"));
    remove.addEventListener("click", () => {
      this.#search.focus(); // this button goes, and outside of the list Escape clears the selection
      this.callbacks.remove(category, word, this.#modelId);
    });
    return h("span", { class: "own-word" }, chip, remove);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.key !== "Escape" || !this.popover.matches(":popover-open")) return;
    event.preventDefault(); // on the wall Escape leaves the field
    this.popover.hidePopover();
    this.button.focus();
  }
}

/** The suggestions of a category that its model cannot draw. @param {WordCategory} category */
function hiddenWords({ words, unknown }) {
  return words.filter((word) => unknown.includes(word)).length;
}

/**
 * One tab for all groups of the model, and one for each other category with a word to show.
 * @param {WordCategory[]} categories
 * @param {Model | null} model
 * @returns {Tab[]}
 */
function tabsOf(categories, model) {
  const first = categories.some(({ of_model }) => of_model) ? [{ id: MODEL_TAB, label: model?.label ?? "Model" }] : [];
  const rest = categories.filter((category) => !category.of_model && entriesOf(category).length);
  return [...first, ...rest];
}

/**
 * @param {WordCategory[]} categories
 * @param {Model | null} model
 * @param {string | null} tab null for all of them
 * @returns {Section[]}
 */
function sectionsOf(categories, model, tab) {
  const shown = categories.filter((category) => tab === null || (category.of_model ? MODEL_TAB : category.id) === tab);
  const sections = shown.map((category) => ({ id: category.id, label: category.label, entries: entriesOf(category) }));
  if (shown.some(({ of_model }) => of_model)) {
    const entries = (model?.examples ?? []).map((word) => ({ ...BARE, word, example: true }));
    const groups = shown.filter(({ of_model }) => of_model).length;
    sections.splice(groups, 0, { id: "examples", label: "Example prompts", entries });
  }
  return sections.filter(({ entries }) => entries.length);
}

const BARE = { category: "", own: false, unknown: false, example: false };

/** Own words first, then the suggestions that can be drawn. @param {WordCategory} category @returns {Entry[]} */
function entriesOf({ id, words, own, unknown }) {
  const known = words.filter((word) => !unknown.includes(word));
  return [
    ...own.map((word) => ({ ...BARE, word, category: id, own: true, unknown: unknown.includes(word) })),
    ...known.map((word) => ({ ...BARE, word, category: id })),
  ];
}

/** @param {Section[]} sections @param {string} search in lower case */
function matching(sections, search) {
  return sections
    .map((section) => ({ ...section, entries: section.entries.filter(({ word }) => word.toLowerCase().includes(search)) }))
    .filter(({ entries }) => entries.length);
}
