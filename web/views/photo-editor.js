/** The photo editor: the image, sliders for its filters, and a frame to crop and rotate. */
/** @import { State } from "../state/types.js" */
import { entryNamed } from "../document/lookup.js";
import { hasChanges, hasHandles } from "../state/selectors/editing.js";
import { assetUrl } from "../state/selectors/input-preview.js";
import { custom, h, say, show } from "../elements/dom.js";
import { icon } from "../elements/icons.js";
import { OverlayElement } from "./overlay.js";

export class PhotoEditor extends OverlayElement {
  /** @override @type {"photo-editor"} */
  name = "photo-editor";
  /** @override */
  label = "Photo editor";
  #picture = h("img", { class: "editor-picture", alt: "The edited image" });
  #crop = custom("qp-crop-frame", { class: "editor-crop" });
  #turns = custom("qp-frame-tools", { class: "frame-tools" });
  #problem = h("p", { class: "editor-problem", role: "alert", hidden: true });
  #state = h("span", { class: "note editor-state", role: "status" });
  #before = h("button", { type: "button", class: "quiet", "aria-pressed": "false" }, "Hold for original");
  #frame = h("button", { type: "button", class: "quiet", "aria-pressed": "false" }, icon("crop"), "Crop and rotate");
  #reset = h("button", { type: "button", class: "quiet" }, icon("undo"), "Reset all");
  #apply = h("button", { type: "button", class: "strong" }, "Apply");
  #framing = false;
  #holding = false;
  /** @type {State | null} */
  #last = null;

  /** @override */
  compose() {
    const cancel = h("button", { type: "button", class: "quiet" }, "Cancel");
    cancel.addEventListener("click", () => this.dialog.close());
    this.#apply.addEventListener("click", () => this.request("apply-edit", {}));
    this.#reset.addEventListener("click", () => this.request("reset-edit", {}));
    this.#frame.addEventListener("click", () => {
      this.#framing = !this.#framing;
      this.#redraw();
    });
    this.#listenForHolding();
    const tools = h("div", { class: "editor-tools" }, this.#frame, this.#turns, this.#before, this.#reset, this.#state);
    const stage = h("div", { class: "editor-stage" }, this.#picture, this.#crop, this.#problem);
    const head = h("header", { class: "overlay-head" }, h("h2", {}, "Edit image"), this.closer());
    const side = h("div", { class: "editor-side" }, head, custom("qp-filter-sliders", { class: "editor-sliders" }));
    const foot = h("footer", { class: "editor-foot" }, cancel, this.#apply);
    this.dialog.append(h("div", { class: "editor-inside" }, stage, tools, side, foot));
  }

  /** @override */
  close() {
    if (this.#last?.edit) this.request("end-edit", {});
  }

  /** @override */
  opened() {
    this.#framing = false;
    this.#holding = false;
    (this.#frame.hidden ? this.#before : this.#frame).focus();
  }

  /** @override @param {State} state */
  render(state) {
    this.#last = state;
    super.render(state);
  }

  /** @override @param {State} state */
  draw(state) {
    const { edit } = state;
    const entry = entryNamed(state.entries, edit?.operation);
    if (!edit || !entry) return;
    const source = (!this.#holding && edit.preview) || assetUrl(edit.asset);
    if (this.#picture.getAttribute("src") !== source) this.#picture.src = source;
    this.#picture.alt = source === edit.preview ? "The edited image" : "The original image";
    show(this.#picture, !this.#framing);
    show(this.#crop, this.#framing);
    this.#turns.classList.toggle("framing", this.#framing);
    this.#frame.setAttribute("aria-pressed", String(this.#framing));
    this.#before.setAttribute("aria-pressed", String(this.#holding));
    show(this.#frame, hasHandles(entry));
    show(this.#before, !this.#framing);
    this.#reset.disabled = Object.keys(edit.values).length === 0;
    this.#apply.disabled = !hasChanges(edit);
    const status = this.#framing || this.#holding ? "Original" : edit.busy ? "Rendering…" : "";
    say(this.#state, status);
    say(this.#problem, edit.problem);
    show(this.#problem, edit.problem !== "");
  }

  /** Shows the original image while the button is held, by pointer or key. */
  #listenForHolding() {
    /** @param {boolean} held */
    const hold = (held) => {
      this.#holding = held;
      this.#redraw();
    };
    this.#before.addEventListener("pointerdown", (event) => {
      this.#before.setPointerCapture(event.pointerId);
      hold(true);
    });
    for (const name of ["pointerup", "pointercancel", "blur"]) {
      this.#before.addEventListener(name, () => hold(false));
    }
    this.#before.addEventListener("keydown", ({ key }) => {
      if (key === " " || key === "Enter") hold(true);
    });
    this.#before.addEventListener("keyup", () => hold(false));
  }

  #redraw() {
    if (this.#last) this.draw(this.#last);
  }
}

customElements.define("qp-photo-editor", PhotoEditor);
