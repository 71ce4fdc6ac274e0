/** Settings: aspect ratio or size, number of images, and seed. */
/** @import { Brick } from "../document/types.js" */
/** @import { Model, State } from "../state/types.js" */
import { modelDownstream, modelDefault } from "../state/selectors/models.js";
import { h, reconcile, say, show, svg } from "../elements/dom.js";
import { BrickElement } from "./brick.js";
import { Form } from "./form.js";

/** @type {[number, number][]} */
const RATIOS = [
  [1, 1],
  [4, 3],
  [3, 4],
  [3, 2],
  [2, 3],
  [16, 9],
  [9, 16],
];
const CLOSE = 0.06;

/** @typedef {{ width: number, height: number, ratio: [number, number], supported: boolean }} Format */

export class SettingsBrick extends BrickElement {
  #formats = h("div", { class: "formats", role: "group", "aria-label": "Aspect ratio" });
  #sizes = new Form(this, (name) => name === "width" || name === "height");
  #rest = new Form(this, (name) => name !== "width" && name !== "height");
  #note = h("p", { class: "note", hidden: true });

  /** @override */
  compose() {
    this.#sizes.element.dataset.anchor = "settings";
    this.body.append(this.#formats, this.#sizes.element, this.#note, this.#rest.element);
  }

  /** @override @param {Brick} brick @param {State} state */
  draw(brick, state) {
    this.#sizes.draw(brick, state);
    this.#rest.draw(brick, state);
    const target = modelDownstream(state, brick);
    if (!target) return;
    const { model, operation } = target;
    const width = Number(brick.props.width ?? modelDefault(model, operation, "width") ?? 0);
    const height = Number(brick.props.height ?? modelDefault(model, operation, "height") ?? 0);
    const base = baseSize(model, operation);
    reconcile(
      this.#formats,
      RATIOS.map((ratio) => format(ratio, base, model)),
      ({ ratio }) => ratio.join(":"),
      (item) => this.#button(item),
      (button, item) => {
        const same = item.width === width && item.height === height;
        const near = Math.abs(width / height - item.ratio[0] / item.ratio[1]) < CLOSE;
        button.setAttribute("aria-pressed", String(same || near));
        button.dataset.size = `${item.width}x${item.height}`;
        button.disabled = !item.supported;
        const size = `${item.width} × ${item.height}`;
        button.title = item.supported ? size : `${model.label} does not support this aspect ratio`;
      },
    );
    this.#advise(model, width, height);
  }

  /** @param {Format} item */
  #button({ ratio }) {
    const [w, h0] = ratio;
    const scale = 12 / Math.max(w, h0);
    const shape = svg("rect", {
      x: 8 - (w * scale) / 2,
      y: 8 - (h0 * scale) / 2,
      width: w * scale,
      height: h0 * scale,
      rx: 1.5,
    });
    const glyph = svg("svg", { class: "icon", viewBox: "0 0 16 16", "aria-hidden": "true" }, shape);
    const name = ratio.join(":");
    const button = h("button", { type: "button", class: "format", "aria-label": name }, glyph, h("span", {}, name));
    button.addEventListener("click", () => {
      const [width, height] = String(button.dataset.size).split("x").map(Number);
      const props = { width: width ?? 0, height: height ?? 0 };
      this.request("set-props", { brick: this.brickId, props, label: `Aspect ratio ${name}` });
    });
    return button;
  }

  /**
   * Lists the sizes of a model that supports only a few.
   * @param {Model} model
   * @param {number} width
   * @param {number} height
   */
  #advise(model, width, height) {
    const few = model.sizes.length > 0 && model.sizes.length <= 4;
    const known = model.sizes.some(([w, h0]) => w === width && h0 === height);
    const all = model.sizes.map(([w, h0]) => `${w} × ${h0}`).join(", ");
    if (few) say(this.#note, `${model.label} supports ${all}${known ? "." : ": the nearest is used."}`);
    show(this.#note, few);
  }
}

/**
 * The edge of a square image of this model, in pixels.
 * @param {Model} model
 * @param {string} operation
 */
function baseSize(model, operation) {
  const width = Number(modelDefault(model, operation, "width") ?? model.sizes[0]?.[0] ?? 1024);
  const height = Number(modelDefault(model, operation, "height") ?? model.sizes[0]?.[1] ?? width);
  return Math.sqrt(width * height);
}

/**
 * A size with an aspect ratio: one of the model's where it lists one, else about as many pixels as its
 * square, on its grid.
 * @param {[number, number]} ratio
 * @param {number} base
 * @param {Model} model
 * @returns {Format}
 */
function format(ratio, base, model) {
  const desired = ratio[0] / ratio[1];
  const listed = model.sizes
    .filter(([width, height]) => Math.abs(width / height - desired) < CLOSE)
    .sort((a, b) => Math.abs(Math.log((a[0] * a[1]) / base ** 2)) - Math.abs(Math.log((b[0] * b[1]) / base ** 2)))[0];
  if (listed) return { width: listed[0], height: listed[1], ratio, supported: true };
  const multiple = model.size_multiple || 1;
  const stretch = Math.sqrt(ratio[0] / ratio[1]);
  const snap = (/** @type {number} */ value) => Math.max(multiple, Math.round(value / multiple) * multiple);
  const supported = model.sizes.length === 0;
  return { width: snap(base * stretch), height: snap(base / stretch), ratio, supported };
}

customElements.define("qp-settings-brick", SettingsBrick);
