/**
 * The crop frame on the image: edges and corners that crop, a middle that moves, and a knob that
 * rotates. Each handle serves the keyboard, too. The schema maps handles to parameters.
 *
 * @import { Entry } from "../document/types.js"
 * @import { State } from "../state/types.js"
 */
import { entryNamed } from "../document/lookup.js";
import { handles } from "../state/selectors/editing.js";
import { assetUrl } from "../state/selectors/input-preview.js";
import { fitBox, flips, moveBox, onImage, pullBox, shareRatio } from "../elements/crop-box.js";
import { h } from "../elements/dom.js";
import { QpElement } from "../elements/element.js";

const SIDES = /** @type {const} */ (["top", "left", "bottom", "right"]);
const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export class CropFrame extends QpElement {
  #picture = h("img", { class: "crop-original", alt: "The original image", draggable: "false" });
  #kept = h("img", { class: "crop-kept", alt: "", draggable: "false" });
  #frame = h("div", { class: "crop-frame" });
  #middle = h("button", { type: "button", class: "crop-move", "aria-label": "Move the crop frame, by arrow keys" });
  #plane = h("div", { class: "crop-plane" }, this.#picture, this.#kept, this.#frame);
  /** @type {Map<string, HTMLElement>} */
  #handles = new Map();
  /** @type {Record<string, string>} */
  #names = {};
  /** @type {Record<string, number>} */
  #values = {};
  #aspect = "free";
  #mirror = "none";
  /** The place of the pointer that moves the frame. */
  #grabbed = { x: 0, y: 0 };
  #drawn = "";

  /** @override */
  build() {
    this.append(this.#plane);
    this.#picture.addEventListener("load", () => this.#draw());
    this.#middle.addEventListener("keydown", (event) => this.#step(event));
    this.#drag(this.#middle, "middle");
  }

  /** @override @param {AbortSignal} signal */
  connected(signal) {
    const watch = new ResizeObserver(() => this.#fit());
    watch.observe(this);
    signal.addEventListener("abort", () => watch.disconnect());
  }

  /** @override @param {State} state */
  render(state) {
    const { edit } = state;
    const entry = entryNamed(state.entries, edit?.operation);
    if (!edit || !entry) return;
    if (this.#drawn !== entry.name) this.#compose(entry);
    const url = assetUrl(edit.asset);
    for (const image of [this.#picture, this.#kept]) {
      if (image.getAttribute("src") !== url) image.src = url;
    }
    for (const [handle, name] of Object.entries(this.#names)) {
      const value = edit.values[name] ?? entry.schema.properties[name]?.default;
      if (handle === "aspect") this.#aspect = String(value);
      else if (handle === "mirror") this.#mirror = String(value);
      else this.#values[handle] = Number(value ?? 0);
    }
    this.#draw();
  }

  /** @param {Entry} entry */
  #compose(entry) {
    this.#drawn = entry.name;
    this.#names = handles(entry);
    this.#handles.clear();
    const corners = ["top left", "top right", "bottom left", "bottom right"];
    const handleNames = Object.keys(this.#names).filter((name) => name !== "aspect" && name !== "mirror");
    for (const handle of handleNames) this.#handles.set(handle, this.#slider(handle, entry));
    const cropped = corners.filter((corner) => corner.split(" ").every((side) => handleNames.includes(side)));
    this.#frame.replaceChildren(this.#middle, ...cropped.map((corner) => this.#grip(corner)), ...this.#handles.values());
  }

  /** Fits the plane into the element. */
  #fit() {
    const { naturalWidth: wide, naturalHeight: high } = this.#picture;
    if (!wide || !high || !this.clientWidth) return;
    const angle = (Math.abs(this.#values.angle ?? 0) * Math.PI) / 180;
    const turned = [
      wide * Math.abs(Math.cos(angle)) + high * Math.abs(Math.sin(angle)),
      wide * Math.abs(Math.sin(angle)) + high * Math.abs(Math.cos(angle)),
    ];
    const scale = Math.min((this.clientWidth - 64) / turned[0], (this.clientHeight - 88) / turned[1]);
    this.#plane.style.width = `${Math.max(40, wide * scale)}px`;
    this.#plane.style.height = `${Math.max(40, high * scale)}px`;
  }

  #draw() {
    this.#fit();
    const scale = ["horizontal", "vertical"].map((axis) => (flips(this.#mirror, /** @type {"vertical"} */ (axis)) ? -1 : 1));
    this.#plane.style.transform = `rotate(${this.#values.angle ?? 0}deg) scale(${scale.join()})`;
    const box = this.#box();
    for (const side of SIDES) this.#frame.style.setProperty(side, `${box[side]}%`);
    this.#kept.style.setProperty("clip-path", `inset(${box.top}% ${box.right}% ${box.bottom}% ${box.left}%)`);
    for (const [handle, element] of this.#handles) {
      const value = handle === "angle" ? (this.#values.angle ?? 0) : box[/** @type {"top"} */ (handle)];
      element.setAttribute("aria-valuenow", String(Math.round(value * 100) / 100));
    }
  }

  /** The box that the server will keep. */
  #box() {
    const { top = 0, left = 0, bottom = 0, right = 0 } = this.#values;
    return fitBox({ top, left, bottom, right }, this.#ratio());
  }

  #ratio() {
    return shareRatio(this.#aspect, this.#picture.naturalWidth, this.#picture.naturalHeight);
  }

  /** @param {string} handle @param {Entry} entry */
  #slider(handle, entry) {
    const schema = entry.schema.properties[this.#names[handle] ?? ""] ?? {};
    const element = h("div", {
      class: `crop-handle ${handle}`,
      role: "slider",
      tabindex: 0,
      "aria-label": `${schema.title ?? handle}, on the image`,
      "aria-valuemin": schema.minimum ?? 0,
      "aria-valuemax": schema.maximum ?? 100,
      "aria-orientation": handle === "top" || handle === "bottom" ? "vertical" : "horizontal",
    });
    element.addEventListener("keydown", (event) => this.#key(event, handle, schema.ui?.step ?? 1));
    this.#drag(element, handle);
    return element;
  }

  /** @param {string} corner for the pointer only, since its sides have sliders */
  #grip(corner) {
    const element = h("div", { class: `crop-corner ${corner}`, "aria-hidden": "true" });
    this.#drag(element, corner);
    return element;
  }

  /** @param {KeyboardEvent} event @param {string} handle @param {number} step */
  #key(event, handle, step) {
    const seen = arrow(event, step);
    if (!seen) return;
    if (handle === "angle") return this.#set({ angle: (this.#values.angle ?? 0) + seen.x + seen.y });
    const { x, y } = onImage(seen, this.#mirror, this.#values.angle ?? 0);
    const box = this.#box();
    this.#pull([handle], {
      x: (handle === "left" ? box.left : 100 - box.right) + x,
      y: (handle === "top" ? box.top : 100 - box.bottom) + y,
    });
  }

  /** Moves the frame by an arrow key. @param {KeyboardEvent} event */
  #step(event) {
    const seen = arrow(event, 1);
    if (seen) this.#keep(moveBox(this.#box(), onImage(seen, this.#mirror, this.#values.angle ?? 0)));
  }

  /** @param {HTMLElement} element @param {string} handle one handle, two sides, or the middle */
  #drag(element, handle) {
    element.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      element.setPointerCapture(event.pointerId);
      element.focus();
      this.#grabbed = this.#position(event);
    });
    element.addEventListener("pointermove", (event) => {
      if (!element.hasPointerCapture(event.pointerId)) return;
      if (handle === "angle") this.#turn(event);
      else if (handle === "middle") this.#move(event);
      else this.#pull(handle.split(" "), this.#position(event));
    });
  }

  /** The position of the pointer on the image as it is stored, in per cent. @param {PointerEvent} event */
  #position(event) {
    const frame = this.#plane.getBoundingClientRect();
    const away = { x: event.clientX - frame.x - frame.width / 2, y: event.clientY - frame.y - frame.height / 2 };
    const { x, y } = onImage(away, this.#mirror, this.#values.angle ?? 0);
    return { x: (100 * x) / this.#plane.offsetWidth + 50, y: (100 * y) / this.#plane.offsetHeight + 50 };
  }

  /** @param {string[]} sides @param {{ x: number, y: number }} point */
  #pull(sides, point) {
    this.#keep(pullBox(this.#box(), sides, point, this.#ratio()));
  }

  /** @param {PointerEvent} event */
  #move(event) {
    const { x, y } = this.#position(event);
    const box = this.#box();
    const moved = moveBox(box, { x: x - this.#grabbed.x, y: y - this.#grabbed.y });
    this.#grabbed = { x: this.#grabbed.x + moved.left - box.left, y: this.#grabbed.y + moved.top - box.top };
    this.#keep(moved);
  }

  /** @param {PointerEvent} event */
  #turn(event) {
    const box = this.#plane.getBoundingClientRect();
    const away = [event.clientX - box.x - box.width / 2, event.clientY - box.y - box.height / 2];
    const degrees = (Math.atan2(away[0] ?? 0, -(away[1] ?? 0)) * 180) / Math.PI;
    const upright = flips(this.#mirror, "vertical") ? degrees - Math.sign(degrees || 1) * 180 : degrees;
    this.#set({ angle: Math.abs(upright) < 2 ? 0 : upright });
  }

  /** Stores a box: in half per cents where it is free, else exactly. @param {import("../elements/crop-box.js").Box} box */
  #keep(box) {
    const parts = this.#ratio() ? 1000 : 2;
    this.#set(Object.fromEntries(SIDES.map((side) => [side, Math.round(box[side] * parts) / parts])));
  }

  /** @param {Record<string, number>} values by handle */
  #set(values) {
    const named = Object.entries(values).flatMap(([handle, value]) => {
      const name = this.#names[handle];
      const angle = Math.round(Math.min(Math.max(value, -180), 180) * 2) / 2;
      return name ? [[name, handle === "angle" ? angle : value]] : [];
    });
    this.request("edit-values", { values: Object.fromEntries(named) });
  }
}

/**
 * The step of an arrow key as it is seen, ten times as far with Shift; null for other keys.
 * @param {KeyboardEvent} event
 * @param {number} step
 */
function arrow(event, step) {
  const [x, y] = KEYS[/** @type {keyof typeof KEYS} */ (event.key)] ?? [0, 0];
  if (!x && !y) return null;
  event.preventDefault();
  const far = step * (event.shiftKey ? 10 : 1);
  return { x: (x ?? 0) * far, y: (y ?? 0) * far };
}

customElements.define("qp-crop-frame", CropFrame);
