/** The tags of an image: remove one, add one. */
/** @import { MakeRequest } from "../../state/requests.js" */
import { h, reconcile, show } from "../../elements/dom.js";
import { icon } from "../../elements/icons.js";

export class TagEditor {
  #tags = h("div", { class: "tags-list", role: "group", "aria-label": "Tags" });
  #known = h("datalist", { id: "known-tags" });
  #field = h("input", { class: "well slim", "aria-label": "New tag", placeholder: "Tag", maxlength: 60, autocomplete: "off", list: "known-tags" });
  #form = h("form", { class: "tag-form", hidden: true }, this.#field, this.#known);
  #add = h("button", { type: "button", class: "chip" }, icon("plus"), "Tag");
  element = h("div", { class: "tags" }, this.#tags, this.#add, this.#form);

  #asset = "";

  /** @param {MakeRequest} request */
  constructor(request) {
    this.request = request;
    this.#add.addEventListener("click", () => {
      show(this.#form, true);
      show(this.#add, false);
      this.#field.focus();
    });
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      const tags = this.#field.value.split(",").map((tag) => tag.trim()).filter(Boolean);
      if (tags.length) this.request("tag-images", { add: tags, asset: this.#asset });
      this.#field.value = "";
    });
    this.#field.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      this.#field.value = "";
      this.#close();
      this.#add.focus();
    });
    this.#field.addEventListener("blur", () => this.#field.value.trim() || this.#close());
  }

  #close() {
    show(this.#form, false);
    show(this.#add, true);
  }

  /** @param {{ id: string, tags: readonly string[] }} asset @param {readonly string[]} known tags of other images */
  draw({ id, tags }, known) {
    if (id !== this.#asset) this.#field.value = "";
    this.#asset = id;
    reconcile(this.#tags, tags, String, (tag) => {
      const label = `Remove the tag ${tag}`;
      const button = h("button", { type: "button", class: "chip token", "aria-label": label, title: label }, h("span", {}, tag), icon("close"));
      button.addEventListener("click", () => this.request("tag-images", { remove: [tag], asset: this.#asset }));
      return button;
    });
    show(this.#tags, tags.length > 0);
    reconcile(this.#known, known, String, (tag) => h("option", { value: tag }));
  }
}
