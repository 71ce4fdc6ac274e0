/** The row in focus: its image, its variants, its card with a live preview, and what it can become. */
/** @import { BatchImage, SetsState } from "../../state/sets.js" */
/** @import { MakeRequest } from "../../state/requests.js" */
/** @import { State } from "../../state/types.js" */
import { cardValues, redoable, rowName, rowTitle, shownImage } from "../../state/sets.js";
import { count } from "../../state/words.js";
import { h, reconcile, say, show } from "../../elements/dom.js";
import { icon } from "../../elements/icons.js";
import { PartForm } from "./part-form.js";
import { stateWord } from "./row-tile.js";

export class CardDetail {
  #title = h("h2", {});
  #previous = bare("left", "Row before");
  #next = bare("right", "Row after");
  #image = h("img", { class: "card-image", alt: "", decoding: "async" });
  #slot = h("p", { class: "card-slot" });
  #prompt = h("p", { class: "card-prompt" });
  #facts = h("p", { class: "note" });
  #trouble = h("p", { class: "set-problem", role: "alert", hidden: true });
  #variants = h("div", { class: "card-variants", role: "group", "aria-label": "Variants" });
  #many = h("span", { class: "note" });
  #redo = h("button", { type: "button", class: "quiet" }, icon("retry"), "Redo");
  #mark = h("button", { type: "button", class: "quiet" }, icon("check"), "Mark");
  #wall = h("button", { type: "button", class: "quiet" }, icon("restore"), "Open on the wall");
  #card = h("img", { class: "card-preview", decoding: "async", alt: "The card with the current layout" });
  #plain = h("input", { type: "checkbox", class: "switch", id: "card-drawn" });
  #fields = h("div", {});
  #overlay;
  #none = h("p", { class: "note" }, "The row in focus appears here.");
  #inside;
  /** @type {PartForm | null} */
  #form = null;
  /** @type {SetsState | null} */
  #sets = null;
  element;

  /** @param {MakeRequest} request */
  constructor(request) {
    this.request = request;
    this.#previous.addEventListener("click", () => this.#step(-1));
    this.#next.addEventListener("click", () => this.#step(1));
    this.#redo.addEventListener("click", () => request("redo-rows", { rows: [this.#key] }));
    this.#mark.addEventListener("click", () => request("mark-rows", { rows: [this.#key], marked: !this.#sets?.marked.has(this.#key) }));
    this.#wall.addEventListener("click", () => request("open-on-wall", { asset: this.#shown?.asset_id ?? "" }));
    this.#plain.addEventListener("change", () => request("change-recipe", { plain: !this.#plain.checked }));
    const head = h("header", { class: "card-head" }, this.#title, this.#previous, this.#next);
    const drawn = h("div", { class: "field-head" }, h("label", { class: "field-label", for: "card-drawn" }, "Draw a card over each image"), this.#plain);
    this.#overlay = h("section", { class: "card-overlay", "aria-label": "Card" }, h("h3", {}, "Card"), drawn, h("div", { class: "card-design" }, this.#card, this.#fields));
    const variants = h("div", { class: "card-line" }, this.#variants, this.#many);
    this.#inside = h("div", { class: "card-inside" }, head, this.#image, this.#slot, variants, this.#trouble, h("div", { class: "row" }, this.#redo, this.#mark, this.#wall), this.#prompt, this.#facts);
    this.element = h("section", { class: "card-detail", "aria-label": "Row in focus" }, this.#none, this.#inside, this.#overlay);
  }

  get #key() {
    return this.#sets?.row ?? "";
  }

  get #row() {
    return this.#sets?.batch?.items.find(({ key }) => key === this.#key);
  }

  /** @returns {BatchImage | undefined} */
  get #shown() {
    return shownImage(this.#row);
  }

  /** @param {-1 | 1} by */
  #step(by) {
    const rows = this.#sets?.batch?.items ?? this.#sets?.preview?.items ?? [];
    const next = rows[rows.findIndex(({ key }) => key === this.#key) + by];
    if (next) this.request("focus-row", { row: next.key });
  }

  /** @param {State} state */
  draw(state) {
    const { sets } = state;
    this.#sets = sets;
    const planned = sets.preview?.items.find(({ key }) => key === sets.row);
    const row = this.#row;
    show(this.#none, !row && !planned);
    show(this.#inside, Boolean(row ?? planned));
    this.#drawOverlay(state);
    if (!row && !planned) return;
    say(this.#title, row ? rowName(row, sets.batch) : rowTitle(sets.row));
    const image = this.#shown;
    show(this.#image, image !== undefined);
    if (image && this.#image.getAttribute("src") !== image.url) this.#image.src = image.url;
    this.#image.alt = row?.prompt ?? "";
    show(this.#slot, image === undefined);
    say(this.#slot, row ? stateWord(row.status) : "not drawn yet");
    this.#drawVariants(sets);
    const error = row?.status === "failed" ? row.error : null;
    say(this.#trouble, error ? [error.detail, error.fix].filter(Boolean).join(" ") : "");
    show(this.#trouble, error !== null);
    this.#redo.disabled = redoable(sets.batch, [sets.row]).length === 0;
    this.#mark.disabled = !row;
    this.#mark.setAttribute("aria-pressed", String(sets.marked.has(sets.row)));
    this.#wall.disabled = image === undefined;
    say(this.#prompt, row?.prompt || planned?.prompt || "");
    const seed = row?.seed ?? planned?.params.seed;
    say(this.#facts, [seed == null ? "" : `Seed ${seed}`, row?.params.num_inference_steps ? count(Number(row.params.num_inference_steps), "step") : ""].filter(Boolean).join(" · "));
  }

  /** @param {SetsState} sets */
  #drawVariants(sets) {
    const images = this.#row?.images ?? [];
    const several = images.length > 1 ? images : [];
    reconcile(this.#variants, several, ({ asset_id: id }) => id, ({ asset_id: id, thumbnail_url: url }) => h("button", { type: "button", class: "variant", onclick: () => this.request("choose-variant", { row: this.#key, asset: id }) }, h("img", { src: url, alt: "", loading: "lazy" })), (button, { asset_id: id }) => {
      const chosen = id === this.#shown?.asset_id;
      button.setAttribute("aria-pressed", String(chosen));
      const place = images.findIndex((image) => image.asset_id === id) + 1;
      button.setAttribute("aria-label", `Variant ${place} of ${rowTitle(sets.row)}${chosen ? ", chosen" : ""}`);
    });
    say(this.#many, several.length ? count(several.length, "variant") : "");
  }

  /** @param {State} state */
  #drawOverlay(state) {
    const { sets } = state;
    const own = sets.detail?.definition.overlay;
    show(this.#overlay, Boolean(own));
    if (!own) return;
    this.#plain.checked = !sets.recipe.plain;
    const values = cardValues(sets);
    show(this.#fields, values !== null);
    show(this.#card, values !== null && sets.card !== "");
    if (sets.card && this.#card.getAttribute("src") !== sets.card) this.#card.src = sets.card;
    const overlay = state.entries.find(({ name }) => name === "overlay");
    if (!this.#form && overlay) {
      const { properties } = overlay.schema;
      const includes = (/** @type {string} */ name) => name !== "image" && properties[name]?.ui?.widget !== "text"; // texts are templates of the set
      const change = (/** @type {Record<string, any>} */ card) => this.request("change-recipe", { card });
      this.#form = new PartForm({ id: "set-card", operation: "overlay", includes, change, request: this.request });
      this.#fields.append(this.#form.element);
    }
    if (values) this.#form?.draw(values, state);
  }
}

/** @param {import("../../elements/icons.js").IconName} name @param {string} text */
function bare(name, text) {
  return h("button", { type: "button", class: "bare", "aria-label": text, title: text }, icon(name));
}
