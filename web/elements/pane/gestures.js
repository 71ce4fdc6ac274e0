/**
 * Wheel, pinch and drag over a viewport, with mouse, pen and fingers. A press that the owner
 * takes is a stroke of its tool; every other one moves the picture. A second finger ends a
 * stroke as if it had not been.
 *
 * @import { Point, Viewport } from "./viewport.js"
 *
 * @typedef {object} Hands
 * @property {() => void} moved the viewport changed
 * @property {(at: Point, event: PointerEvent) => boolean} [take] whether a press is the tool's
 * @property {(at: Point, event: PointerEvent) => void} [draw]
 * @property {(kept: boolean) => void} [drop] the stroke is over, or is to be forgotten
 * @property {(event: WheelEvent) => boolean} [wheel] whether the owner used it
 */

const WHEEL = 240; // of a wheel's way for one doubling, more or less

export class Gestures {
  /** @type {Map<number, Point>} */
  #down = new Map();
  /** @type {"" | "tool" | "pan" | "pinch"} */
  #doing = "";

  /** @param {HTMLElement} element @param {Viewport} view @param {Hands} hands */
  constructor(element, view, hands) {
    this.element = element;
    this.view = view;
    this.hands = hands;
    element.addEventListener("pointerdown", (event) => this.#press(event));
    element.addEventListener("pointermove", (event) => this.#move(event));
    element.addEventListener("pointerup", (event) => this.#lift(event, true));
    element.addEventListener("pointercancel", (event) => this.#lift(event, false));
    element.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    element.addEventListener("contextmenu", (event) => event.preventDefault());
  }

  get busy() {
    return this.#doing !== "";
  }

  /** Ends what is going on as if it had not been. */
  forget() {
    if (this.#doing === "tool") this.hands.drop?.(false);
    this.#doing = "";
  }

  /** @param {MouseEvent} event @returns {Point} in the frame */
  at(event) {
    const box = this.element.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  /** @param {PointerEvent} event */
  #press(event) {
    if (event.target instanceof Element && event.target.closest("button, input, [role=slider]")) return;
    const at = this.at(event);
    this.#down.set(event.pointerId, at);
    this.element.setPointerCapture(event.pointerId);
    if (this.#down.size > 1) {
      this.forget();
      this.#doing = "pinch";
    } else if (this.hands.take?.(at, event)) {
      this.#doing = "tool";
    } else {
      this.#doing = "pan";
      this.element.classList.add("panning");
    }
  }

  /** @param {PointerEvent} event */
  #move(event) {
    const before = this.#down.get(event.pointerId);
    if (!before) return;
    const at = this.at(event);
    if (this.#doing === "tool") {
      const all = event.getCoalescedEvents?.() ?? [];
      for (const each of all.length ? all : [event]) this.hands.draw?.(this.at(each), each);
    } else if (this.#doing === "pinch") {
      this.#pinch(event.pointerId, before, at);
    } else if (this.#doing === "pan") {
      this.view.pan(at.x - before.x, at.y - before.y);
      this.hands.moved();
    }
    this.#down.set(event.pointerId, at);
  }

  /** @param {number} id @param {Point} before @param {Point} at */
  #pinch(id, before, at) {
    const other = [...this.#down].find(([key]) => key !== id)?.[1];
    if (!other) return;
    const apart = Math.hypot(before.x - other.x, before.y - other.y) || 1;
    const now = Math.hypot(at.x - other.x, at.y - other.y);
    this.view.pan((at.x - before.x) / 2, (at.y - before.y) / 2);
    this.view.zoomTo((this.view.scale * now) / apart, { x: (at.x + other.x) / 2, y: (at.y + other.y) / 2 });
    this.hands.moved();
  }

  /** @param {PointerEvent} event @param {boolean} kept */
  #lift(event, kept) {
    if (!this.#down.delete(event.pointerId)) return;
    this.element.classList.remove("panning");
    if (this.#doing === "tool") this.hands.drop?.(kept);
    // The finger that stays after a pinch does nothing until it is lifted too.
    this.#doing = this.#down.size ? "pinch" : "";
  }

  /** @param {WheelEvent} event */
  #wheel(event) {
    event.preventDefault();
    if (this.hands.wheel?.(event)) return;
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 24 : 1;
    // A trackpad's pinch comes as a wheel with Ctrl and small steps.
    const way = event.deltaY * lines * (event.ctrlKey ? 4 : 1);
    this.view.zoomTo(this.view.scale * 2 ** (-way / WHEEL), this.at(event));
    this.hands.moved();
  }
}
