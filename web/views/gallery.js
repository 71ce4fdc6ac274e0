/** The gallery of generated and uploaded images, to choose one. */
/** @import { Asset, State } from "../state/types.js" */
import { count } from "../state/words.js";
import { h, reconcile, say, show } from "../elements/dom.js";
import { OverlayElement } from "./overlay.js";

export class Gallery extends OverlayElement {
  /** @override @type {"gallery"} */
  name = "gallery";
  /** @override */
  label = "Choose an image";
  #total = h("span", { class: "note", role: "status" });
  #grid = h("div", { class: "gallery-grid", role: "list" });
  #none = h("p", { class: "gallery-none" }, "No images yet. Generated and uploaded images appear here.");
  #more = h("button", { type: "button", class: "quiet" }, "Show more");
  #target = { brick: "", name: "" };
  /** @type {import("../state/types.js").Overlay | null} the lightbox that opened the gallery */
  #back = null;

  /** @override */
  compose() {
    this.#more.addEventListener("click", () => this.request("load-more-images", {}));
    const head = h("header", { class: "overlay-head" }, h("h2", {}, "Choose an image"), this.#total, this.closer());
    this.dialog.append(head, this.#none, this.#grid, this.#more);
  }

  /** @override @param {State} state */
  opened(state) {
    const { pictures, index } = state.overlay;
    this.#back = pictures ? { name: "lightbox", pictures, index } : null;
    this.#target = { brick: state.overlay.brick ?? "", name: state.overlay.field ?? "image" };
    this.dialog.scrollTop = 0;
  }

  /** @override @param {State} state */
  draw({ gallery }) {
    say(this.#total, gallery ? count(gallery.total, "image") : "Loading…");
    show(this.#none, gallery?.items.length === 0);
    show(this.#more, Boolean(gallery?.next));
    reconcile(this.#grid, gallery?.items ?? [], (asset) => asset.id, (asset) => this.#cell(asset));
  }

  /** @param {Asset} asset */
  #cell(asset) {
    const size = asset.width ? `${asset.width} × ${asset.height}` : "";
    const created = new Date(asset.created_at).toLocaleString();
    const words = [asset.name, size, created].filter(Boolean).join(" · ");
    const image = h("img", { src: asset.thumbnail_url, alt: "", loading: "lazy", decoding: "async" });
    const button = h("button", { type: "button", class: "picture", title: words, "aria-label": words }, image);
    button.addEventListener("click", () => {
      if (this.#back) this.#back = { ...this.#back, beside: asset };
      else this.request("set-prop", { ...this.#target, value: asset.id });
      this.dialog.close();
    });
    return h("div", { role: "listitem" }, button);
  }

  /** Returns to the lightbox that opened the gallery. @override */
  close() {
    if (this.current && this.#back) this.request("show", this.#back);
    else super.close();
  }
}

customElements.define("qp-gallery", Gallery);
