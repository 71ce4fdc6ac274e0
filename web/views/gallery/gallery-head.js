/** The header of the gallery: the source that is shown, its size, and imports. */
/** @import { State } from "../../state/types.js" */
import { sourceTitle } from "../../state/selectors/gallery.js";
import { quantity } from "../../state/words.js";
import { h, say } from "../../elements/dom.js";
import { QpElement } from "../../elements/element.js";
import { importable } from "../../elements/dropped-files.js";
import { icon } from "../../elements/icons.js";

export class GalleryHead extends QpElement {
  #title = h("strong", {});
  #count = h("span", { class: "saved", role: "status" });

  /** @override */
  build() {
    const files = this.#picker("Import images or zip archives", "upload", { accept: "image/*,.zip" });
    const folder = this.#picker("Import a folder", "folder", { webkitdirectory: true });
    folder.classList.add("wide-only");
    this.append(
      h("div", { class: "head-document" }, this.#title, this.#count),
      h("div", { class: "tools", role: "toolbar", "aria-label": "Gallery" }, files, folder),
    );
  }

  /** @override @param {State} state */
  render({ gallery }) {
    const { list, facets } = gallery;
    say(this.#title, sourceTitle(gallery));
    const total = list.total?.toLocaleString() ?? "";
    const of = facets && list.total !== null && facets.all > list.total ? ` of ${facets.all.toLocaleString()}` : "";
    say(this.#count, `${total}${of}`);
    this.#count.title = list.milliseconds ? `Found in ${quantity(list.milliseconds, "ms")}` : "";
  }

  /** A button that opens the dialog of files. @param {string} label @param {import("../../elements/icons.js").IconName} name @param {Record<string, unknown>} attributes */
  #picker(label, name, attributes) {
    const input = h("input", { type: "file", class: "unseen", multiple: true, tabindex: -1, "aria-label": label, ...attributes });
    input.addEventListener("change", () => {
      this.request("import-images", { files: importable(input.files ?? []) });
      input.value = "";
    });
    const button = h("button", { type: "button", class: "bare", "aria-label": label, title: label }, icon(name));
    button.addEventListener("click", () => input.click());
    return h("span", { class: "file-button" }, button, input);
  }
}

customElements.define("qp-gallery-head", GalleryHead);
