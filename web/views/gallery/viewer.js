/** The image in focus on the whole screen; arrows go on, and the keys of the gallery grade it. */
/** @import { State } from "../../state/types.js" */
import { focused } from "../../state/selectors/gallery.js";
import { h, say, show } from "../../elements/dom.js";
import { icon } from "../../elements/icons.js";
import { Stars } from "../../elements/stars.js";
import { OverlayElement } from "../overlay.js";
import { ZoomPane } from "../zoom-pane.js";

/** @type {Record<string, number>} */
const STEPS = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 };

export class ImageViewer extends OverlayElement {
  /** @override @type {"viewer"} */
  name = "viewer";
  /** @override */
  label = "Full screen";
  #pane = new ZoomPane();
  #stars = new Stars((rating) => this.request("rate-images", { rating, asset: this.#id }));
  #favourite = h("button", { type: "button", class: "bare", "aria-label": "Favourite", title: "Favourite", "data-keys": "favourite" }, icon("heart"));
  #place = h("span", { class: "note", role: "status" });
  #words = h("p", { class: "viewer-words" });
  #before = this.#step("left", "Previous image", -1);
  #after = this.#step("right", "Next image", 1);
  #id = "";
  #focus = 0;
  #total = 0;

  /** @override */
  compose() {
    this.#favourite.addEventListener("click", () => this.request("toggle-favourite", { asset: this.#id }));
    this.#pane.element.append(this.#before, this.#after);
    const bar = h("div", { class: "viewer-bar" }, this.#stars.element, this.#favourite, this.#words, this.#place, this.closer());
    this.dialog.append(this.#pane.element, bar);
    this.dialog.tabIndex = -1;
    this.dialog.addEventListener("keydown", (event) => this.#key(event));
  }

  /** @override */
  opened() {
    this.#pane.view.fit();
    this.dialog.focus();
  }

  /** @override @param {State} state */
  draw({ gallery }) {
    const asset = focused(gallery);
    this.#focus = gallery.focus;
    this.#total = gallery.list.total ?? 0;
    if (!asset) {
      if (this.#total === 0) this.dialog.close();
      else this.request("load-images", { list: "gallery", from: gallery.focus, to: gallery.focus + 1 });
      return;
    }
    if (asset.id !== this.#id) this.#pane.view.fit();
    this.#id = asset.id;
    this.#pane.show({ ...asset, port: "", index: 0, asset_id: asset.id, value: null }, asset.prompt || asset.name || asset.kind, null);
    this.#stars.draw(asset.rating);
    this.#favourite.setAttribute("aria-pressed", String(asset.favourite));
    say(this.#words, asset.prompt || asset.name || "");
    say(this.#place, `${(this.#focus + 1).toLocaleString()} of ${this.#total.toLocaleString()}`);
    const active = document.activeElement;
    show(this.#before, this.#focus > 0);
    show(this.#after, this.#focus < this.#total - 1);
    if (active instanceof HTMLElement && active.hidden) this.dialog.focus(); // at an end of the list
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const step = STEPS[event.key];
    const onButton = event.target instanceof Element && event.target.closest(".star, .viewer-bar button") !== null;
    if (step) this.#go(step);
    else if (/^[0-5]$/.test(event.key)) this.request("rate-images", { rating: Number(event.key), asset: this.#id });
    else if (event.key.toLowerCase() === "f") this.request("toggle-favourite", { asset: this.#id });
    else if (event.key.toLowerCase() === "x") this.request("reject-images", {});
    else if (event.key === "Delete") this.request("trash-images", { asset: this.#id });
    else if (event.key === " " && !onButton) this.dialog.close();
    else if ((event.key !== "+" && event.key !== "-") || !this.#pane.key(event)) return;
    event.preventDefault();
  }

  /** @param {number} by */
  #go(by) {
    const index = this.#focus + by;
    if (index >= 0 && index < this.#total) this.request("pick-image", { index });
  }

  /** @param {import("../../elements/icons.js").IconName} name @param {string} label @param {number} by */
  #step(name, label, by) {
    const button = h("button", { type: "button", class: `lightbox-step ${name}`, "aria-label": label, title: label }, icon(name));
    button.addEventListener("click", () => this.#go(by));
    return button;
  }
}

customElements.define("qp-image-viewer", ImageViewer);
