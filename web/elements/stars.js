/** Five stars that rate an image: a press on the rating that it has clears it. */
import { h } from "./dom.js";
import { icon } from "./icons.js";

const MOST = 5;

export class Stars {
  #rating = 0;
  #stars = Array.from({ length: MOST }, (_, index) => {
    const rating = index + 1;
    const button = h("button", { type: "button", class: "star", "aria-label": `Rate ${rating} of ${MOST}`, title: `Rate ${rating} (${rating})` }, icon("star"));
    button.addEventListener("click", () => this.rate(rating === this.#rating ? 0 : rating));
    return button;
  });
  element = h("div", { class: "stars", role: "group", "aria-label": "Rating" }, ...this.#stars);

  /** @param {(rating: number) => void} rate */
  constructor(rate) {
    this.rate = rate;
  }

  /** @param {number} rating 0 for none */
  draw(rating) {
    this.#rating = rating;
    this.#stars.forEach((star, index) => {
      star.classList.toggle("on", index < rating);
      star.setAttribute("aria-pressed", String(index + 1 === rating));
    });
  }
}
