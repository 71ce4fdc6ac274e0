/** The results: the first image of the newest run large, the others in a grid; a click enlarges. */
/** @import { Brick } from "../document/types.js" */
/** @import { Slot } from "../state/selectors/slots.js" */
/** @import { Picture, State } from "../state/types.js" */
import { finishedSlot, imageSlots } from "../state/selectors/slots.js";
import { count } from "../state/words.js";
import { custom, h, reconcile, say, show } from "../elements/dom.js";
import { BrickElement } from "./brick.js";
import { createSlot, drawSlot } from "./image-slot.js";

const IN_GRID = 6;
const MAX_RESERVED = 24;

export class ImageOutputBrick extends BrickElement {
  #large = h("div", { class: "result-large" });
  #rest = h("div", { class: "result-grid" });
  #empty = h("div", { class: "result-empty" });
  #emptyLine = h(
    "span",
    {},
    "Press Run",
    h("span", { class: "typed" }, ", or ", custom("qp-key-hint", { "data-keys": "press-strong" })),
    ".",
  );
  #line = h("p", { class: "note" });
  /** @type {Picture[]} */
  #pictures = [];

  /** @override */
  compose() {
    this.classList.add("wide");
    this.body.append(this.#large, this.#rest, this.#empty, this.#line);
    this.#empty.append(h("strong", {}, "Results appear here"), this.#emptyLine);
  }

  /** @override @param {Brick} brick @param {State} state */
  draw(brick, state) {
    const ports = (this.entry?.inputs ?? []).map((input) => input.name);
    const slots = imageSlots(state, brick, ports);
    this.#pictures = slots.flatMap(({ picture }) => picture ?? []);
    const [first, ...others] = slots;
    const reserved = others.filter(({ picture }) => !picture).length;
    const beside = others.slice(0, Math.min(Math.max(IN_GRID, reserved), MAX_RESERVED));
    this.#drawSlots(this.#large, first ? [first] : [], state);
    this.#drawSlots(this.#rest, beside, state);
    this.#drawMore(others.length - beside.length);
    show(this.#large, slots.length > 0);
    show(this.#rest, beside.length > 0);
    show(this.#empty, slots.length === 0);
    say(this.#line, this.#facts());
    show(this.#line, this.#pictures.length > 0);
  }

  /** @param {HTMLElement} parent @param {Slot[]} slots @param {State} state */
  #drawSlots(parent, slots, state) {
    reconcile(
      parent,
      slots,
      ({ key }) => key,
      ({ key }) => createSlot(() => this.#enlarge(key)),
      (button, slot) => drawSlot(button, slot, parent === this.#large, state),
    );
  }

  /** @param {number} hidden images */
  #drawMore(hidden) {
    for (const button of this.#rest.children) {
      if (!(button instanceof HTMLElement)) continue;
      if (hidden > 0 && button === this.#rest.lastElementChild) button.dataset.more = `+${hidden}`;
      else delete button.dataset.more;
    }
  }

  #facts() {
    const first = this.#pictures[0]?.output;
    if (!first) return "";
    const many = this.#pictures.length;
    const facts = [many > 1 ? count(many, "image") : "", `${first.width ?? "?"} × ${first.height ?? "?"}`];
    if (typeof first.seed === "number") facts.push(`seed ${first.seed}`);
    return facts.filter(Boolean).join(" · ");
  }

  /** @param {string} key of a slot */
  #enlarge(key) {
    const index = this.#pictures.findIndex((picture) => finishedSlot(picture).key === key);
    this.request("show", { name: "lightbox", pictures: this.#pictures, index: Math.max(0, index) });
  }
}

customElements.define("qp-image-output-brick", ImageOutputBrick);
