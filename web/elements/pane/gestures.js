/**
 * Wheel, pinch and drag over a viewport, with mouse, pen and touch. A press that the owner accepts
 * is a stroke of its tool; every other press pans. A second finger discards the stroke.
 *
 * @import { Point, Viewport } from "./viewport.js"
 *
 * @typedef {object} Handlers
 * @property {() => void} moved the viewport changed
 * @property {(at: Point, event: PointerEvent) => boolean} [take] accepts a press as a stroke
 * @property {(at: Point, event: PointerEvent) => void} [draw]
 * @property {(kept: boolean) => void} [drop] ends the stroke; false discards it
 * @property {(event: WheelEvent) => boolean} [wheel] true where the owner handled it
 */

const WHEEL = 240; // wheel distance that doubles the scale

export class Gestures {
  /** @type {Map<number, Point>} */
  #down = new Map();
  /** @type {"" | "tool" | "pan" | "pinch"} */
  #doing = "";

  /** @param {HTMLElement} element @param {Viewport} view @param {Handlers} handlers */
  constructor(element, view, handlers) {
    this.element = element;
    this.view = view;
    this.handlers = handlers;
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

  /** Discards the gesture in progress. */
  discard() {
    if (this.#doing === "tool") this.handlers.drop?.(false);
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
      this.discard();
      this.#doing = "pinch";
    } else if (this.handlers.take?.(at, event)) {
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
      const moves = event.getCoalescedEvents?.() ?? [];
      for (const move of moves.length ? moves : [event]) this.handlers.draw?.(this.at(move), move);
    } else if (this.#doing === "pinch") {
      this.#pinch(event.pointerId, before, at);
    } else if (this.#doing === "pan") {
      this.view.pan(at.x - before.x, at.y - before.y);
      this.handlers.moved();
    }
    this.#down.set(event.pointerId, at);
  }

  /** @param {number} id @param {Point} before @param {Point} at */
  #pinch(id, before, at) {
    const other = [...this.#down].find(([key]) => key !== id)?.[1];
    if (!other) return;
    const distance = Math.hypot(before.x - other.x, before.y - other.y) || 1;
    const now = Math.hypot(at.x - other.x, at.y - other.y);
    this.view.pan((at.x - before.x) / 2, (at.y - before.y) / 2);
    this.view.zoomTo((this.view.scale * now) / distance, { x: (at.x + other.x) / 2, y: (at.y + other.y) / 2 });
    this.handlers.moved();
  }

  /** @param {PointerEvent} event @param {boolean} kept */
  #lift(event, kept) {
    if (!this.#down.delete(event.pointerId)) return;
    this.element.classList.remove("panning");
    if (this.#doing === "tool") this.handlers.drop?.(kept);
    // The finger that remains after a pinch is ignored until it is lifted.
    this.#doing = this.#down.size ? "pinch" : "";
  }

  /** @param {WheelEvent} event */
  #wheel(event) {
    event.preventDefault();
    if (this.handlers.wheel?.(event)) return;
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 24 : 1;
    // A trackpad reports a pinch as a wheel with Ctrl and small steps.
    const way = event.deltaY * lines * (event.ctrlKey ? 4 : 1);
    this.view.zoomTo(this.view.scale * 2 ** (-way / WHEEL), this.at(event));
    this.handlers.moved();
  }
}
