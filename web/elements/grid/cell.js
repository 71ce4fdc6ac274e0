/** One image of a grid: the thumbnail, its rating and marks, and the check of the selection. */
/** @import { Asset } from "../../state/types.js" */
import { h, say, show } from "../dom.js";
import { icon } from "../icons.js";

/** @typedef {{ selected: boolean, focused: boolean, label: string, mark: string, large: boolean }} CellView */

export class ImageCell {
  #image = h("img", { class: "cell-image", alt: "", draggable: "false", decoding: "async" });
  #heart = h("span", { class: "cell-heart", hidden: true }, icon("heart"));
  #stars = h("span", {});
  #rating = h("span", { class: "cell-note cell-rating", hidden: true }, icon("star"), this.#stars);
  #mark = h("span", { class: "cell-note cell-mark", hidden: true });
  element = h(
    "div",
    { class: "cell", role: "option", draggable: "true" },
    this.#image,
    this.#heart,
    this.#rating,
    this.#mark,
    h("span", { class: "cell-check" }, icon("check")),
  );

  constructor() {
    this.#image.addEventListener("load", () => this.#image.classList.add("loaded"));
    this.#image.addEventListener("error", () => this.element.classList.add("broken"));
  }

  /**
   * @param {string} id of the element
   * @param {number} index
   * @param {number} total
   * @param {{ x: number, y: number }} position
   */
  place(id, index, total, { x, y }) {
    this.element.id = id;
    this.element.dataset.index = String(index);
    this.element.setAttribute("aria-posinset", String(index + 1));
    this.element.setAttribute("aria-setsize", String(total));
    this.element.style.transform = `translate(${x}px, ${y}px)`;
  }

  /** @param {Asset | undefined} asset undefined until it is loaded @param {CellView} view */
  draw(asset, { selected, focused, label, mark, large }) {
    const { classList } = this.element;
    classList.toggle("selected", selected);
    classList.toggle("focused", focused);
    classList.toggle("waiting", !asset);
    this.element.setAttribute("aria-selected", String(selected));
    if (this.element.getAttribute("aria-label") !== label) this.element.setAttribute("aria-label", label);
    this.#show(asset ? `${asset.thumbnail_url}${large && asset.kind !== "svg" ? "?size=512" : ""}` : "");
    show(this.#heart, Boolean(asset?.favourite));
    const rating = asset?.rating ?? 0;
    show(this.#rating, rating > 0);
    say(this.#stars, String(rating));
    show(this.#mark, mark !== "");
    say(this.#mark, mark);
  }

  /** @param {string} source of the thumbnail, empty for none */
  #show(source) {
    if ((this.#image.getAttribute("src") ?? "") === source) return;
    this.#image.classList.remove("loaded");
    this.element.classList.remove("broken");
    if (source) this.#image.src = source;
    else this.#image.removeAttribute("src"); // a recycled cell shows no image of another place
  }
}
