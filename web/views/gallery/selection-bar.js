/** The bar of the selection: rate, collect, send, download, trash. */
/** @import { State } from "../../state/types.js" */
/** @import { MakeRequest } from "../../state/requests.js" */
import { sourceOf } from "../../document/image-filter.js";
import { isSelecting, selectedCount } from "../../state/image-selection.js";
import { inTrash } from "../../state/selectors/gallery.js";
import { h, say, show } from "../../elements/dom.js";
import { icon } from "../../elements/icons.js";
import { Stars } from "../../elements/stars.js";
import { CollectMenu, SendMenu, ZipMenu } from "./menus.js";

export class SelectionBar {
  #count = h("strong", { class: "selection-count" });
  #word = h("span", { class: "wide-only" }, " selected");
  #stars;
  #collect;
  #send;
  #zip;
  #dataset;
  #compare;
  #uncollect;
  #restore;
  #trash;
  #clear;
  element;
  #collection = "";

  /** @param {MakeRequest} request */
  constructor(request) {
    this.request = request;
    this.#stars = new Stars((rating) => request("rate-images", { rating }));
    this.#collect = new CollectMenu(request);
    this.#send = new SendMenu(request);
    this.#zip = new ZipMenu((kept) => request("download-images", kept));
    this.#dataset = this.#button("camera", "Dataset", "Make a dataset for a training; prompts become captions", () => this.request("make-dataset", {}));
    this.#dataset.dataset.keys = "make-dataset";
    this.#compare = this.#button("mirror", "Compare", "Compare the two images and their settings", () => this.request("compare-images", {}));
    this.#uncollect = this.#button("minus", "Remove", "Remove from the collection", () => this.request("uncollect-images", { collection: this.#collection }));
    this.#restore = this.#button("undo", "Restore", "Restore from the trash", () => this.request("restore-images", {}));
    this.#trash = this.#bare("trash", "Move to the trash", "trash-images", "trash-images");
    this.#clear = this.#bare("close", "Clear the selection", "pick-none", "deselect-images");
    const counted = h("p", { role: "status" }, this.#count, this.#word);
    this.element = h(
      "div",
      { class: "selection-bar", role: "toolbar", "aria-label": "Selection", hidden: true },
      counted,
      this.#stars.element,
      this.#collect.element,
      this.#uncollect,
      this.#send.element,
      this.#zip.element,
      this.#dataset,
      this.#compare,
      this.#restore,
      this.#trash,
      this.#clear,
    );
  }

  /** @param {State} state */
  draw(state) {
    const { gallery } = state;
    const { selection, list } = gallery;
    show(this.element, isSelecting(selection));
    if (this.element.hidden) {
      this.#send.close();
      this.#collect.close();
      this.#zip.close();
      return;
    }
    say(this.#count, selectedCount(selection, list.total).toLocaleString());
    const deleted = inTrash(gallery);
    const { name, value } = sourceOf(list.filter);
    this.#collection = name === "collection" ? value : "";
    for (const part of [this.#stars.element, this.#collect.element, this.#zip.element, this.#dataset]) show(part, !deleted);
    show(this.#send.element, !deleted && !selection.all);
    show(this.#compare, !deleted && !selection.all && selection.ids.size === 2);
    show(this.#uncollect, this.#collection !== "");
    show(this.#restore, deleted);
    const label = deleted ? "Delete for good" : "Move to the trash";
    this.#trash.title = label;
    this.#trash.setAttribute("aria-label", label);
    const ratings = new Set([...list.items.values()].filter(({ id }) => selection.ids.has(id)).map(({ rating }) => rating));
    this.#stars.draw(ratings.size === 1 ? ([...ratings][0] ?? 0) : 0);
    this.#collect.draw(state);
    this.#send.draw(state);
  }

  /** @param {import("../../elements/icons.js").IconName} name @param {string} text @param {string} title @param {() => void} act */
  #button(name, text, title, act) {
    return h("button", { type: "button", class: "quiet", title, onclick: act }, icon(name), h("span", {}, text));
  }

  /** @param {import("../../elements/icons.js").IconName} name @param {string} label @param {"trash-images" | "pick-none"} request @param {string} action */
  #bare(name, label, request, action) {
    return h("button", { type: "button", class: "bare", "aria-label": label, title: label, "data-keys": action, onclick: () => this.request(request, {}) }, icon(name));
  }
}
