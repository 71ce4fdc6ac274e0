/**
 * The crop frame on the image: edges and corners that crop, and a knob that rotates. Each handle is
 * a slider for the keyboard, too. The schema maps handles to parameters.
 *
 * @import { Entry } from "../document/types.js"
 * @import { State } from "../state/types.js"
 */
import { entryNamed } from "../document/lookup.js";
import { handles } from "../state/selectors/editing.js";
import { assetUrl } from "../state/selectors/input-preview.js";
import { h } from "../elements/dom.js";
import { QpElement } from "../elements/element.js";

const SIDES = ["top", "left", "bottom", "right"];
const OPPOSITE = { top: "bottom", bottom: "top", left: "right", right: "left" };
const MAX_CROP = 95; // per cent that two opposite sides may remove together
const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export class CropFrame extends QpElement {
  #picture = h("img", { class: "crop-original", alt: "The original image", draggable: "false" });
  #kept = h("img", { class: "crop-kept", alt: "", draggable: "false" });
  #frame = h("div", { class: "crop-frame" });
  #plane = h("div", { class: "crop-plane" }, this.#picture, this.#kept, this.#frame);
  /** @type {Map<string, HTMLElement>} */
  #handles = new Map();
  /** @type {Record<string, string>} */
  #names = {};
  /** @type {Record<string, number>} */
  #values = {};
  #drawn = "";

  /** @override */
  build() {
    this.append(this.#plane);
    this.#picture.addEventListener("load", () => this.#fit());
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
      const value = Number(edit.values[name] ?? entry.schema.properties[name]?.default ?? 0);
      this.#values[handle] = value;
      this.#handles.get(handle)?.setAttribute("aria-valuenow", String(value));
    }
    this.#draw();
  }

  /** @param {Entry} entry */
  #compose(entry) {
    this.#drawn = entry.name;
    this.#names = handles(entry);
    this.#handles.clear();
    const corners = ["top left", "top right", "bottom left", "bottom right"];
    const handleNames = Object.keys(this.#names);
    for (const handle of handleNames) this.#handles.set(handle, this.#slider(handle, entry));
    const cropped = corners.filter((corner) => corner.split(" ").every((side) => handleNames.includes(side)));
    this.#frame.replaceChildren(...cropped.map((corner) => this.#grip(corner)), ...this.#handles.values());
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
    this.#plane.style.transform = `rotate(${this.#values.angle ?? 0}deg)`;
    for (const side of SIDES) this.#frame.style.setProperty(side, this.#share(side));
    const inset = ["top", "right", "bottom", "left"].map((side) => this.#share(side)).join(" ");
    this.#kept.style.setProperty("clip-path", `inset(${inset})`);
  }

  /** @param {string} side */
  #share(side) {
    return `${this.#values[side] ?? 0}%`;
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
    const [x, y] = KEYS[/** @type {keyof typeof KEYS} */ (event.key)] ?? [0, 0];
    if (!x && !y) return;
    event.preventDefault();
    const far = step * (event.shiftKey ? 10 : 1);
    // Arrows towards the middle crop more; right and down rotate clockwise.
    const along = handle === "top" ? y : handle === "bottom" ? -y : handle === "left" ? x : -x;
    const by = handle === "angle" ? x + y : along || 0;
    this.#set({ [handle]: (this.#values[handle] ?? 0) + by * far });
  }

  /** @param {HTMLElement} element @param {string} handle one handle, or two sides */
  #drag(element, handle) {
    element.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      element.setPointerCapture(event.pointerId);
      element.focus();
    });
    element.addEventListener("pointermove", (event) => {
      if (!element.hasPointerCapture(event.pointerId)) return;
      if (handle === "angle") this.#turn(event);
      else this.#pull(handle.split(" "), event);
    });
  }

  /** The position of the pointer on the unrotated image, in shares of its sides. @param {PointerEvent} event */
  #position(event) {
    const box = this.#plane.getBoundingClientRect();
    const away = [event.clientX - box.x - box.width / 2, event.clientY - box.y - box.height / 2];
    const angle = (-(this.#values.angle ?? 0) * Math.PI) / 180;
    const x = (away[0] ?? 0) * Math.cos(angle) - (away[1] ?? 0) * Math.sin(angle);
    const y = (away[0] ?? 0) * Math.sin(angle) + (away[1] ?? 0) * Math.cos(angle);
    return [x / this.#plane.offsetWidth + 0.5, y / this.#plane.offsetHeight + 0.5];
  }

  /** @param {string[]} sides @param {PointerEvent} event */
  #pull(sides, event) {
    const [x = 0, y = 0] = this.#position(event);
    const shares = { left: x, right: 1 - x, top: y, bottom: 1 - y };
    this.#set(Object.fromEntries(sides.map((side) => [side, 100 * shares[/** @type {"top"} */ (side)]])));
  }

  /** @param {PointerEvent} event */
  #turn(event) {
    const box = this.#plane.getBoundingClientRect();
    const away = [event.clientX - box.x - box.width / 2, event.clientY - box.y - box.height / 2];
    const degrees = (Math.atan2(away[0] ?? 0, -(away[1] ?? 0)) * 180) / Math.PI;
    this.#set({ angle: Math.abs(degrees) < 2 ? 0 : degrees });
  }

  /** @param {Record<string, number>} values */
  #set(values) {
    const limited = Object.entries(values).map(([handle, value]) => {
      const opposite = OPPOSITE[/** @type {"top"} */ (handle)];
      const most = opposite ? MAX_CROP - (this.#values[opposite] ?? 0) : 180;
      const allowed = Math.min(Math.max(value, opposite ? 0 : -180), most);
      return [this.#names[handle], Math.round(allowed * 2) / 2];
    });
    this.request("edit-values", { values: Object.fromEntries(limited) });
  }
}

customElements.define("qp-crop-frame", CropFrame);
