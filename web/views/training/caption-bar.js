/** The bar of bulk edits: captions of the selected images, or of all. */
/** @import { Dataset, OpenDataset } from "../../state/datasets.js" */
/** @import { MakeRequest } from "../../state/requests.js" */
import { tagsOf } from "../../state/datasets.js";
import { h, say } from "../../elements/dom.js";
import { icon } from "../../elements/icons.js";

const FIELDS = [
  { name: "find", title: "Find", hint: "text in captions" },
  { name: "replace", title: "Replace with", hint: "" },
  { name: "prefix", title: "Prefix", hint: "trigger word" },
  { name: "add_tags", title: "Add tags", hint: "red, flat" },
  { name: "remove_tags", title: "Remove tags", hint: "red, flat" },
];

export class CaptionBar {
  /** @type {Map<string, HTMLInputElement>} */
  #fields = new Map();
  #all = h("button", { type: "button", class: "quiet small" }, "Select all");
  #apply = h("button", { type: "submit", class: "quiet small" }, "Apply");
  #remove = h("button", { type: "button", class: "quiet small" }, icon("trash"), h("span", {}, "Remove"));
  #count = h("p", { class: "note", role: "status" });
  element;
  /** @type {string[]} */
  #names = [];

  /** @param {MakeRequest} request */
  constructor(request) {
    const inputs = FIELDS.map(({ name, title, hint }) => {
      const input = h("input", { type: "text", class: "well slim", name, placeholder: hint, autocomplete: "off" });
      this.#fields.set(name, input);
      return h("label", { class: "caption-field" }, h("span", {}, title), input);
    });
    this.#all.addEventListener("click", () => request("select-dataset-images", { names: this.#names }));
    this.#remove.addEventListener("click", () => request("remove-dataset-images", {}));
    this.element = h("form", { class: "caption-bar", "aria-label": "Edit captions" }, ...inputs, h("div", { class: "caption-buttons" }, this.#count, this.#all, this.#apply, this.#remove));
    this.element.addEventListener("submit", (event) => {
      event.preventDefault();
      request("edit-captions", this.#edit());
      for (const input of this.#fields.values()) input.value = "";
    });
  }

  #edit() {
    const value = (/** @type {string} */ name) => this.#fields.get(name)?.value ?? "";
    return {
      find: value("find"),
      replace: value("replace"),
      prefix: value("prefix").trim(),
      add_tags: tagsOf(value("add_tags")),
      remove_tags: tagsOf(value("remove_tags")),
    };
  }

  /** @param {OpenDataset} open @param {Dataset} dataset */
  draw({ images, selected }, { images: total }) {
    const whole = selected.length === images.length;
    this.#names = whole ? [] : images.map(({ name }) => name);
    say(this.#all, whole && images.length ? "Select none" : "Select all");
    say(this.#count, selected.length ? `${selected.length} of ${total} selected` : "All images");
    this.#remove.disabled = selected.length === 0;
  }
}
