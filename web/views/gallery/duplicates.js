/** Groups of images that are the same or nearly so; one of a group is kept, the others leave. */
/** @import { DuplicateGroup, State } from "../../state/types.js" */
/** @import { MakeRequest } from "../../state/requests.js" */
import { h, reconcile, say, show } from "../../elements/dom.js";
import { icon } from "../../elements/icons.js";

export class Duplicates {
  #head = h("p", { class: "note", role: "status" });
  #groups = h("div", { class: "duplicate-groups" });
  #close = h("button", { type: "button", class: "quiet" }, icon("left"), "All images");
  element = h("section", { class: "duplicates", "aria-label": "Duplicates", hidden: true }, h("div", { class: "duplicates-head" }, this.#close, this.#head), this.#groups);

  /** @param {MakeRequest} request */
  constructor(request) {
    this.request = request;
    this.#close.addEventListener("click", () => request("search-images", {}));
  }

  /** @param {State} state */
  draw({ gallery }) {
    const groups = gallery.duplicates;
    show(this.element, groups !== null);
    if (!groups) return;
    say(this.#head, groups.length ? "Keep one image of a group; the others move to the trash." : "No duplicates: every image differs from the others.");
    reconcile(this.#groups, groups, keyOf, (group) => this.#group(group));
  }

  /** @param {DuplicateGroup} group */
  #group(group) {
    const title = group.kind === "same" ? "The same image" : "Nearly the same";
    const cells = group.assets.map((asset) => {
      const words = [asset.width && `${asset.width} × ${asset.height}`, asset.name ?? asset.prompt].filter(Boolean).join(" · ");
      const keep = h("button", { type: "button", class: "quiet small", "aria-label": `Keep ${words}` }, "Keep");
      keep.addEventListener("click", () => this.request("keep-duplicate", { group, keep: asset.id }));
      const picture = h("img", { src: asset.thumbnail_url, alt: "", loading: "lazy" });
      return h("figure", { class: "duplicate" }, picture, h("figcaption", { class: "note", title: words }, words), keep);
    });
    return h("section", { class: "duplicate-group", "aria-label": title }, h("h3", {}, title), h("div", { class: "duplicate-row" }, ...cells));
  }
}

/** @param {DuplicateGroup} group */
function keyOf({ assets }) {
  return assets.map(({ id }) => id).join(" ");
}
