/** The veil over a view while a file is dragged over it: what a drop does. */
import { h, show } from "../elements/dom.js";
import { carriesFiles } from "../elements/fields/image.js";
import { icon } from "../elements/icons.js";

export class DropVeil {
  /** @param {string} text */
  constructor(text) {
    this.element = h("div", { class: "drop-veil", hidden: true }, h("p", {}, icon("upload"), text));
  }

  /** @param {HTMLElement} wall @param {AbortSignal} signal */
  enable(wall, signal) {
    const hide = () => show(this.element, false);
    wall.addEventListener("dragover", (event) => carriesFiles(event) && this.#over(wall, event.target), { signal });
    wall.addEventListener("dragleave", (event) => wall.contains(/** @type {Node | null} */ (event.relatedTarget)) || hide(), { signal });
    for (const end of ["drop", "dragend"]) window.addEventListener(end, hide, { signal, capture: true });
  }

  /** Covers what is seen of the wall, except over a field that takes the image itself. @param {HTMLElement} wall @param {EventTarget | null} target */
  #over(wall, target) {
    const inField = target instanceof Element && target.closest(".drop") !== null;
    if (this.element.hidden && !inField) {
      const { left, top, width, height } = (wall.parentElement ?? wall).getBoundingClientRect();
      const style = { left, top, width, height };
      for (const [name, value] of Object.entries(style)) this.element.style.setProperty(name, `${value}px`);
    }
    show(this.element, !inField);
  }
}
