/** A drawn control image: its picture, and the button that opens its editor. */
/** @import { Brick } from "../document/types.js" */
/** @import { State } from "../state/types.js" */
import { entryNamed } from "../document/lookup.js";
import { assetUrl } from "../state/selectors/input-preview.js";
import { h, say, show } from "../elements/dom.js";
import { icon } from "../elements/icons.js";
import { BrickElement } from "./brick.js";
import { Form } from "./form.js";

const SIDE = 1024; // pixels, of a canvas without a size

export class CanvasBrick extends BrickElement {
  /** @type {"mask-editor" | "pose-editor"} */
  editor = "mask-editor";
  /** Grey levels can be painted. */
  levels = false;
  #form = new Form(this);
  #picture = h("img", { class: "mask-picture", alt: "The drawing", decoding: "async" });
  #open = h("button", { type: "button", class: "mask-preview", title: "Edit the drawing" }, this.#picture);
  #label = h("span", {}, "Draw");
  #draw = h("button", { type: "button", class: "quiet" }, icon("brush"), this.#label);
  #clear = h("button", { type: "button", class: "link" }, "remove");
  /** @type {import("../state/types.js").CanvasSize} */
  #canvas = { width: SIDE, height: SIDE, title: "", levels: false };

  /** @override */
  compose() {
    const edit = () => this.request("show", { name: this.editor, brick: this.brickId, canvas: this.#canvas });
    this.#open.addEventListener("click", edit);
    this.#draw.addEventListener("click", edit);
    const props = { image: undefined, pose: undefined };
    this.#clear.addEventListener("click", () => this.request("set-props", { brick: this.brickId, props, label: "Remove drawing" }));
    this.body.append(this.#form.element, this.#open, h("div", { class: "mask-line" }, this.#draw, this.#clear));
  }

  /** @override @param {Brick} brick @param {State} state */
  draw(brick, state) {
    this.#form.draw(brick, state);
    const side = (/** @type {"width" | "height"} */ name) => Math.max(64, Math.min(2048, Number(brick.props[name]) || SIDE));
    const title = entryNamed(state.entries, brick.type)?.title ?? "";
    this.#canvas = { width: side("width"), height: side("height"), title, levels: this.levels };
    const source = assetUrl(brick.props.image);
    if (source && this.#picture.getAttribute("src") !== source) this.#picture.src = source;
    show(this.#open, source !== "");
    show(this.#clear, source !== "");
    say(this.#label, source ? "Edit" : this.editor === "pose-editor" ? "Pose" : "Draw");
  }
}

export class DepthCanvasBrick extends CanvasBrick {
  /** @override */
  levels = true;
}

export class PoseCanvasBrick extends CanvasBrick {
  /** @override @type {"pose-editor"} */
  editor = "pose-editor";
}

customElements.define("qp-canvas-brick", CanvasBrick);
customElements.define("qp-depth-canvas-brick", DepthCanvasBrick);
customElements.define("qp-pose-canvas-brick", PoseCanvasBrick);
