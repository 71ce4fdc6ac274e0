/** Adding a brick: everything the server offers, by category, found by typing. */
/** @import { Entry, State } from "../kit/types.js" */
import { h, reconcile, show } from "../kit/dom.js";
import { OverlayElement } from "./overlay.js";

const ORDER = ["input", "setting", "generator", "output"];

export class Palette extends OverlayElement {
  /** @override @type {"palette"} */
  name = "palette";
  /** @override */
  label = "Add a brick";
  #search = h("input", {
    type: "search",
    class: "well",
    placeholder: "Add a brick…",
    "aria-label": "Find a brick",
    autocomplete: "off",
    role: "combobox",
    "aria-expanded": "true",
    "aria-controls": "palette-list",
  });
  #list = h("div", { id: "palette-list", class: "palette-list", role: "listbox", "aria-label": "Bricks" });
  #none = h("p", { class: "note" }, "No brick of that name.");
  #picked = 0;
  /** @type {Entry[]} */
  #shown = [];
  /** @type {State | null} */
  #state = null;

  /** @override */
  compose() {
    this.#search.addEventListener("input", () => {
      this.#picked = 0;
      this.#drawList();
    });
    this.#search.addEventListener("keydown", (event) => this.#key(event));
    this.dialog.append(this.#search, this.#list, this.#none);
  }

  /** @override */
  opened() {
    this.#search.value = "";
    this.#picked = 0;
    this.#search.focus();
  }

  /** @override @param {State} state */
  draw(state) {
    this.#state = state;
    this.#drawList();
  }

  #drawList() {
    const wanted = this.#search.value.trim().toLowerCase();
    const rank = (/** @type {Entry} */ entry) => (ORDER.indexOf(entry.category) + ORDER.length + 1) % (ORDER.length + 1);
    this.#shown = (this.#state?.entries ?? [])
      .filter((entry) => entry.on_wall)
      .filter((entry) => `${entry.title} ${entry.name} ${entry.summary} ${entry.category}`.toLowerCase().includes(wanted))
      .sort((a, b) => rank(a) - rank(b));
    this.#picked = Math.min(this.#picked, Math.max(0, this.#shown.length - 1));
    reconcile(
      this.#list,
      this.#shown,
      (entry) => entry.name,
      (entry) => this.#option(entry),
      (option, entry) => {
        const index = this.#shown.indexOf(entry);
        option.setAttribute("aria-selected", String(index === this.#picked));
        option.classList.toggle("first", this.#shown[index - 1]?.category !== entry.category);
        if (index === this.#picked) this.#search.setAttribute("aria-activedescendant", option.id);
      },
    );
    show(this.#none, this.#shown.length === 0);
  }

  /** @param {Entry} entry */
  #option(entry) {
    const words = h("span", { class: "option-words" }, h("strong", {}, entry.title), h("span", {}, entry.summary));
    const option = h(
      "div",
      { id: `palette-${entry.name}`, class: "option", role: "option", "data-category": entry.category, "data-type": entry.name },
      words,
      h("span", { class: "option-kind" }, entry.category),
    );
    option.addEventListener("click", () => this.#take(entry));
    return option;
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      const length = Math.max(1, this.#shown.length);
      this.#picked = (this.#picked + step + length) % length;
      this.#drawList();
      this.#list.querySelector(`[aria-selected="true"]`)?.scrollIntoView({ block: "nearest" });
      event.preventDefault();
    }
    const entry = this.#shown[this.#picked];
    if (event.key === "Enter" && entry) {
      event.preventDefault();
      this.#take(entry);
    }
  }

  /** @param {Entry} entry */
  #take(entry) {
    this.request("add-brick", { type: entry.name });
    this.dialog.close();
  }
}

customElements.define("qp-palette", Palette);
