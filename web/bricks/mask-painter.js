/** A mask over the input image: a preview, and the button that opens the painter. */
/** @import { Brick } from "../document/types.js" */
/** @import { State } from "../state/types.js" */
import { entryNamed } from "../document/lookup.js";
import { fedBy, feeding, find, owner } from "../document/workflow.js";
import { assetUrl, inputPreview } from "../state/selectors/input-preview.js";
import { h, say, show } from "../elements/dom.js";
import { icon } from "../elements/icons.js";
import { BrickElement } from "./brick.js";
import { Form } from "./form.js";

export class MaskPainterBrick extends BrickElement {
  #form = new Form(this);
  #picture = h("img", { class: "mask-picture", alt: "The image to paint over", decoding: "async" });
  #tint = h("span", { class: "mask-tint" });
  #open = h("button", { type: "button", class: "mask-preview", title: "Paint the mask" }, this.#picture, this.#tint);
  #empty = h("p", { class: "mask-none" }, "The image appears here after a run.");
  #label = h("span", {}, "Paint mask");
  #paint = h("button", { type: "button", class: "quiet" }, icon("brush"), this.#label);
  #clear = h("button", { type: "button", class: "link" }, "remove");
  #other = h("button", { type: "button", class: "link" }, "other image");
  #line = h("p", { class: "note" });
  #warning = h("div", { class: "caution", role: "status", hidden: true });
  #warningText = h("p", {});
  #conflictNote = h("div", { class: "caution", role: "status", hidden: true });
  #conflictText = h("p", {});
  #same = h("button", { type: "button", class: "quiet small" }, "Use this image there");
  /** The mask, loaded for its size. */
  #mask = new Image();

  /** @override */
  compose() {
    const edit = () => this.request("show", { name: "mask-editor", brick: this.brickId });
    this.#open.addEventListener("click", edit);
    this.#paint.addEventListener("click", edit);
    const clear = () => this.request("set-props", { brick: this.brickId, props: { mask: undefined }, label: "Remove mask" });
    this.#clear.addEventListener("click", clear);
    this.#other.addEventListener("click", () => this.request("set-prop", { brick: this.brickId, name: "image", value: undefined }));
    const restart = h("button", { type: "button", class: "quiet small" }, "Start over");
    restart.addEventListener("click", clear);
    this.#warning.append(this.#warningText, restart);
    this.#conflictNote.append(this.#conflictText, this.#same);
    this.#same.addEventListener("click", () => this.#join());
    for (const image of [this.#picture, this.#mask]) {
      image.addEventListener("load", () => this.#drawSizes());
      image.addEventListener("error", () => this.#drawSizes());
    }
    this.#paint.dataset.anchor = "mask";
    this.body.append(
      this.#form.element,
      this.#open,
      this.#empty,
      this.#warning,
      this.#conflictNote,
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
    // The preview shows the image already.
    show(this.#form.element, source === "" && !wired);
    show(this.#other, source !== "" && !wired);
    show(this.#open, source !== "");
    show(this.#tint, mask !== "");
    show(this.#empty, source === "" && wired);
    this.#paint.disabled = source === "";
    say(this.#label, mask ? "Edit mask" : "Paint mask");
    show(this.#clear, mask !== "");
    this.#drawConflict(brick, state);
    this.#drawSizes();
  }

  /** @type {{ brick: string, type: string, port: string, from: string, asset: string } | null} */
  #conflict = null;

  /** Warns of an operation that uses the mask with another image. @param {Brick} brick @param {State} state */
  #drawConflict(brick, state) {
    this.#conflict = conflictOf(state, brick);
    const title = entryNamed(state.entries, this.#conflict?.type)?.title ?? "";
    say(this.#conflictText, `“${title}” uses a different image than this mask.`);
    const conflict = this.#conflict !== null;
    if (this.#conflictNote.hidden !== conflict) return;
    show(this.#conflictNote, conflict);
    this.dispatchEvent(new CustomEvent("qp-redraw", { bubbles: true }));
  }

  #join() {
    if (!this.#conflict) return;
    const { brick, type, port, from, asset } = this.#conflict;
    if (from) this.request("connect", { from, to: `${brick}.${port}` });
    else this.request("send-image", { asset, type, name: port, brick });
  }

  /** Compares the sizes of mask and image, once both are loaded. */
  #drawSizes() {
    const picture = sizeOf(this.#picture);
    const mask = sizeOf(this.#mask);
    const deleted = Boolean(this.#mask.getAttribute("src")) && this.#mask.complete && !mask;
    const other = mask !== "" && picture !== "" && !this.#open.hidden && mask !== picture;
    say(this.#line, mask || deleted ? mask : this.#open.hidden ? "" : "No mask yet.");
    show(this.#line, this.#line.textContent !== "" && !other);
    say(this.#warningText, deleted ? "This mask was deleted." : `The mask is ${mask}, the image ${picture}.`);
    if (this.#warning.hidden === (deleted || other)) {
      show(this.#warning, deleted || other);
      this.dispatchEvent(new CustomEvent("qp-redraw", { bubbles: true }));
    }
  }
}

/**
 * The first operation that uses the mask with another image.
 * @param {State} state
 * @param {Brick} painter
 */
function conflictOf(state, painter) {
  const source = (/** @type {Brick} */ brick, /** @type {string} */ port) =>
    feeding(state.workflow, `${brick.id}.${port}`)[0]?.from ?? assetUrl(brick.props[port]);
  const own = source(painter, "image");
  for (const wire of fedBy(state.workflow, `${painter.id}.mask`)) {
    const brick = find(state.workflow, owner(wire.to));
    const port = entryNamed(state.entries, brick?.type)?.inputs.find((input) => input.type === "image");
    if (!brick || !port || !own || source(brick, port.name) === own) continue;
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
