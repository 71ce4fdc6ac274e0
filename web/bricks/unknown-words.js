/**
 * The words of a prompt that are not in the vocabulary of its model, each with the nearest one.
 *
 * @import { TokenCount } from "../state/types.js"
 */
import { h, reconcile, say, show } from "../elements/dom.js";

export class UnknownWords {
  #title = h("p", { role: "status" });
  #chips = h("div", { class: "chips" });
  element = h("div", { class: "unknown-words", role: "group", "aria-label": "Unknown words", hidden: true }, this.#title, this.#chips);

  /** @param {(word: string, nearest: string) => void} replace */
  constructor(replace) {
    this.replace = replace;
  }

  /** @param {string} label of the model @param {TokenCount["unknown"]} unknown */
  draw(label, unknown) {
    show(this.element, unknown.length > 0);
    say(this.#title, unknown.length ? `Not in the vocabulary of ${label}:` : "");
    reconcile(
      this.#chips,
      unknown,
      ({ word, nearest }) => `${word}/${nearest}`,
      ({ word, nearest }) => this.#chip(word, nearest),
    );
  }

  /** @param {string} word @param {string | null} nearest */
  #chip(word, nearest) {
    if (nearest === null) return h("span", { class: "unknown-word" }, word);
    const chip = h("button", { type: "button", class: "chip", title: `Replace ${word} by ${nearest}` }, `${word} → ${nearest}`);
    chip.addEventListener("click", () => this.replace(word, nearest));
    return chip;
  }
}
