/**
 * The canvas of the mask painter: the image, the mask over it, and the strokes. Only changed areas
 * are redrawn, so that a stroke costs the same on a large image as on a small one.
 *
 * @import { Area, Size } from "../elements/mask/area.js"
 * @import { Point } from "../elements/pane/viewport.js"
 *
 * @typedef {"brush" | "line" | "lasso" | "box" | "flood"} Tool
 * @typedef {{ tool: Tool, erase: boolean, width: number }} Choice
 */
import { h, svg } from "../elements/dom.js";
import { union } from "../elements/mask/area.js";
import { Raster } from "../elements/mask/raster.js";
import { Gestures } from "../elements/pane/gestures.js";
import { Viewport } from "../elements/pane/viewport.js";

const VISIBLE = 0.62; // opacity of the mask's colour
const SHARP = 4; // CSS pixels for each image pixel from which pixels are drawn sharp
const LIGHTEST = 0.25; // share of the brush's width at the lightest pressure of a pen
const ERASER = 32; // button bit of the eraser of a pen

export class MaskStage {
  /** @type {Choice} */
  choice = { tool: "brush", erase: false, width: 64 };
  /** @type {Raster[]} one for each mask */
  rasters = [];
  /** The index of the mask that is painted. */
  active = 0;
  view = new Viewport(24);
  #canvas = h("canvas", { class: "mask-canvas" });
  #cursor = svg("circle", { class: "mask-cursor", r: 0 });
  #draft = svg("polygon", { class: "mask-draft" });
  element = h(
    "div",
    { class: "mask-stage", tabindex: 0, role: "application", "aria-label": "Image to paint a mask over" },
    this.#canvas,
    svg("svg", { class: "mask-over", "aria-hidden": "true" }, this.#draft, this.#cursor),
  );
  /** @type {CanvasRenderingContext2D} */
  #paper;
  /** @type {CanvasImageSource | null} */
  #picture = null;
  #gestures;
  /** @type {Point[]} */
  #path = [];
  #erasing = false;
  #opacity = VISIBLE;
  /** @type {Area | null} */
  #stale = null;
  #frame = 0;
  panning = false;

  /** @param {() => void} changed the mask or the view is another */
  constructor(changed) {
    this.changed = changed;
    const paper = this.#canvas.getContext("2d", { alpha: false });
    if (!paper) throw new Error("This browser has no 2D canvas.");
    this.#paper = paper;
    this.#gestures = new Gestures(this.element, this.view, {
      moved: () => this.redraw(),
      take: (at, event) => this.#take(at, event),
      draw: (at, event) => this.#draw(at, event),
      drop: (kept) => this.#drop(kept),
      wheel: (event) => this.#wheel(event),
    });
    this.element.addEventListener("pointermove", (event) => this.#aim(event));
    this.element.addEventListener("pointerleave", () => this.#cursor.setAttribute("r", "0"));
    new ResizeObserver(() => this.#measure()).observe(this.element);
  }

  get busy() {
    return this.#gestures.busy;
  }

  /** @returns {Raster | null} the mask that is painted */
  get raster() {
    return this.rasters[this.active] ?? null;
  }

  /**
   * @param {CanvasImageSource} picture decoded
   * @param {Size} size of the picture
   * @param {{ mask: HTMLImageElement | null, tint?: number[] }[]} layers the masks, decoded
   * @param {boolean} [drawing] shown as it will be saved, and begun with a thin brush
   */
  open(picture, size, layers, drawing = false) {
    this.#picture = picture;
    this.#opacity = drawing ? 1 : VISIBLE;
    this.active = 0;
    this.rasters = layers.map(({ mask, tint }) => {
      const raster = new Raster(size, tint);
      if (mask) raster.load(mask);
      return raster;
    });
    const { width, height } = this.raster?.size ?? size;
    this.choice = { ...this.choice, width: Math.max(4, Math.round(Math.min(width, height) / (drawing ? 128 : 8))) };
    this.view.set(this.view.frame, { width, height });
    this.view.fit();
    this.#measure();
  }

  /** Releases the image and the mask. */
  close() {
    this.#gestures.discard();
    this.#picture = null;
    this.rasters = [];
    this.redraw();
  }

  /** Discards the stroke in progress. */
  discardStroke() {
    this.#gestures.discard();
  }

  /** @param {Area | null} area of the mask; null is nothing */
  show(area) {
    if (area) this.redraw(area);
    this.changed();
  }

  /** @param {Area} [area] all that is seen when absent */
  redraw(area) {
    this.#stale = area && this.raster ? union(this.#stale, area) : { x: 0, y: 0, width: Infinity, height: Infinity };
    this.#frame ||= requestAnimationFrame(() => this.#paint());
    if (!area) this.changed();
  }

  #measure() {
    const { clientWidth: width, clientHeight: height } = this.element;
    if (!width || !height) return;
    const dots = devicePixelRatio || 1;
    this.#canvas.width = Math.round(width * dots);
    this.#canvas.height = Math.round(height * dots);
    this.view.set({ width, height }, this.raster?.size ?? this.view.content);
    this.redraw();
  }

  #paint() {
    const { scale, x, y } = this.view;
    const dots = devicePixelRatio || 1;
    const paper = this.#paper;
    const area = this.#stale;
    this.#frame = 0;
    this.#stale = null;
    if (!area) return;
    paper.setTransform(1, 0, 0, 1, 0, 0);
    paper.save();
    if (Number.isFinite(area.width)) {
      paper.beginPath();
      const [left, top] = [Math.floor((area.x * scale + x) * dots) - 1, Math.floor((area.y * scale + y) * dots) - 1];
      paper.rect(left, top, Math.ceil(area.width * scale * dots) + 3, Math.ceil(area.height * scale * dots) + 3);
      paper.clip();
    }
    paper.fillStyle = getComputedStyle(this.element).backgroundColor;
    paper.fillRect(0, 0, this.#canvas.width, this.#canvas.height);
    if (this.raster && this.#picture) {
      const { width, height } = this.raster.size;
      paper.setTransform(scale * dots, 0, 0, scale * dots, x * dots, y * dots);
      paper.imageSmoothingEnabled = scale < SHARP;
      paper.drawImage(this.#picture, 0, 0, width, height);
      paper.globalAlpha = this.#opacity;
      for (const raster of this.rasters) paper.drawImage(raster.canvas, 0, 0);
    }
    paper.restore();
  }

  /** @param {Point} at @param {PointerEvent} event */
  #take(at, event) {
    if (!this.raster || this.panning || event.button === 1) return false;
    if (event.button > 2 && event.pointerType !== "pen") return false;
    const other = event.altKey || event.button === 2 || (event.pointerType === "pen" && (event.buttons & ERASER) > 0);
    this.#erasing = this.choice.erase !== other;
    const point = this.view.toContent(at);
    if (this.choice.tool === "flood") {
      this.show(this.raster.flood(point, this.#erasing));
      return true;
    }
    this.#path = [point];
    if (this.choice.tool === "brush") {
      this.raster.past.begin();
      this.#stroke(point, point, event);
    }
    return true;
  }

  /** @param {Point} at @param {PointerEvent} event */
  #draw(at, event) {
    const point = this.view.toContent(at);
    const before = this.#path.at(-1);
    if (!before) return;
    if (this.choice.tool === "brush") {
      if (Math.hypot(point.x - before.x, point.y - before.y) * this.view.scale < 0.7) return;
      this.#path = [point];
      this.#stroke(before, point, event);
    } else if (this.choice.tool === "line") {
      this.#path = [this.#path[0] ?? point, point];
    } else if (this.choice.tool === "box") {
      const [corner = point] = this.#path;
      this.#path = [corner, { x: point.x, y: corner.y }, point, { x: corner.x, y: point.y }];
    } else {
      this.#path.push(point);
    }
    this.#sketch();
  }

  /** @param {Point} from @param {Point} to @param {PointerEvent} event */
  #stroke(from, to, event) {
    const touch = event.pointerType === "pen" ? LIGHTEST + (1 - LIGHTEST) * event.pressure : 1;
    const area = this.raster?.stroke(from, to, this.choice.width * touch, this.#erasing);
    if (area?.width) this.redraw(area);
  }

  /** @param {boolean} kept */
  #drop(kept) {
    const { raster } = this;
    if (!raster) return;
    const path = this.#path;
    this.#path = [];
    this.#sketch();
    if (this.choice.tool === "brush") {
      if (kept) raster.past.end();
      const back = kept ? null : raster.past.forget();
      if (back) this.redraw(back);
    } else if (this.choice.tool === "line") {
      const [from, to] = path;
      if (kept && from && to) this.redraw(raster.line(from, to, this.choice.width, this.#erasing));
    } else if (kept && path.length > 2) {
      this.redraw(raster.polygon(path, this.#erasing) ?? undefined);
    }
    this.changed();
  }

  /** Draws the outline of a lasso or a rectangle in progress. */
  #sketch() {
    const { scale, x, y } = this.view;
    const points = this.choice.tool === "brush" ? [] : this.#path;
    this.#draft.setAttribute("points", points.map((point) => `${point.x * scale + x},${point.y * scale + y}`).join(" "));
  }

  /** @param {PointerEvent} event */
  #aim(event) {
    const at = this.#gestures.at(event);
    const brush = this.choice.tool === "brush" && event.pointerType !== "touch" && !this.panning;
    this.#cursor.setAttribute("cx", String(at.x));
    this.#cursor.setAttribute("cy", String(at.y));
    this.#cursor.setAttribute("r", brush && this.raster ? String((this.choice.width * this.view.scale) / 2) : "0");
  }

  /** Updates the cursor to the width of the brush. */
  resized() {
    if (this.#cursor.getAttribute("r") !== "0") {
      this.#cursor.setAttribute("r", String((this.choice.width * this.view.scale) / 2));
    }
  }

  /** @param {WheelEvent} event */
  #wheel(event) {
    if (!event.altKey && !event.shiftKey) return false;
    const way = event.deltaY || event.deltaX;
    this.element.dispatchEvent(new CustomEvent("qp-brush", { detail: way < 0 ? 1 : -1 }));
    return true;
  }
}
