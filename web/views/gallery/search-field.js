/** The search field: tokens of the filter, words, and suggestions from the facets. */
/** @import { State } from "../../state/types.js" */
/** @import { MakeRequest } from "../../state/requests.js" */
/** @import { ImageFilter } from "../../document/image-filter.js" */
import { FACETS, NO_FILTER, parseToken, toggled, valuesOf, withoutTokens, withValues } from "../../document/image-filter.js";
import { tokensOf, withoutToken } from "../../document/image-tokens.js";
import { Debounce } from "../../state/debounce.js";
import { custom, fill, h, reconcile, say, show } from "../../elements/dom.js";
import { icon } from "../../elements/icons.js";

const DELAY = 180; // milliseconds after the last key
const MOST = 8; // suggestions

/** @typedef {{ name: string, value: string, label: string, kind: string, count: number }} Suggestion */

export class SearchField {
  #input = h("input", {
    type: "text",
    class: "search-input",
    placeholder: "prompt, seed, tag, LoRA…",
    "aria-label": "Search images",
    autocomplete: "off",
    spellcheck: "false",
    role: "combobox",
    "aria-expanded": "false",
    "aria-controls": "search-suggestions",
    "aria-autocomplete": "list",
  });
  #tokens = h("div", { class: "search-tokens", role: "group", "aria-label": "Filters" });
  #clear = h("button", { type: "button", class: "bare search-clear", "aria-label": "Clear the search", title: "Clear the search" }, icon("close"));
  #list = h("div", { id: "search-suggestions", class: "search-list", role: "listbox", "aria-label": "Suggestions", hidden: true });
  element = h(
    "div",
    { class: "search", role: "search" },
    icon("search"),
    this.#tokens,
    this.#input,
    custom("qp-key-hint", { class: "typed", "data-keys": "search-images" }),
    this.#clear,
    this.#list,
  );
  /** @type {Debounce<string>} */
  #words = new Debounce(async (words) => this.#search(withValues(this.#filter, "q", words.trim())), DELAY);
  /** @type {ImageFilter} */
  #filter = NO_FILTER;
  /** @type {State | null} */
  #state = null;
  /** @type {Suggestion[]} */
  #offers = [];
  #picked = -1;

  /** @param {MakeRequest} request */
  constructor(request) {
    this.request = request;
    this.#input.addEventListener("input", () => {
      this.#words.schedule(this.#input.value);
      this.#picked = -1;
      this.#suggest();
    });
    this.#input.addEventListener("keydown", (event) => this.#key(event));
    this.#input.addEventListener("blur", () => setTimeout(() => this.#close(), 120));
    this.#clear.addEventListener("click", () => this.#reset());
    this.element.addEventListener("click", (event) => event.target === this.element && this.#input.focus());
  }

  /** @param {State} state */
  draw(state) {
    this.#state = state;
    const { list, facets } = state.gallery;
    if (list.filter !== this.#filter) {
      this.#filter = list.filter;
      const words = valuesOf(list.filter, "q")[0] ?? "";
      if (this.#input.value.trim() !== words) fill(this.#input, words);
    }
    const tokens = tokensOf(list.filter, facets?.facets ?? {});
    reconcile(this.#tokens, tokens, ({ name, value }) => `${name} ${value}`, (token) => {
      const button = h("button", { type: "button", class: "chip token" }, h("span", {}), icon("close"));
      button.addEventListener("click", () => {
        this.#search(withoutToken(this.#filter, token));
        this.#input.focus();
      });
      return button;
    }, (button, { text }) => {
      if (button.firstElementChild) say(button.firstElementChild, text);
      button.setAttribute("aria-label", `Remove the filter ${text}`);
    });
    show(this.#tokens, tokens.length > 0);
    show(this.#clear, tokens.length > 0 || this.#input.value !== "");
  }

  /** @param {ImageFilter} filter */
  #search(filter) {
    this.request("search-images", { filter });
  }

  #reset() {
    this.#words.cancel();
    this.#input.value = "";
    this.#search(withoutTokens(this.#filter));
    this.#input.focus();
  }

  /** Replaces what is typed by a token. @param {{ name: string, value: string }} token */
  #take({ name, value }) {
    this.#words.cancel();
    this.#input.value = "";
    this.#close();
    this.#search(toggled(withValues(this.#filter, "q", ""), name, value));
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const offer = this.#offers[this.#picked];
    const last = tokensOf(this.#filter, {}).at(-1);
    if (event.key === "ArrowDown" && this.#offers.length) this.#pick(this.#picked + 1);
    else if (event.key === "ArrowUp" && this.#offers.length) this.#pick(this.#picked - 1);
    else if (event.key === "Enter" && offer) this.#take(offer);
    else if (event.key === "Enter") this.#enter();
    else if (event.key === "Escape" && !this.#list.hidden) this.#close();
    else if (event.key === "Escape" && this.#input.value) this.#reset();
    else if (event.key === "Backspace" && !this.#input.value && last) this.#search(withoutToken(this.#filter, last));
    else if (event.key === "Escape") this.#input.blur();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** Takes a typed token, else searches the words at once. */
  #enter() {
    const token = parseToken(this.#input.value.trim());
    if (token) this.#take(token);
    else this.#search(withValues(this.#filter, "q", this.#input.value.trim()));
    this.#words.cancel();
    this.#close();
  }

  /** @param {number} picked */
  #pick(picked) {
    this.#picked = Math.max(-1, Math.min(this.#offers.length - 1, picked));
    this.#suggest();
  }

  #suggest() {
    const text = this.#input.value.trim().toLowerCase();
    this.#offers = text && this.#state ? suggestions(this.#state, this.#filter, text) : [];
    reconcile(this.#list, this.#offers.map((offer, index) => ({ offer, index })), ({ offer }) => `${offer.name} ${offer.value}`, ({ offer }) => {
      const row = h("div", { role: "option", class: "search-option" }, h("span", {}, offer.label), h("span", { class: "note" }, `${offer.kind} · ${offer.count.toLocaleString()}`));
      row.addEventListener("pointerdown", (event) => {
        event.preventDefault();
        this.#take(offer);
      });
      return row;
    }, (row, { index }) => {
      row.id = `search-option-${index}`;
      row.setAttribute("aria-selected", String(index === this.#picked));
    });
    show(this.#list, this.#offers.length > 0);
    this.#input.setAttribute("aria-expanded", String(this.#offers.length > 0));
    if (this.#picked >= 0) this.#input.setAttribute("aria-activedescendant", `search-option-${this.#picked}`);
    else this.#input.removeAttribute("aria-activedescendant");
  }

  #close() {
    this.#offers = [];
    this.#picked = -1;
    show(this.#list, false);
    this.#input.setAttribute("aria-expanded", "false");
    this.#input.removeAttribute("aria-activedescendant");
  }
}

/**
 * Values of facets whose names hold what is typed.
 * @param {State} state
 * @param {ImageFilter} filter
 * @param {string} text in lower case
 * @returns {Suggestion[]}
 */
export function suggestions({ gallery }, filter, text) {
  return FACETS.filter(({ name }) => name !== "rating" && name !== "project")
    .flatMap(({ name, title }) =>
      (gallery.facets?.facets[name] ?? []).map(({ value, label, count }) => ({ name, value, label, kind: title, count })),
    )
    .filter(({ name, value, label }) => label.toLowerCase().includes(text) && !valuesOf(filter, name).includes(value))
    .sort((a, b) => Number(b.label.toLowerCase().startsWith(text)) - Number(a.label.toLowerCase().startsWith(text)) || b.count - a.count)
    .slice(0, MOST);
}
