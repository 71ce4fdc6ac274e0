/** The tabs of the places, in the header; at the bottom of a small screen. */
/** @import { State } from "../state/types.js" */
import { h } from "../elements/dom.js";
import { QpElement } from "../elements/element.js";
import { icon } from "../elements/icons.js";
import { carriesImages, draggedImages } from "../elements/dropped-files.js";
import { PLACES, WALL } from "./places.js";

const DWELL = 500; // milliseconds that a dragged image rests on a tab before it opens

export class PlaceTabs extends QpElement {
  #tabs = PLACES.map((place) => {
    const open = () => this.request("open-place", { place: place.id }); // the link alone does nothing in its own place
    return h("a", { class: "place-tab", href: `#/${place.id}`, title: place.title, "data-keys": `place-${place.id}`, "data-place": place.id, onclick: open }, icon(place.icon), h("span", {}, place.title));
  });

  #timer = 0;

  /** @override */
  build() {
    this.addEventListener("dragover", (event) => this.#over(event));
    for (const end of ["dragleave", "drop"]) this.addEventListener(end, () => this.#leave());
    this.addEventListener("drop", (event) => this.#drop(event));
    this.setAttribute("role", "navigation");
    this.setAttribute("aria-label", "Places");
    this.append(...this.#tabs);
  }

  /** @param {Event} event @returns {HTMLElement | null} */
  #tab({ target }) {
    return target instanceof Element ? target.closest(".place-tab") : null;
  }

  /** Opens the tab under dragged images after a moment. @param {DragEvent} event */
  #over(event) {
    const tab = this.#tab(event);
    if (!tab || !carriesImages(event.dataTransfer)) return;
    event.preventDefault();
    tab.classList.add("over");
    this.#timer ||= setTimeout(() => this.request("open-place", { place: tab.dataset.place ?? "" }), DWELL);
  }

  #leave() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    for (const tab of this.#tabs) tab.classList.remove("over");
  }

  /** Takes images that are dropped on the tab of the wall as inputs. @param {DragEvent} event */
  #drop(event) {
    const assets = draggedImages(event.dataTransfer);
    if (this.#tab(event)?.dataset.place !== WALL.id || !assets.length) return;
    event.preventDefault();
    this.request("use-as-input", { assets });
  }

  /** @override @param {State} state */
  render(state) {
    for (const tab of this.#tabs) {
      if (tab.dataset.place === state.place) tab.setAttribute("aria-current", "page");
      else tab.removeAttribute("aria-current");
    }
  }
}

customElements.define("qp-place-tabs", PlaceTabs);
