/** Selection of the images in a rectangle that is drawn with the mouse, from the space between cells. */
/** @import { Box } from "./layout.js" */
import { h, show } from "../dom.js";

const LEAST = 5; // pixels that make a rectangle of a click
const EDGE = 40; // pixels at the edge of the view that scroll it
const SPEED = 14; // pixels of a frame

export class BoxSelect {
  element = h("div", { class: "grid-box", hidden: true });
  #from = { x: 0, y: 0 };
  #pointer = { x: 0, y: 0 };
  #frame = 0;
  /** True while a rectangle is drawn, and for the click that ends it. */
  active = false;
  #keep = false;

  /**
   * @param {HTMLElement} scroller
   * @param {HTMLElement} space the content that it scrolls
   * @param {(box: Box, keep: boolean) => void} select `keep` adds to the selection
   */
  constructor(scroller, space, select) {
    this.scroller = scroller;
    this.space = space;
    this.select = select;
    space.append(this.element);
    scroller.addEventListener("pointerdown", (event) => this.#start(event));
    scroller.addEventListener("pointermove", (event) => this.#move(event));
    scroller.addEventListener("pointerup", (event) => this.#end(event));
    scroller.addEventListener("lostpointercapture", () => this.#stop());
  }

  /** @param {PointerEvent} event */
  #start(event) {
    this.active = false;
    const onCell = event.target instanceof Element && event.target.closest(".cell") !== null;
    const onBar = event.offsetX > this.scroller.clientWidth && event.target === this.scroller;
    if (onCell || onBar || event.button !== 0 || event.pointerType !== "mouse") return;
    this.#from = this.#point(event);
    this.#keep = event.ctrlKey || event.metaKey || event.shiftKey;
    this.scroller.setPointerCapture(event.pointerId);
  }

  /** @param {PointerEvent} event */
  #move(event) {
    if (!this.scroller.hasPointerCapture(event.pointerId)) return;
    this.#pointer = { x: event.clientX, y: event.clientY };
    const { x, y } = this.#point(event);
    if (!this.active && Math.hypot(x - this.#from.x, y - this.#from.y) < LEAST) return;
    this.active = true;
    this.#frame ||= requestAnimationFrame(() => this.#draw());
  }

  #draw() {
    this.#frame = 0;
    if (!this.active) return;
    const view = this.scroller.getBoundingClientRect();
    const { y } = this.#pointer;
    const by = y < view.top + EDGE ? -SPEED : y > view.bottom - EDGE ? SPEED : 0;
    const before = this.scroller.scrollTop;
    if (by) this.scroller.scrollTop += by;
    const to = this.#point({ clientX: this.#pointer.x, clientY: y });
    const [left, right] = [Math.min(this.#from.x, to.x), Math.max(this.#from.x, to.x)];
    const [top, bottom] = [Math.min(this.#from.y, to.y), Math.max(this.#from.y, to.y)];
    const { style } = this.element;
    style.transform = `translate(${left}px, ${top}px)`;
    style.width = `${right - left}px`;
    style.height = `${bottom - top}px`;
    show(this.element, true);
    this.select({ left, top, right, bottom }, this.#keep);
    if (this.scroller.scrollTop !== before) this.#frame = requestAnimationFrame(() => this.#draw());
  }

  /** @param {PointerEvent} event */
  #end(event) {
    if (this.scroller.hasPointerCapture(event.pointerId)) this.scroller.releasePointerCapture(event.pointerId);
  }

  #stop() {
    show(this.element, false);
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
  }

  /** @param {{ clientX: number, clientY: number }} event @returns {{ x: number, y: number }} in the space */
  #point({ clientX, clientY }) {
    const box = this.space.getBoundingClientRect();
    return { x: clientX - box.left, y: clientY - box.top };
  }
}
