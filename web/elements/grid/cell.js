/** One image of a grid: the thumbnail, its rating and marks, and the check of the selection. */
/** @import { Asset } from "../../state/types.js" */
import { h, say } from "../dom.js";
import { icon } from "../icons.js";

const TIMES = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

/** @typedef {{ selected: boolean, focused: boolean, mark: string, large: boolean }} CellView */

export class ImageCell {
  #image = h("img", { class: "cell-image", alt: "", draggable: "false", decoding: "async" });
  #stars = h("span", {});
  #mark = h("span", { class: "cell-note cell-mark", "aria-hidden": "true" });
  element = h(
    "div",
    { class: "cell", role: "option", draggable: "true" },
    this.#image,
    h("span", { class: "cell-heart", "aria-hidden": "true" }, icon("heart")),
    h("span", { class: "cell-note cell-rating", "aria-hidden": "true" }, icon("star"), this.#stars),
    this.#mark,
    h("span", { class: "cell-check" }, icon("check")),
  );

  /** @type {Asset | undefined} */
  #drawn;
  #drawnMark = "";
  #drawnLarge = false;

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
  draw(asset, { selected, focused, mark, large }) {
    const { classList } = this.element;
    classList.toggle("selected", selected);
    classList.toggle("focused", focused);
    this.element.setAttribute("aria-selected", String(selected));
    if (asset && asset === this.#drawn && mark === this.#drawnMark && large === this.#drawnLarge) return;
    this.#drawn = asset;
    this.#drawnMark = mark;
    this.#drawnLarge = large;
    classList.toggle("waiting", !asset);
    this.element.setAttribute("aria-label", asset ? labelOf(asset, mark) : "Loading");
    this.#show(asset ? `${asset.thumbnail_url}${large && asset.kind !== "svg" ? "?size=512" : ""}` : "");
    // Classes: the selectors of the page that test for [hidden] would style all of it anew.
    classList.toggle("liked", Boolean(asset?.favourite));
    const rating = asset?.rating ?? 0;
    classList.toggle("rated", rating > 0);
    say(this.#stars, String(rating));
    classList.toggle("marked", mark !== "");
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

/** The name of an image for screen readers. @param {Asset} asset @param {string} mark */
function labelOf({ prompt, name, kind, width, height, rating, favourite, created_at: created }, mark) {
  const size = width && height ? `${width} × ${height}` : "";
  const stars = rating ? `${rating} of 5 stars` : "";
  return [prompt || name || kind, mark, size, stars, favourite ? "favourite" : "", TIMES.format(new Date(created))].filter(Boolean).join(", ");
}
