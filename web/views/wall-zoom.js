/**
 * Zoom and panning of the wall: the content is scaled, and its frame scrolls. A wheel with Ctrl, or
 * over an empty spot, zooms at the pointer; two fingers pinch; the middle button, the space bar and
 * an empty spot drag the wall.
 *
 * @import { WallGeometry } from "./wall-geometry.js"
 *
 * @typedef {{ x: number, y: number }} Point
 */
const LEAST = 0.25; // unless the whole wall needs less
const FLOOR = 0.1;
export const MOST = 2;
const STEP = 1.25;
const WHEEL = 320; // distance of a wheel that doubles the scale
const LINE = 24; // pixels of a wheel that counts lines
const SETTLE = 160; // milliseconds after the last change of scale
const MARGIN = 24; // around a fitted wall
const STACKED = "(max-width: 860px)"; // as in responsive.css: no zoom of a single column

export class WallZoom {
  scale = 1;
  #space = false;
  #timer = 0;
  /** @type {{ x: number, y: number, left: number, top: number } | null} where a drag began */
  #pan = null;
  /** @type {{ distance: number, scale: number, at: Point } | null} the begin of a pinch, and where it was last */
  #pinch = null;
  #stacked = globalThis.matchMedia?.(STACKED);

  /**
   * @param {HTMLElement} wall
   * @param {HTMLElement} content scaled
   * @param {WallGeometry} geometry
   * @param {() => void} changed called after a change of scale or position
   */
  constructor(wall, content, geometry, changed) {
    this.wall = wall;
    this.content = content;
    this.geometry = geometry;
    this.changed = changed;
  }

  /** The element that scrolls. */
  get frame() {
    return /** @type {HTMLElement} */ (this.wall.parentElement);
  }

  /** @param {AbortSignal} signal */
  enable(signal) {
    const { frame } = this;
    frame.addEventListener("wheel", (event) => this.#wheel(event), { signal, passive: false });
    frame.addEventListener("pointerdown", (event) => this.#press(event), { signal, capture: true });
    frame.addEventListener("scroll", () => this.changed(), { signal, passive: true });
    frame.addEventListener("touchstart", (event) => this.#touch(event), { signal, passive: false });
    frame.addEventListener("touchmove", (event) => this.#touch(event), { signal, passive: false });
    for (const end of ["touchend", "touchcancel"]) frame.addEventListener(end, () => (this.#pinch = null), { signal });
    window.addEventListener("pointermove", (event) => this.#drag(event), { signal });
    window.addEventListener("pointerup", () => this.#release(), { signal });
    window.addEventListener("pointercancel", () => this.#release(), { signal });
    document.addEventListener("keydown", (event) => this.#key(event, true), { signal });
    document.addEventListener("keyup", (event) => this.#key(event, false), { signal });
    window.addEventListener("blur", () => this.#hold(false), { signal });
    this.#stacked?.addEventListener("change", () => this.zoomTo(1), { signal });
  }

  /** The least scale: that of the whole wall where it is below 0.25, but not below 0.1. */
  get least() {
    return Math.max(FLOOR, Math.min(LEAST, this.#fitted()));
  }

  /** The scale at which the whole wall is seen. */
  #fitted() {
    const { width, height } = this.extent();
    const { clientWidth, clientHeight } = this.frame;
    return Math.min(1, clientWidth / (width + MARGIN), clientHeight / (height + MARGIN));
  }

  /** @param {number | "fit" | "in" | "out"} to a scale, or a step */
  go(to) {
    if (to === "fit") this.fit();
    else if (to === "in") this.zoomTo(this.scale * STEP);
    else if (to === "out") this.zoomTo(this.scale / STEP);
    else this.zoomTo(to);
  }

  /** @param {number} scale from `least` to 2 @param {Point} [at] the fixed point of the screen; the middle when absent */
  zoomTo(scale, at) {
    const box = this.frame.getBoundingClientRect();
    const x = (at?.x ?? box.left + box.width / 2) - box.left;
    const y = (at?.y ?? box.top + box.height / 2) - box.top;
    const next = this.#stacked?.matches ? 1 : Math.min(MOST, Math.max(this.least, scale));
    const point = { x: (this.frame.scrollLeft + x) / this.scale, y: (this.frame.scrollTop + y) / this.scale };
    this.#settle();
    this.scale = this.geometry.scale = Math.abs(next - 1) < 0.01 ? 1 : next;
    this.layOut();
    this.frame.scrollTo({ left: point.x * this.scale - x, top: point.y * this.scale - y, behavior: "instant" });
    this.changed();
  }

  /** Shows the whole wall, at most at its actual size. */
  fit() {
    this.zoomTo(this.#fitted());
    this.frame.scrollTo({ left: 0, top: 0, behavior: "instant" });
  }

  /** The size of the drawn wall, unscaled. */
  extent() {
    const { columns } = this.geometry;
    const width = Math.max(0, ...columns.map(({ right }) => right));
    const height = Math.max(0, ...columns.map(({ boxes }) => boxes.at(-1)?.bottom ?? 0));
    return { width, height };
  }

  /** Scales what is drawn already while the zoom changes; then everything is drawn sharp. */
  #settle() {
    this.wall.classList.add("zooming");
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.wall.classList.remove("zooming"), SETTLE);
  }

  /** Reserves the scaled size: a transform alone leaves the layout as it is. */
  layOut() {
    const { style, offsetWidth, offsetHeight } = this.content;
    const scaled = this.scale !== 1;
    style.transform = scaled ? `scale(${this.scale})` : "";
    style.marginRight = scaled ? `${Math.round((this.scale - 1) * offsetWidth)}px` : "";
    style.marginBottom = scaled ? `${Math.round((this.scale - 1) * offsetHeight)}px` : "";
    this.wall.style.setProperty("--zoom", String(this.scale));
  }

  /** @param {WheelEvent} event */
  #wheel(event) {
    const pinch = event.ctrlKey || event.metaKey;
    if (this.#stacked?.matches || (!pinch && (!isEmpty(event.target) || isTrackpad(event)))) return;
    event.preventDefault();
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? LINE : 1;
    // A trackpad reports a pinch as a wheel with Ctrl and small steps.
    const distance = event.deltaY * lines * (pinch && Math.abs(event.deltaY) < 40 ? 4 : 1);
    this.zoomTo(this.scale * 2 ** (-distance / WHEEL), { x: event.clientX, y: event.clientY });
  }

  /** @param {PointerEvent} event */
  #press(event) {
    if (event.pointerType === "touch" || this.#stacked?.matches) return;
    const empty = event.button === 0 && !event.shiftKey && !event.ctrlKey && isEmpty(event.target);
    if (event.button !== 1 && !this.#space && !empty) return;
    if (onScrollbar(event, this.frame)) return;
    event.preventDefault();
    if (!empty) event.stopPropagation();
    const { scrollLeft: left, scrollTop: top } = this.frame;
    this.#pan = { x: event.clientX, y: event.clientY, left, top };
    this.wall.classList.add("panning");
  }

  /** @param {PointerEvent} event */
  #drag(event) {
    if (!this.#pan) return;
    const left = this.#pan.left - (event.clientX - this.#pan.x);
    this.frame.scrollTo({ left, top: this.#pan.top - (event.clientY - this.#pan.y), behavior: "instant" });
  }

  #release() {
    this.#pan = null;
    this.wall.classList.remove("panning");
  }

  /** @param {TouchEvent} event */
  #touch(event) {
    const [first, second] = event.touches;
    if (!first || !second || this.#stacked?.matches) return;
    event.preventDefault();
    const distance = Math.hypot(first.clientX - second.clientX, first.clientY - second.clientY) || 1;
    const at = { x: (first.clientX + second.clientX) / 2, y: (first.clientY + second.clientY) / 2 };
    this.#pinch ??= { distance, scale: this.scale, at };
    this.frame.scrollBy({ left: this.#pinch.at.x - at.x, top: this.#pinch.at.y - at.y, behavior: "instant" });
    this.#pinch.at = at;
    this.zoomTo((this.#pinch.scale * distance) / this.#pinch.distance, at);
  }

  /** @param {KeyboardEvent} event @param {boolean} down */
  #key(event, down) {
    if (event.key !== " ") return;
    const idle = event.target === document.body || event.target === this.wall || event.target === this.frame || event.target instanceof HTMLElement && event.target.matches("main, .brick");
    if (down && !idle) return;
    if (down) event.preventDefault();
    this.#hold(down);
  }

  /** @param {boolean} held the space bar */
  #hold(held) {
    this.#space = held;
    this.wall.classList.toggle("pannable", held);
  }
}

/** @param {EventTarget | null} target */
function isEmpty(target) {
  return target instanceof Element && !target.closest(".brick, .minimap, button, a, input, .wall-empty-card, .wire");
}

/** Reports small or slanted steps, which only a trackpad makes: it scrolls. @param {WheelEvent} event */
function isTrackpad(event) {
  return event.deltaX !== 0 || (event.deltaMode === WheelEvent.DOM_DELTA_PIXEL && Math.abs(event.deltaY) < 40);
}

/** @param {PointerEvent} event @param {HTMLElement} frame */
function onScrollbar(event, frame) {
  const box = frame.getBoundingClientRect();
  return event.clientX > box.left + frame.clientWidth || event.clientY > box.top + frame.clientHeight;
}
