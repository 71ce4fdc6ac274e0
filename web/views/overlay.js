/** The base class of overlays: a modal dialog that opens and closes with the snapshot. */
/** @import { Overlay, State } from "../state/types.js" */
import { h } from "../elements/dom.js";
import { QpElement } from "../elements/element.js";
import { icon } from "../elements/icons.js";

export class OverlayElement extends QpElement {
  /** @type {Overlay["name"]} */
  name = "";
  label = "";
  current = false;
  dialog = h("dialog", { class: "overlay" });
  /** Announcements while the dialog is open: everything outside it is inert, also for screen readers. */
  announcer = h("p", { class: "unseen announcer", role: "status" });

  /** @override */
  build() {
    this.dialog.setAttribute("aria-label", this.label);
    this.dialog.classList.add(this.name);
    this.dialog.addEventListener("close", () => this.close());
    this.dialog.addEventListener("click", (event) => {
      if (event.target === this.dialog) this.dialog.close();
    });
    this.append(this.dialog);
    this.compose();
    this.dialog.append(this.announcer);
  }

  /** @override @param {State} state */
  render(state) {
    const open = state.overlay.name === this.name;
    this.current = open;
    if (open && !this.dialog.open) {
      this.dialog.showModal();
      this.opened(state);
    }
    if (!open && this.dialog.open) this.dialog.close();
    if (open) this.draw(state);
  }

  /** Requests to close the overlay, unless the snapshot shows another one already. */
  close() {
    if (this.current) this.request("show", { name: "" });
  }

  /** A close button. */
  closer() {
    const label = "Close";
    const act = () => this.dialog.close();
    return h("button", { type: "button", class: "bare closer", "aria-label": label, title: label, onclick: act }, icon("close"));
  }

  /** Builds the dialog; called once. */
  compose() {}

  /** @param {State} _state */
  opened(_state) {}

  /** @param {State} _state */
  draw(_state) {}
}
