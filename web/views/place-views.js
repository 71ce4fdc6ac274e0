/**
 * The views of the places, one above the other: the current one is seen. The others keep their
 * state and their scroll position, and cost no layout.
 */
/** @import { State } from "../state/types.js" */
import { custom, h } from "../elements/dom.js";
import { QpElement } from "../elements/element.js";
import { PLACES } from "./places.js";

export class PlaceViews extends QpElement {
  #frames = PLACES.map((place) => ({
    place,
    frame: h("div", { class: `place place-${place.id}`, "data-place": place.id, inert: true }),
  }));

  /** @override */
  build() {
    this.append(...this.#frames.map(({ frame }) => frame));
  }

  /** @override @param {State} state */
  render(state) {
    for (const { place, frame } of this.#frames) {
      const current = place.id === state.place;
      if (current && !frame.childElementCount) frame.append(custom(place.tag));
      if (frame.inert === current) frame.inert = !current;
    }
  }
}

customElements.define("qp-place-views", PlaceViews);
