/** The tabs of the places, in the header; at the bottom of a small screen. */
/** @import { State } from "../state/types.js" */
import { h } from "../elements/dom.js";
import { QpElement } from "../elements/element.js";
import { icon } from "../elements/icons.js";
import { PLACES } from "./places.js";

export class PlaceTabs extends QpElement {
  #tabs = PLACES.map((place) => {
    const title = `${place.title} (${place.key.toUpperCase()})`;
    return h("a", { class: "place-tab", href: `#/${place.id}`, title, "data-place": place.id }, icon(place.icon), h("span", {}, place.title));
  });

  /** @override */
  build() {
    this.setAttribute("role", "navigation");
    this.setAttribute("aria-label", "Places");
    this.append(...this.#tabs);
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
