/** A mask over the picture that arrives: a small look at it, and the way into the painter. */
/** @import { Brick } from "../document/types.js" */
/** @import { State } from "../state/types.js" */
import { entryNamed } from "../document/lookup.js";
import { feeding, find, owner } from "../document/workflow.js";
import { assetUrl, inputPreview } from "../state/selectors/input-preview.js";
import { h, say, show } from "../elements/dom.js";
import { icon } from "../elements/icons.js";
import { BrickElement } from "./brick.js";
import { Form } from "./form.js";

export class MaskPainterBrick extends BrickElement {
  #form = new Form(this);
  #picture = h("img", { class: "mask-picture", alt: "The picture to paint over", decoding: "async" });
  #tint = h("span", { class: "mask-tint" });
  #open = h("button", { type: "button", class: "mask-look", title: "Paint the mask" }, this.#picture, this.#tint);
  #empty = h("p", { class: "mask-none" }, "The picture appears here once it is drawn.");
  #label = h("span", {});
  #paint = h("button", { type: "button", class: "quiet" }, icon("brush"), this.#label);
  #clear = h("button", { type: "button", class: "link" }, "remove");
  #other = h("button", { type: "button", class: "link" }, "other picture");
  #line = h("p", { class: "note" });
  #warning = h("div", { class: "caution", role: "status", hidden: true });
  #warningText = h("p", {});
  #apart = h("div", { class: "caution", role: "status", hidden: true });
  #apartText = h("p", {});
  #same = h("button", { type: "button", class: "quiet small" }, "Use this picture there");
  /** The mask, to learn its size and whether it is still there. */
  #mask = new Image();

  /** @override */
  compose() {
    const edit = () => this.request("show", { name: "mask-editor", brick: this.brickId });
    this.#open.addEventListener("click", edit);
    this.#paint.addEventListener("click", edit);
    const clear = () => this.request("set-props", { brick: this.brickId, props: { mask: undefined }, label: "Remove mask" });
    this.#clear.addEventListener("click", clear);
    this.#other.addEventListener("click", () => this.request("set-prop", { brick: this.brickId, name: "image", value: undefined }));
    const anew = h("button", { type: "button", class: "quiet small" }, "Start anew");
    anew.addEventListener("click", clear);
    this.#warning.append(this.#warningText, anew);
    this.#apart.append(this.#apartText, this.#same);
    this.#same.addEventListener("click", () => this.#join());
    for (const image of [this.#picture, this.#mask]) {
      image.addEventListener("load", () => this.#say());
      image.addEventListener("error", () => this.#say());
    }
    this.#paint.dataset.anchor = "mask";
    this.body.append(
      this.#form.element,
      this.#open,
      this.#empty,
      this.#warning,
      this.#apart,
      h("div", { class: "mask-line" }, this.#paint, this.#clear),
      h("div", { class: "mask-line" }, this.#line, this.#other),
    );
  }

  /** @override @param {Brick} brick @param {State} state */
  draw(brick, state) {
    const wired = feeding(state.workflow, `${brick.id}.image`).length > 0;
    this.#form.draw(brick, state);
    const source = inputPreview(state, brick, "image");
    const mask = assetUrl(brick.props.mask);
    if (source && this.#picture.getAttribute("src") !== source) this.#picture.src = source;
    if (mask && this.#mask.getAttribute("src") !== mask) this.#mask.src = mask;
    if (!mask) this.#mask.removeAttribute("src");
    this.#tint.style.setProperty("mask-image", mask ? `url("${mask}")` : "none");
    // Once there is a picture it is seen under its mask; the field would show it twice.
    show(this.#form.element, source === "" && !wired);
    show(this.#other, source !== "" && !wired);
    show(this.#open, source !== "");
    show(this.#tint, mask !== "");
    show(this.#empty, source === "" && wired);
    this.#paint.disabled = source === "";
    say(this.#label, mask ? "Change the mask" : "Paint a mask");
    show(this.#clear, mask !== "");
    this.#drawApart(brick, state);
    this.#say();
  }

  /** @type {{ brick: string, type: string, port: string, from: string, asset: string } | null} */
  #stray = null;

  /** A mask belongs to the picture it was painted over. @param {Brick} brick @param {State} state */
  #drawApart(brick, state) {
    this.#stray = strayOf(state, brick);
    const title = entryNamed(state.entries, this.#stray?.type)?.title ?? "";
    say(this.#apartText, `“${title}” works on another picture than this one.`);
    const apart = this.#stray !== null;
    if (this.#apart.hidden !== apart) return;
    show(this.#apart, apart);
    this.dispatchEvent(new CustomEvent("qp-redraw", { bubbles: true }));
  }

  #join() {
    if (!this.#stray) return;
    const { brick, type, port, from, asset } = this.#stray;
    if (from) this.request("connect", { from, to: `${brick}.${port}` });
    else this.request("send-image", { asset, type, name: port, brick });
  }

  /** What the sizes tell, which come with the pictures. */
  #say() {
    const picture = sizeOf(this.#picture);
    const mask = sizeOf(this.#mask);
    const gone = Boolean(this.#mask.getAttribute("src")) && this.#mask.complete && !mask;
    const other = mask !== "" && picture !== "" && !this.#open.hidden && mask !== picture;
    say(this.#line, mask || gone ? mask : this.#open.hidden ? "" : "Nothing is masked yet.");
    show(this.#line, this.#line.textContent !== "" && !other);
    say(this.#warningText, gone ? "This mask is gone." : `The mask is ${mask}, the picture ${picture}.`);
    if (this.#warning.hidden === (gone || other)) {
      show(this.#warning, gone || other);
      this.dispatchEvent(new CustomEvent("qp-redraw", { bubbles: true }));
    }
  }
}

/**
 * The first brick that takes the mask and works on another picture.
 * @param {State} state
 * @param {Brick} painter
 */
function strayOf(state, painter) {
  const source = (/** @type {Brick} */ brick, /** @type {string} */ port) =>
    feeding(state.workflow, `${brick.id}.${port}`)[0]?.from ?? assetUrl(brick.props[port]);
  const mine = source(painter, "image");
  for (const wire of state.workflow.wires.filter((other) => other.from === `${painter.id}.mask`)) {
    const brick = find(state.workflow, owner(wire.to));
    const port = entryNamed(state.entries, brick?.type)?.inputs.find((input) => input.type === "image");
    if (!brick || !port || !mine || source(brick, port.name) === mine) continue;
    const from = feeding(state.workflow, `${painter.id}.image`)[0]?.from ?? "";
    return { brick: brick.id, type: brick.type, port: port.name, from, asset: String(painter.props.image ?? "") };
  }
  return null;
}

/** @param {HTMLImageElement} image */
function sizeOf(image) {
  return image.getAttribute("src") && image.naturalWidth ? `${image.naturalWidth} × ${image.naturalHeight}` : "";
}

customElements.define("qp-mask-painter-brick", MaskPainterBrick);
