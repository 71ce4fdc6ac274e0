/** The word list in a popover, by category: words to insert at the caret, and words of the user. */
/** @import { WordCategory, State } from "../state/types.js" */
import { h, reconcile, say, show } from "../elements/dom.js";
import { icon } from "../elements/icons.js";
import { placePopover } from "../elements/popover.js";

/**
 * @typedef {object} Callbacks
 * @property {() => void} opened
 * @property {(word: string) => void} take
 * @property {(category: string, word: string) => void} add
 * @property {(category: string, word: string) => void} remove
 */

export class WordList {
  button = h("button", { type: "button", class: "quiet slim", "aria-haspopup": "dialog", "aria-expanded": "false" });
  #tabs = h("div", { class: "chips word-tabs", role: "group", "aria-label": "Categories" });
  #words = h("div", { class: "chips word-list", role: "group", "aria-label": "Words" });
  #own = h("input", { type: "text", class: "well slim", maxlength: 200, "aria-label": "Your word" });
  #form = h("form", { class: "joined" }, this.#own, h("button", { class: "quiet slim" }, "Add"));
  #note = h("p", { class: "note", hidden: true }, "A wildcard inserts another line for every seed.");
  #loading = h("p", { class: "note" }, "Loading…");
  popover = h("div", { class: "picker word-book", popover: "auto", role: "dialog", "aria-label": "Words" });
  /** @type {WordCategory[]} */
  #wordCategories = [];
  /** @type {string | null} */
  #chosen = null;

  /** @param {Callbacks} callbacks */
  constructor(callbacks) {
    this.callbacks = callbacks;
    this.button.append(icon("words"), "Words");
    this.popover.append(this.#tabs, this.#loading, this.#words, this.#note, this.#form);
    this.button.popoverTargetElement = this.popover;
    this.button.addEventListener("keydown", (event) => this.#key(event));
    this.popover.addEventListener("toggle", (event) => this.#toggled(/** @type {ToggleEvent} */ (event).newState));
    this.popover.addEventListener("keydown", (event) => this.#key(event));
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      const word = this.#own.value.trim();
      if (word && this.#chosen) this.callbacks.add(this.#chosen, word);
      this.#own.value = "";
    });
  }

  /** @param {State} state */
  draw(state) {
    this.#wordCategories = state.wordCategories ?? [];
    if (this.popover.matches(":popover-open")) this.#fill();
  }

  /** @param {string} state */
  #toggled(state) {
    this.button.setAttribute("aria-expanded", String(state === "open"));
    if (state !== "open") return;
    this.callbacks.opened();
    this.#fill();
    placePopover(this.popover, this.button, { width: 380, height: 440 });
  }

  #fill() {
    const first = this.#wordCategories[0];
    const current = this.#wordCategories.find((category) => category.id === this.#chosen) ?? first;
    show(this.#loading, !current);
    show(this.#form, Boolean(current?.id));
    show(this.#note, current?.id === "");
    if (!current) return;
    this.#chosen = current.id;
    this.#own.placeholder = `Your word: ${current.label.toLowerCase()}`;
    reconcile(
      this.#tabs,
      this.#wordCategories,
      (category) => category.id,
      (category) => this.#tab(category),
      (tab, category) => tab.setAttribute("aria-pressed", String(category.id === current.id)),
    );
    const words = [
      ...current.own.map((word) => ({ word, own: true })),
      ...current.words.map((word) => ({ word, own: false })),
    ];
    reconcile(
      this.#words,
      words,
      ({ word, own }) => `${current.id}/${own}/${word}`,
      ({ word, own }) => this.#chip(current.id, word, own),
    );
  }

  /** @param {WordCategory} current */
  #tab({ id, label }) {
    const tab = h("button", { type: "button", class: "chip" }, label);
    tab.addEventListener("click", () => {
      this.#chosen = id;
      this.#fill();
    });
    return tab;
  }

  /** @param {string} category @param {string} word @param {boolean} own */
  #chip(category, word, own) {
    const chip = h("button", { type: "button", class: "chip", title: word });
    say(chip, word);
    chip.addEventListener("click", () => this.callbacks.take(word));
    if (!own) return chip;
    const label = `Remove ${word}`;
    const remove = h("button", { type: "button", class: "bare", "aria-label": label, title: label }, icon("close"));
    remove.addEventListener("click", () => this.callbacks.remove(category, word));
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
