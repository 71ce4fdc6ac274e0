/**
 * The overview of a wall that does not fit: its bricks in small, the visible part as a frame to
 * drag, and buttons for the zoom. Arrow keys move the visible part.
 *
 * @import { State } from "../state/types.js"
 * @import { WallGeometry } from "./wall-geometry.js"
 * @import { WallZoom } from "./wall-zoom.js"
 */
import { entryNamed } from "../document/lookup.js";
import { find } from "../document/workflow.js";
import { quantity } from "../state/words.js";
import { MOST } from "./wall-zoom.js";
import { h, say, show, svg } from "../elements/dom.js";
import { icon } from "../elements/icons.js";

export const MANY = 20; // bricks from which the overview is always shown
const WIDTH = 124;
const HEIGHT = 74;
const SHARE = 0.25; // of the visible part, moved by an arrow key

/** @type {Record<string, [number, number]>} */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export class Minimap {
  #bricks = svg("g", {});
  #seen = svg("rect", { class: "minimap-seen", rx: 3 });
  #map = svg("svg", { class: "minimap-map", width: WIDTH, height: HEIGHT, tabindex: 0, role: "application" }, this.#bricks, this.#seen);
  #percent = h("button", { type: "button", class: "bare minimap-percent", "data-keys": "zoom-actual" }, "100%");
  #out = this.#button("minus", "Zoom out", "zoom-out", () => this.zoom.go("out"));
  #buttons = h("div", { class: "minimap-buttons" });
  element = h("div", { class: "minimap", role: "group", "aria-label": "Overview and zoom", hidden: true });
  /** @type {Map<string, SVGRectElement>} */
  #rects = new Map();
  #ratio = 1;
  #frame = 0;

  /** @param {WallZoom} zoom @param {WallGeometry} geometry */
  constructor(zoom, geometry) {
    this.zoom = zoom;
    this.geometry = geometry;
    this.#map.setAttribute("aria-label", "Overview of the wall. The arrow keys move the visible part.");
    this.#percent.addEventListener("click", () => zoom.go(1));
    this.#buttons.append(
      this.#button("plus", "Zoom in", "zoom-in", () => zoom.go("in")),
      this.#percent,
      this.#out,
      this.#button("fit", "Fit the whole wall, down to 10 %", "zoom-fit", () => zoom.go("fit")),
    );
    this.element.append(this.#map, this.#buttons);
    this.#map.addEventListener("pointerdown", (event) => this.#press(event));
    this.#map.addEventListener("pointermove", (event) => this.#map.hasPointerCapture(event.pointerId) && this.#look(event));
    this.#map.addEventListener("keydown", (event) => this.#key(event));
  }

  /** Schedules drawing for the next frame. @param {State | null} state */
  draw(state) {
    if (this.#frame || !state) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      this.#drawNow(state);
    });
  }

  /** @param {State} state */
  #drawNow(state) {
    const { scale, frame } = this.zoom;
    const { width, height } = this.zoom.extent();
    const overflows = frame.scrollWidth > frame.clientWidth + 1 || height * scale > frame.clientHeight;
    const bricks = this.geometry.bricks.size;
    show(this.element, bricks > 0 && (overflows || scale !== 1 || bricks > MANY));
    say(this.#percent, `${Math.round(scale * 100)}%`);
    const range = `${Math.round(this.zoom.least * 100)} to ${quantity(MOST * 100, "%")}`;
    this.#percent.title = `Actual size. The zoom goes from ${range}.`;
    this.#percent.setAttribute("aria-label", `Zoom ${quantity(Math.round(scale * 100), "%")}, set to 100 %`);
    this.#out.disabled = scale < this.zoom.least * 1.05;
    if (this.element.hidden) return;
    this.#ratio = Math.min(WIDTH / Math.max(width, frame.clientWidth / scale), HEIGHT / Math.max(height, frame.clientHeight / scale));
    this.#drawBricks(state);
    const seen = { x: frame.scrollLeft / scale, y: frame.scrollTop / scale, width: frame.clientWidth / scale, height: frame.clientHeight / scale };
    this.#place(this.#seen, seen, 0);
  }

  /** @param {State} state */
  #drawBricks({ workflow, entries }) {
    for (const [id, rect] of this.#rects) {
      if (this.geometry.bricks.has(id)) continue;
      rect.remove();
      this.#rects.delete(id);
    }
    for (const { id, place } of this.geometry.bricks.values()) {
      let rect = this.#rects.get(id);
      if (!rect) this.#rects.set(id, (rect = this.#bricks.appendChild(svg("rect", { class: "minimap-brick", rx: 1 }))));
      const brick = find(workflow, id);
      const category = brick?.bypassed ? "bypassed" : (entryNamed(entries, brick?.type)?.category ?? "unknown");
      if (rect.dataset.category !== category) rect.dataset.category = category;
      this.#place(rect, place, 1);
    }
  }

  /** @param {SVGRectElement} rect @param {import("./wall-geometry.js").Place} place @param {number} least pixels of each side */
  #place(rect, { x, y, width, height }, least) {
    const values = { x: x * this.#ratio, y: y * this.#ratio, width: Math.max(least, width * this.#ratio), height: Math.max(least, height * this.#ratio) };
    for (const [name, value] of Object.entries(values)) {
      const text = value.toFixed(1);
      if (rect.getAttribute(name) !== text) rect.setAttribute(name, text);
    }
  }

  /** @param {PointerEvent} event */
  #press(event) {
    this.#map.setPointerCapture(event.pointerId);
    this.#look(event);
  }

  /** Centres the visible part at the pointer. @param {PointerEvent} event */
  #look(event) {
    const box = this.#map.getBoundingClientRect();
    const { frame, scale } = this.zoom;
    const x = ((event.clientX - box.left) / this.#ratio) * scale;
    const y = ((event.clientY - box.top) / this.#ratio) * scale;
    frame.scrollTo({ left: x - frame.clientWidth / 2, top: y - frame.clientHeight / 2, behavior: "instant" });
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const arrow = ARROWS[event.key];
    if (!arrow || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    const { frame } = this.zoom;
    frame.scrollBy({ left: arrow[0] * frame.clientWidth * SHARE, top: arrow[1] * frame.clientHeight * SHARE, behavior: "instant" });
  }

  /** @param {import("../elements/icons.js").IconName} name @param {string} label @param {string} action whose keys the tooltip names @param {() => void} act */
  #button(name, label, action, act) {
    return h("button", { type: "button", class: "bare", "aria-label": label, title: label, "data-keys": action, onclick: act }, icon(name));
  }
}
