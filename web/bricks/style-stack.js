/** Styles: those in use in their order, and cards to add more. */
/** @import { Brick } from "../document/types.js" */
/** @import { State, Style } from "../state/types.js" */
import { withId } from "../document/lookup.js";
import { h, reconcile, say, show } from "../elements/dom.js";
import { icon } from "../elements/icons.js";
import { BrickElement } from "./brick.js";

const PLACE = "{prompt}";

export class StyleStackBrick extends BrickElement {
  #stack = h("ol", { class: "style-stack", "aria-label": "Styles in use" });
  #empty = h("p", { class: "note" }, "No styles in use.");
  #search = h("input", { type: "search", class: "well slim", placeholder: "Search styles", "aria-label": "Search styles" });
  #category = h("select", { class: "well slim", "aria-label": "Category" });
  #cards = h("div", { class: "style-cards", role: "group", "aria-label": "Styles" });
  #none = h("p", { class: "note", hidden: true }, "No matching style.");
  #shelf = h("details", { class: "more" }, h("summary", {}, "Choose styles"));
  #requested = false;
  /** @type {Style[]} */
  #styles = [];
  /** @type {string[]} */
  #used = [];
  #most = 8;

  /** @override */
  compose() {
    this.body.dataset.anchor = "styles";
    const head = h("div", { class: "style-search" }, this.#search, this.#category);
    this.#shelf.append(head, this.#cards, this.#none);
    this.#search.addEventListener("input", () => this.#drawCards());
    this.#category.addEventListener("change", () => this.#drawCards());
    this.#shelf.addEventListener("toggle", () => {
      if (this.#shelf.open) this.request("load-styles", {}); // LoRAs and own styles may have changed
      this.#drawCards();
      this.dispatchEvent(new CustomEvent("qp-redraw", { bubbles: true }));
    });
    this.body.append(this.#stack, this.#empty, this.#shelf);
  }

  /** @override @param {Brick} brick @param {State} state */
  draw(brick, state) {
    if (!state.styles && !this.#requested) {
      this.#requested = true;
      this.request("load-styles", {});
    }
    this.#styles = state.styles ?? [];
    this.#used = /** @type {string[]} */ (brick.props.styles ?? []);
    this.#most = this.entry?.schema.properties.styles?.maxItems ?? this.#most;
    reconcile(
      this.#stack,
      this.#used,
      String,
      (id) => this.#row(id),
      (row, id) => this.#drawRow(row, id),
    );
    show(this.#empty, this.#used.length === 0);
    this.#drawCards();
  }

  /** @param {string} id */
  #row(id) {
    const up = tool("up", "Move closer to the prompt", () => this.#move(id, -1));
    const down = tool("fold", "Move further from the prompt", () => this.#move(id, 1));
    const remove = tool("trash", "Remove", () => this.#write(this.#used.filter((style) => style !== id), "Remove style"));
    const face = h("img", { class: "style-face", alt: "", hidden: true });
    const problem = h("p", { class: "field-problem", hidden: true });
    return h("li", { class: "style-row" }, face, h("span", { class: "lora-name" }), up, down, remove, problem);
  }

  /** @param {HTMLElement} row @param {string} id */
  #drawRow(row, id) {
    const style = withId(this.#styles, id);
    const at = this.#used.indexOf(id);
    const [up, down] = row.querySelectorAll("button");
    const [name] = row.getElementsByClassName("lora-name");
    const face = /** @type {HTMLImageElement} */ (row.querySelector(".style-face"));
    const problem = /** @type {HTMLElement} */ (row.querySelector(".field-problem"));
    if (name) say(name, style?.name ?? id);
    if (style && !face.src.endsWith(style.thumbnail_url)) face.src = style.thumbnail_url;
    show(face, Boolean(style));
    say(problem, style?.unavailable ?? "");
    show(problem, Boolean(style?.unavailable));
    row.title = style?.prompt ?? "";
    if (up) up.disabled = at === 0;
    if (down) down.disabled = at === this.#used.length - 1;
  }

  #drawCards() {
    if (!this.#shelf.open) return;
    const categories = ["", ...new Set(this.#styles.map((style) => style.category))];
    reconcile(
      this.#category,
      categories,
      String,
      (name) => h("option", { value: name }, name || "All"),
    );
    const words = this.#search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const matches = this.#styles.filter((style) => {
      const text = `${style.name} ${style.category} ${style.prompt}`.toLowerCase();
      const inCategory = !this.#category.value || style.category === this.#category.value;
      return inCategory && words.every((word) => text.includes(word));
    });
    reconcile(
      this.#cards,
      matches,
      (style) => style.id,
      (style) => this.#card(style),
      (card, style) => this.#drawCard(card, style),
    );
    show(this.#none, this.#styles.length > 0 && matches.length === 0);
  }

  /** @param {HTMLElement} card @param {Style} style */
  #drawCard(card, style) {
    const used = this.#used.includes(style.id);
    card.setAttribute("aria-pressed", String(used));
    card.toggleAttribute("disabled", !used && (style.unavailable !== null || this.#used.length >= this.#most));
    card.classList.toggle("unavailable", style.unavailable !== null);
    card.title = style.unavailable ?? style.prompt.replace(PLACE, "…");
    const [reason] = card.getElementsByClassName("picker-fit");
    if (reason instanceof HTMLElement) {
      say(reason, style.unavailable ?? "");
      show(reason, style.unavailable !== null);
    }
  }

  /** @param {Style} style */
  #card(style) {
    const face = h("img", { src: style.thumbnail_url, alt: "", loading: "lazy" });
    const card = h("button", { type: "button", class: "style-card" });
    card.append(face, h("strong", {}, style.name), h("span", { class: "picker-fit", hidden: true }));
    card.addEventListener("click", () => {
      const used = this.#used.includes(style.id);
      const next = used ? this.#used.filter((name) => name !== style.id) : [...this.#used, style.id];
      this.#write(next, used ? "Remove style" : `Add ${style.name}`);
    });
    return card;
  }

  /** @param {string} id @param {number} by */
  #move(id, by) {
    const next = this.#used.filter((style) => style !== id);
    next.splice(this.#used.indexOf(id) + by, 0, id);
    this.#write(next, "Move style");
  }

  /** @param {string[]} styles @param {string} label */
  #write(styles, label) {
    this.request("set-props", { brick: this.brickId, props: { styles }, label });
  }
}

/**
 * @param {import("../elements/icons.js").IconName} name
 * @param {string} label
 * @param {() => void} act
 */
function tool(name, label, act) {
  return h("button", { type: "button", class: "bare", "aria-label": label, title: label, onclick: act }, icon(name));
}

customElements.define("qp-style-stack-brick", StyleStackBrick);
