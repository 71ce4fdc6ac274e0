/** Words to write with, in a popover: by category, put in where the caret stands; one's own kept. */
/** @import { WordCategory, State } from "../state/types.js" */
import { h, reconcile, say, show } from "../elements/dom.js";
import { icon } from "../elements/icons.js";
import { placePopover } from "../elements/popover.js";

/**
 * @typedef {object} Reader
 * @property {() => void} opened
 * @property {(word: string) => void} take
 * @property {(category: string, word: string) => void} add
 * @property {(category: string, word: string) => void} remove
 */

export class WordList {
  button = h("button", { type: "button", class: "quiet slim", "aria-haspopup": "dialog", "aria-expanded": "false" });
  #tabs = h("div", { class: "chips word-tabs", role: "group", "aria-label": "Categories" });
  #words = h("div", { class: "chips word-list", role: "group", "aria-label": "Words" });
  #own = h("input", { type: "text", class: "well slim", maxlength: 200, "aria-label": "A word of your own" });
  #form = h("form", { class: "joined" }, this.#own, h("button", { class: "quiet slim" }, "Keep"));
  #note = h("p", { class: "note", hidden: true }, "A list gives another line for every seed.");
  #wait = h("p", { class: "note" }, "Looking them up…");
  popover = h("div", { class: "picker word-book", popover: "auto", role: "dialog", "aria-label": "Words" });
  /** @type {WordCategory[]} */
  #wordCategories = [];
  /** @type {string | null} */
  #chosen = null;

  /** @param {Reader} reader */
  constructor(reader) {
    this.reader = reader;
    this.button.append(icon("words"), "Words");
    this.popover.append(this.#tabs, this.#wait, this.#words, this.#note, this.#form);
    this.button.popoverTargetElement = this.popover;
    this.button.addEventListener("keydown", (event) => this.#key(event));
    this.popover.addEventListener("toggle", (event) => this.#toggled(/** @type {ToggleEvent} */ (event).newState));
    this.popover.addEventListener("keydown", (event) => this.#key(event));
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      const word = this.#own.value.trim();
      if (word && this.#chosen) this.reader.add(this.#chosen, word);
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
    this.reader.opened();
    this.#fill();
    placePopover(this.popover, this.button, { width: 380, height: 440 });
  }

  #fill() {
    const first = this.#wordCategories[0];
    const shelf = this.#wordCategories.find((one) => one.id === this.#chosen) ?? first;
    show(this.#wait, !shelf);
    show(this.#form, Boolean(shelf?.id));
    show(this.#note, shelf?.id === "");
    if (!shelf) return;
    this.#chosen = shelf.id;
    this.#own.placeholder = `A word of your own: ${shelf.label.toLowerCase()}`;
    reconcile(
      this.#tabs,
      this.#wordCategories,
      (one) => one.id,
      (one) => this.#tab(one),
      (tab, one) => tab.setAttribute("aria-pressed", String(one.id === shelf.id)),
    );
    const words = [
      ...shelf.own.map((word) => ({ word, own: true })),
      ...shelf.words.map((word) => ({ word, own: false })),
    ];
    reconcile(
      this.#words,
      words,
      ({ word, own }) => `${shelf.id}/${own}/${word}`,
      ({ word, own }) => this.#chip(shelf.id, word, own),
    );
  }

  /** @param {WordCategory} shelf */
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
    chip.addEventListener("click", () => this.reader.take(word));
    if (!own) return chip;
    const label = `Forget ${word}`;
    const gone = h("button", { type: "button", class: "bare", "aria-label": label, title: label }, icon("close"));
    gone.addEventListener("click", () => this.reader.remove(category, word));
    return h("span", { class: "own-word" }, chip, gone);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.key !== "Escape" || !this.popover.matches(":popover-open")) return;
    event.preventDefault(); // to the wall it would mean leaving the field
    this.popover.hidePopover();
    this.button.focus();
  }
}
