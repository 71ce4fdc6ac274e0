/** The images of the gallery, to choose one for an input or for a comparison. */
/** @import { State } from "../state/types.js" */
/** @import { Group } from "../elements/grid/layout.js" */
import { Debounce } from "../state/debounce.js";
import { count } from "../state/words.js";
import { h, say, show } from "../elements/dom.js";
import { ImageGrid } from "../elements/grid/image-grid.js";
import { OverlayElement } from "./overlay.js";

const DELAY = 180; // milliseconds after the last key
const CELL = 104;

export class ImagePicker extends OverlayElement {
  /** @override @type {"image-picker"} */
  name = "image-picker";
  /** @override */
  label = "Choose an image";
  #total = h("span", { class: "note", role: "status" });
  #search = h("input", { type: "search", class: "well", placeholder: "prompt, seed, tag, LoRA…", "aria-label": "Search images", autocomplete: "off" });
  #none = h("p", { class: "gallery-none" });
  #grid = new ImageGrid("Images", {
    need: (from, to) => this.request("load-images", { list: "picker", from, to }),
    pick: (index, { range }) => this.#pick(index, range),
    box: () => {},
    open: (index) => this.#choose(index),
  });
  /** @type {Debounce<string>} */
  #words = new Debounce(async (words) => this.request("search-picker", { filter: words ? { q: words } : {} }), DELAY);
  /** @type {{ brick: string, name: string, takes?: "change-print" | "change-recipe" | "change-draft-print" }} */
  #target = { brick: "", name: "" };
  #focus = 0;
  #byKey = false;
  /** @type {State | null} */
  #state = null;
  /** @type {readonly Group[]} */
  #groups = [];
  /** @type {import("../state/types.js").Overlay | null} the lightbox that opened the picker */
  #back = null;

  /** @override */
  compose() {
    this.#search.addEventListener("input", () => this.#words.schedule(this.#search.value.trim()));
    this.#grid.element.addEventListener("keydown", (event) => {
      this.#byKey = true;
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      this.#choose(this.#focus);
    });
    this.#grid.element.addEventListener("pointerdown", () => (this.#byKey = false));
    this.#grid.element.removeAttribute("aria-multiselectable");
    const head = h("header", { class: "overlay-head" }, h("h2", {}, "Choose an image"), this.#total, this.closer());
    this.dialog.append(head, this.#search, this.#none, this.#grid.element);
  }

  /** @override @param {State} state */
  opened(state) {
    const { pictures, index } = state.overlay;
    this.#back = pictures ? { name: "lightbox", pictures, index } : null;
    this.#target = { brick: state.overlay.brick ?? "", name: state.overlay.field ?? "image", takes: state.overlay.takes };
    this.#focus = 0;
    this.#search.value = "";
    this.request("search-picker", {});
    this.#grid.element.focus();
  }

  /** @override @param {State} state */
  draw(state) {
    this.#state = state;
    const list = state.picker;
    say(this.#total, list?.problem ? "" : list?.total === null || !list ? "Loading…" : count(list.total, "image"));
    const words = list?.problem?.text ?? (this.#search.value ? "No image matches." : "No images yet. Generated and uploaded images appear here.");
    say(this.#none, words);
    show(this.#none, Boolean(list?.problem) || list?.total === 0);
    if (!list) return;
    if ((this.#groups[0]?.count ?? 0) !== (list.total ?? 0)) this.#groups = list.total ? [{ key: "all", count: list.total, offset: 0 }] : [];
    this.#grid.draw({
      groups: this.#groups,
      headed: false,
      heading: () => ({ title: "", note: "" }),
      item: (index) => list.items.get(index),
      selected: () => false,
      mark: ({ width, height }) => (width && height ? `${width} × ${height}` : ""),
      focus: this.#focus,
      cell: CELL,
      inserted: 0,
      list: list.generation,
    });
  }

  /** A click chooses; a key moves the focus. @param {number} index @param {boolean} [range] */
  #pick(index, range) {
    if (!this.#byKey || range) {
      this.#choose(index);
      return;
    }
    this.#focus = index;
    if (this.#state) this.draw(this.#state);
  }

  /** @param {number} index */
  #choose(index) {
    const asset = this.#state?.picker?.items.get(index);
    if (!asset) return;
    if (this.#back) this.#back = { ...this.#back, beside: asset };
    else if (this.#target.takes) this.request(this.#target.takes, { values: { [this.#target.name]: asset.id } });
    else this.request("set-prop", { ...this.#target, value: asset.id });
    this.dialog.close();
  }

  /** Returns to the lightbox that opened the picker. @override */
  close() {
    if (this.current && this.#back) this.request("show", this.#back);
    else super.close();
  }
}

customElements.define("qp-image-picker", ImagePicker);
