/**
 * Padding around an image: a drawing with edges and corners to drag, and the same as numbers. Four
 * parameters share it, each with its `side`; the parameter `unit` is the unit of the numbers.
 */
/** @import { Field, FieldContext, FieldView } from "./field.js" */
import { entryNamed } from "../../document/lookup.js";
import { inputPreview } from "../../state/selectors/input-preview.js";
import { h, say, show } from "../dom.js";
import { numberField } from "./controls.js";
import { fieldRow, effectiveValue } from "./field.js";
import { layout, dragged, inUnit, pixels, SIDES } from "./padding.js";

/** @typedef {import("./padding.js").Side} Side */
/** @typedef {import("./padding.js").Padding} Padding */

const HEIGHT = 220; // CSS pixels
const STEP = 8; // image pixels added by an arrow key
const CORNERS = /** @type {Side[][]} */ ([["top", "left"], ["top", "right"], ["bottom", "left"], ["bottom", "right"]]);

/** @param {FieldContext} context of the first of the four @returns {Field} */
export function frameField(context) {
  const line = h("span", { class: "note", role: "status" });
  const drawing = new FrameDrawing(context, line);
  const numbers = context.members.map(([name, schema]) => {
    const change = (/** @type {import("../../document/types.js").Json | undefined} */ value) =>
      context.request("set-prop", { brick: context.brick, name, value });
    const field = numberField({ ...context, id: `${context.brick}-${name}`, name, schema, change });
    return { name, field };
  });
  const row = h("div", { class: "frame-numbers" }, ...numbers.map(({ field }) => field.element));
  const schema = { ...context.schema, title: "Padding", description: undefined };
  const outer = fieldRow({ ...context, id: `${context.id}-frame`, name: context.members.map(([name]) => name).join(", "), schema }, h("div", { class: "stacked" }, drawing.element, row), line);
  outer.element.dataset.field = "frame";
  return {
    element: outer.element,
    update(view) {
      for (const { name, field } of numbers) field.update(view.sibling(name));
      drawing.draw(view);
    },
  };
}

class FrameDrawing {
  #picture = h("img", { class: "frame-picture", alt: "The image inside its padding", draggable: "false" });
  #outer = h("div", { class: "frame-outer" }, this.#picture);
  #none = h("p", { class: "frame-none" }, "The padding is drawn here once there is an image.");
  #handles = [...SIDES.map((side) => [side]), ...CORNERS].map((sides) => this.#handle(sides));
  element = h("div", { class: "frame-room" }, this.#outer, this.#none, ...this.#handles);
  /** @type {FieldView | null} */
  #view = null;
  /** @type {{ x: number, y: number, padding: Padding, scale: number } | null} start of a drag */
  #dragStart = null;

  /** @param {FieldContext} context @param {HTMLElement} line for the size before and after */
  constructor(context, line) {
    this.context = context;
    this.line = line;
    this.#picture.addEventListener("load", () => this.#view && this.draw(this.#view));
    this.#picture.addEventListener("error", () => this.#view && this.draw(this.#view));
    new ResizeObserver(() => this.#view && this.draw(this.#view)).observe(this.element);
  }

  /** @param {FieldView} view */
  draw(view) {
    say(this.line, this.#drawn(view));
  }

  /** @param {FieldView} view @returns {string} the size before and after, in words */
  #drawn(view) {
    this.#view = view;
    const entry = entryNamed(view.state.entries, view.brick.type);
    const port = entry?.inputs.find((input) => input.type === "image")?.name ?? "image";
    const source = inputPreview(view.state, view.brick, port);
    if (source && this.#picture.getAttribute("src") !== source) this.#picture.src = source;
    const { naturalWidth: width, naturalHeight: height } = this.#picture;
    const seen = source !== "" && width > 0;
    show(this.#outer, seen);
    show(this.#none, !seen);
    for (const handle of this.#handles) show(handle, seen);
    if (!seen) return "";
    const size = { width, height };
    const padding = this.#padding(view, size);
    const area = { width: this.element.clientWidth || 1, height: HEIGHT };
    const { outer, inner } = layout(size, padding, area, this.#dragStart?.scale);
    place(this.#outer, outer);
    place(this.#picture, inner);
    for (const handle of this.#handles) this.#stand(handle, outer, view);
    const after = `${width + padding.left + padding.right} × ${height + padding.top + padding.bottom}`;
    return `${width} × ${height} → ${after}`;
  }

  /** @param {FieldView} view @param {import("./padding.js").Size} size @returns {Padding} in pixels */
  #padding(view, size) {
    const padding = { top: 0, bottom: 0, left: 0, right: 0 };
    for (const [name, schema] of this.context.members) {
      const side = /** @type {Side} */ (schema.ui?.side ?? name);
      padding[side] = pixels(Number(effectiveValue(view.sibling(name)) ?? 0), side, unitOf(view), size);
    }
    return padding;
  }

  /** @param {Side[]} sides */
  #handle(sides) {
    const handle = h("span", { class: `frame-handle ${sides.join(" ")}`, "data-sides": sides.join(" ") });
    if (sides.length === 1) {
      handle.tabIndex = 0;
      handle.setAttribute("role", "slider");
      handle.setAttribute("aria-label", `Padding ${{ top: "above", bottom: "below", left: "to the left", right: "to the right" }[sides[0] ?? "top"]}`);
      handle.setAttribute("aria-orientation", sides[0] === "top" || sides[0] === "bottom" ? "vertical" : "horizontal");
      handle.addEventListener("keydown", (event) => this.#key(event, sides));
    }
    handle.addEventListener("pointerdown", (event) => this.#press(event, handle));
    handle.addEventListener("pointermove", (event) => this.#drag(event, sides));
    for (const end of ["pointerup", "pointercancel"]) handle.addEventListener(end, () => this.#drop());
    return handle;
  }

  /** @param {HTMLElement} handle @param {import("../mask/area.js").Area} outer @param {FieldView} view */
  #stand(handle, outer, view) {
    const sides = /** @type {Side[]} */ (String(handle.dataset.sides).split(" "));
    const x = sides.includes("left") ? outer.x : sides.includes("right") ? outer.x + outer.width : outer.x + outer.width / 2;
    const y = sides.includes("top") ? outer.y : sides.includes("bottom") ? outer.y + outer.height : outer.y + outer.height / 2;
    handle.style.left = `${x}px`;
    handle.style.top = `${y}px`;
    const [name, schema] = this.#member(sides[0]) ?? [];
    if (sides.length > 1 || !name) return;
    handle.setAttribute("aria-valuenow", String(effectiveValue(view.sibling(name)) ?? 0));
    handle.setAttribute("aria-valuemin", String(schema?.minimum ?? 0));
    handle.setAttribute("aria-valuemax", String(schema?.maximum ?? 4096));
    handle.setAttribute("aria-valuetext", `${effectiveValue(view.sibling(name)) ?? 0} ${unitOf(view) === "percent" ? "percent" : "pixels"}`);
  }

  /** @param {Side | undefined} side */
  #member(side) {
    return this.context.members.find(([name, schema]) => (schema.ui?.side ?? name) === side);
  }

  get #size() {
    return { width: this.#picture.naturalWidth, height: this.#picture.naturalHeight };
  }

  /** @param {PointerEvent} event @param {HTMLElement} handle */
  #press(event, handle) {
    if (!this.#view || event.button !== 0) return;
    event.preventDefault();
    handle.focus();
    handle.setPointerCapture(event.pointerId);
    const padding = this.#padding(this.#view, this.#size);
    const { scale } = layout(this.#size, padding, { width: this.element.clientWidth, height: HEIGHT });
    this.#dragStart = { x: event.clientX, y: event.clientY, padding, scale };
  }

  /** @param {PointerEvent} event @param {Side[]} sides */
  #drag(event, sides) {
    if (!this.#dragStart) return;
    const { x, y, padding, scale } = this.#dragStart;
    this.#set(dragged(padding, sides, (event.clientX - x) / scale, (event.clientY - y) / scale), sides);
  }

  #drop() {
    if (!this.#dragStart) return;
    this.#dragStart = null; // the drawing is fitted again from here on
    if (this.#view) this.draw(this.#view);
  }

  /** @param {KeyboardEvent} event @param {Side[]} sides */
  #key(event, sides) {
    const [dx, dy] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key] ?? [0, 0];
    if (!this.#view || (!dx && !dy)) return;
    event.preventDefault();
    event.stopPropagation();
    const far = STEP * (event.shiftKey ? 8 : 1);
    this.#set(dragged(this.#padding(this.#view, this.#size), sides, (dx ?? 0) * far, (dy ?? 0) * far), sides);
  }

  /** @param {Padding} padding in pixels @param {Side[]} sides that change */
  #set(padding, sides) {
    if (!this.#view) return;
    const unit = unitOf(this.#view);
    /** @type {Record<string, number>} */
    const props = {};
    for (const side of sides) {
      const [name, schema] = this.#member(side) ?? [];
      const value = inUnit(padding[side], side, unit, this.#size);
      if (name) props[name] = Math.min(schema?.maximum ?? Infinity, Math.max(schema?.minimum ?? 0, value));
    }
    this.context.request("set-props", { brick: this.context.brick, props, label: "Set padding", key: `${this.context.brick}.frame` });
  }
}

/** @param {FieldView} view @returns {import("./padding.js").Unit} */
function unitOf(view) {
  return effectiveValue(view.sibling("unit")) === "percent" ? "percent" : "px";
}

/** @param {HTMLElement} element @param {import("../mask/area.js").Area} area */
function place(element, { x, y, width, height }) {
  element.style.left = `${x}px`;
  element.style.top = `${y}px`;
  element.style.width = `${width}px`;
  element.style.height = `${height}px`;
}
