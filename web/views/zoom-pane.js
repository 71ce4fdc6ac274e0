/**
 * A zoomable image, or two with a divider: wheel, pinch, drag, double click and keys.
 *
 * @import { Output } from "../state/types.js"
 */
import { quantity } from "../state/words.js";
import { h, show } from "../elements/dom.js";
import { Gestures } from "../elements/pane/gestures.js";
import { Viewport } from "../elements/pane/viewport.js";

const SHARP = 3; // CSS pixels for each image pixel from which pixels are drawn sharp
const NUDGE = 5; // per cent of the width that an arrow key moves the divider
const UNKNOWN = 1024; // pixels of an image without a size, such as an SVG

export class ZoomPane {
  view = new Viewport(16);
  #front = h("img", { class: "pane-picture", alt: "", draggable: "false" });
  #back = h("img", { class: "pane-picture", alt: "", draggable: "false", hidden: true });
  #line = h("div", {
    class: "pane-line",
    role: "slider",
    tabindex: 0,
    "aria-label": "Divider between the images",
    "aria-valuemin": 0,
    "aria-valuemax": 100,
    hidden: true,
  });
  #percent = h("button", { type: "button", class: "pane-percent", title: "Fit to view (0), actual size (1)" });
  element = h("div", { class: "pane" }, this.#back, this.#front, this.#line, this.#percent);
  #share = 50;

  constructor() {
    new Gestures(this.element, this.view, { moved: () => this.#draw() });
    new ResizeObserver(() => this.#measure()).observe(this.element);
    this.element.addEventListener("dblclick", (event) => {
      if (event.target instanceof Element && event.target.closest("button")) return;
      const box = this.element.getBoundingClientRect();
      this.toggle({ x: event.clientX - box.left, y: event.clientY - box.top });
    });
    this.#percent.addEventListener("click", () => this.toggle());
    this.#line.addEventListener("pointerdown", (event) => this.#line.setPointerCapture(event.pointerId));
    this.#line.addEventListener("pointermove", (event) => this.#drag(event));
    this.#line.addEventListener("keydown", (event) => this.#step(event));
  }

  /**
   * @param {Output} output
   * @param {string} alt
   * @param {Output | null} other comparison image, left of the divider
   */
  show(output, alt, other) {
    if (this.#front.getAttribute("src") !== output.url) this.#front.src = output.url;
    this.#front.alt = alt;
    if (other && this.#back.getAttribute("src") !== other.url) this.#back.src = other.url;
    show(this.#back, other !== null);
    show(this.#line, other !== null);
    this.#size = { width: output.width || UNKNOWN, height: output.height || output.width || UNKNOWN };
    this.#measure();
  }

  #size = { width: 1, height: 1 };

  fit() {
    this.view.fit();
    this.#draw();
  }

  /** @param {import("../elements/pane/viewport.js").Point} [at] fixed point of the zoom */
  toggle(at) {
    const actual = 1 / (devicePixelRatio || 1);
    if (!this.view.fitted || Math.abs(this.view.scale - actual) < 1e-6) this.view.fit();
    else this.view.zoomTo(actual, at);
    this.#draw();
  }

  /** @param {KeyboardEvent} event @returns {boolean} true for a handled key */
  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return false;
    if (event.key === "+" || event.key === "=") this.view.zoomBy(1);
    else if (event.key === "-") this.view.zoomBy(-1);
    else if (event.key === "0") this.view.fit();
    else if (event.key === "1") this.view.zoomTo(1 / (devicePixelRatio || 1));
    else return false;
    this.#draw();
    return true;
  }

  #measure() {
    const { clientWidth: width, clientHeight: height } = this.element;
    if (!width || !height) return;
    this.view.set({ width, height }, this.#size);
    this.#draw();
  }

  #draw() {
    const { x, y, scale, content, fitted } = this.view;
    for (const image of [this.#front, this.#back]) {
      image.style.width = `${content.width}px`;
      image.style.height = `${content.height}px`;
      image.style.transform = `translate(${x}px, ${y}px) scale(${scale})`;
      image.style.setProperty("--scale", String(scale));
      image.classList.toggle("sharp", !fitted && scale >= SHARP);
    }
    const at = (this.#share / 100) * this.view.frame.width;
    const cut = Math.min(Math.max((at - x) / scale, 0), content.width);
    this.#front.style.clipPath = this.#line.hidden ? "none" : `inset(0 0 0 ${cut}px)`;
    this.#back.style.clipPath = `inset(0 ${content.width - cut}px 0 0)`;
    this.#line.style.left = `${this.#share}%`;
    this.#line.setAttribute("aria-valuenow", String(Math.round(this.#share)));
    this.#percent.textContent = quantity(Math.round(100 * scale * (devicePixelRatio || 1)), "%");
  }

  /** @param {PointerEvent} event */
  #drag(event) {
    if (!this.#line.hasPointerCapture(event.pointerId)) return;
    const box = this.element.getBoundingClientRect();
    this.#move((100 * (event.clientX - box.left)) / box.width);
  }

  /** @param {KeyboardEvent} event */
  #step(event) {
    const by = { ArrowLeft: -NUDGE, ArrowRight: NUDGE }[event.key];
    if (!by) return;
    event.preventDefault();
    event.stopPropagation();
    this.#move(this.#share + by);
  }

  /** @param {number} share per cent */
  #move(share) {
    this.#share = Math.min(100, Math.max(0, share));
    this.#draw();
  }
}
