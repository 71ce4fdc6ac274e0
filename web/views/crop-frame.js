/**
 * The frame on the picture: edges and corners that crop it, a knob that turns it. Each handle is
 * a slider for keyboards, too. Which parameters they move is said by the schema.
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
const MOST = 95; // per cent that two sides may take together
const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export class CropFrame extends QpElement {
  #picture = h("img", { class: "crop-gone", alt: "The picture before its filters", draggable: "false" });
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
    const known = Object.keys(this.#names);
    for (const handle of known) this.#handles.set(handle, this.#slider(handle, entry));
    const free = corners.filter((corner) => corner.split(" ").every((side) => known.includes(side)));
    this.#frame.replaceChildren(...free.map((corner) => this.#grip(corner)), ...this.#handles.values());
  }

  /** The plane as large as the picture can be shown here. */
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
      "aria-label": `${schema.title ?? handle}, on the picture`,
      "aria-valuemin": schema.minimum ?? 0,
      "aria-valuemax": schema.maximum ?? 100,
      "aria-orientation": handle === "top" || handle === "bottom" ? "vertical" : "horizontal",
    });
    element.addEventListener("keydown", (event) => this.#key(event, handle, schema.ui?.step ?? 1));
    this.#drag(element, handle);
    return element;
  }

  /** @param {string} corner for the pointer alone: its sides have handles of their own */
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
    // Towards the middle is more of a crop; right or down is clockwise.
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

  /** Where the pointer is on the picture as it lies unturned, in shares of its sides. */
  /** @param {PointerEvent} event */
  #place(event) {
    const box = this.#plane.getBoundingClientRect();
    const away = [event.clientX - box.x - box.width / 2, event.clientY - box.y - box.height / 2];
    const angle = (-(this.#values.angle ?? 0) * Math.PI) / 180;
    const x = (away[0] ?? 0) * Math.cos(angle) - (away[1] ?? 0) * Math.sin(angle);
    const y = (away[0] ?? 0) * Math.sin(angle) + (away[1] ?? 0) * Math.cos(angle);
    return [x / this.#plane.offsetWidth + 0.5, y / this.#plane.offsetHeight + 0.5];
  }

  /** @param {string[]} sides @param {PointerEvent} event */
  #pull(sides, event) {
    const [x = 0, y = 0] = this.#place(event);
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

  /** @param {Record<string, number>} wished */
  #set(wished) {
    const values = Object.entries(wished).map(([handle, value]) => {
      const across = OPPOSITE[/** @type {"top"} */ (handle)];
      const most = across ? MOST - (this.#values[across] ?? 0) : 180;
      const held = Math.min(Math.max(value, across ? 0 : -180), most);
      return [this.#names[handle], Math.round(held * 2) / 2];
    });
    this.request("edit-values", { values: Object.fromEntries(values) });
  }
}

customElements.define("qp-crop-frame", CropFrame);
