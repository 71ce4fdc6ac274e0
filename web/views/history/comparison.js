/** Two snapshots side by side: their images with a divider, and a table of their fields. */
/** @import { ComparedField, Comparison, Output, State } from "../../state/types.js" */
import { quantity } from "../../state/words.js";
import { h, say, show } from "../../elements/dom.js";
import { OverlayElement } from "../overlay.js";
import { ZoomPane } from "../zoom-pane.js";

export class ComparisonView extends OverlayElement {
  /** @override @type {"comparison"} */
  name = "comparison";
  /** @override */
  label = "Comparison of two snapshots";
  #pane = new ZoomPane();
  #pixels = h("p", { class: "note", role: "status" });
  #only = h("input", { type: "checkbox", id: "only-differences", checked: true });
  #body = h("tbody", {});
  /** @type {Comparison | null} */
  #shown = null;

  /** @override */
  compose() {
    const heads = ["Field", "First", "Second"].map((text) => h("th", { scope: "col" }, text));
    const table = h("table", { class: "comparison-table" }, h("thead", {}, h("tr", {}, ...heads)), this.#body);
    const option = h("label", { class: "comparison-only", for: "only-differences" }, this.#only, "Only differences");
    const head = h("header", { class: "overlay-head" }, h("h2", {}, "Compare"), this.closer());
    this.#only.addEventListener("change", () => this.#drawFields());
    this.dialog.append(head, h("div", { class: "comparison-inside" }, this.#pane.element, h("div", { class: "comparison-side" }, this.#pixels, option, table)));
  }

  /** @override */
  opened() {
    this.#pane.view.fit();
    this.dialog.focus();
  }

  /** @override @param {State} state */
  draw({ overlay }) {
    const { comparison } = overlay;
    if (!comparison || comparison === this.#shown) return;
    this.#shown = comparison;
    const { a, b, pixels } = comparison;
    show(this.#pane.element, a !== null || b !== null);
    if (a ?? b) void this.#drawImages(b ?? a ?? "", a && b ? a : null);
    const differ = pixels && `${pixels.changed.toLocaleString("en")} of ${quantity(pixels.pixels.toLocaleString("en"), "px")} differ, at most by ${pixels.max} of 255`;
    say(this.#pixels, differ ?? (a && b ? "The images have different sizes." : "There are not two images to compare."));
    this.#drawFields();
  }

  /** The pane needs the size of the image. @param {string} front an asset @param {string | null} back */
  async #drawImages(front, back) {
    const image = new Image();
    image.src = address(front);
    await image.decode().catch(() => {}); // deleted meanwhile
    const size = { width: image.naturalWidth || null, height: image.naturalHeight || null };
    this.#pane.show(output(front, size), "Second image", back ? output(back, size) : null);
    this.#pane.view.fit();
  }

  #drawFields() {
    const fields = (this.#shown?.fields ?? []).filter(({ differs }) => differs || !this.#only.checked);
    const rows = fields.map((field) => h("tr", { class: field.differs ? "differs" : "" }, h("th", { scope: "row", title: field.name }, field.label), cell(field, "a"), cell(field, "b")));
    const none = h("tr", {}, h("td", { colspan: 3, class: "note" }, "Nothing differs."));
    this.#body.replaceChildren(...(rows.length ? rows : [none]));
  }
}

/** @param {ComparedField} field @param {"a" | "b"} side */
function cell(field, side) {
  const left = side === "a" ? "removed" : "added";
  if (!field.words) return h("td", {}, textOf(field[side]));
  const parts = field.words.filter(({ change }) => change === "equal" || change === left);
  return h("td", {}, ...parts.map(({ change, text }) => (change === "equal" ? text : h(change === "removed" ? "del" : "ins", {}, text))));
}

/** @param {any} value @returns {string} */
function textOf(value) {
  if (value === null || value === undefined || value === "") return "–";
  if (Array.isArray(value)) return value.map(textOf).join(", ") || "–";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** @param {string} id */
const address = (id) => `/api/assets/${id}/file`;

/** An image for the pane, by its asset. @param {string} id @param {{ width: number | null, height: number | null }} size @returns {Output} */
function output(id, size) {
  const url = address(id);
  return { port: "image", index: 0, kind: "image", asset_id: id, url, thumbnail_url: url, value: null, seed: null, ...size };
}

customElements.define("qp-comparison", ComparisonView);
