/** The images of a dataset with their captions, which are edited in place. */
/** @import { DatasetImage, OpenDataset } from "../../state/datasets.js" */
/** @import { MakeRequest } from "../../state/requests.js" */
import { fill, h, reconcile, say, show } from "../../elements/dom.js";

export class DatasetGrid {
  element = h("ul", { class: "dataset-grid" });
  /** @type {ReadonlySet<string>} */
  #selected = new Set();

  /** @param {MakeRequest} request */
  constructor(request) {
    this.request = request;
  }

  /** @param {OpenDataset} open */
  draw({ images, selected, faults }) {
    this.#selected = new Set(selected);
    /** @type {Map<string, string>} the first fault of each image */
    const problems = new Map();
    for (const { name, detail } of faults) if (name && !problems.has(name)) problems.set(name, detail);
    reconcile(this.element, images, ({ name }) => name, (image) => this.#card(image), (card, image) => this.#drawCard(card, image, problems.get(image.name) ?? ""));
  }

  /** @param {DatasetImage} image @returns {HTMLElement} */
  #card({ name }) {
    const check = h("input", { type: "checkbox", "aria-label": `Select ${name}` });
    check.addEventListener("change", () => this.#toggle(name, check.checked));
    const text = h("textarea", { class: "well", rows: 3, maxlength: 3000, "aria-label": `Caption of ${name}`, placeholder: "No caption" });
    text.addEventListener("change", () => this.request("caption-image", { name, caption: text.value }));
    const picture = h("label", { class: "dataset-picture" }, h("img", { alt: "", loading: "lazy" }), check);
    return h("li", { class: "dataset-image" }, picture, h("p", { class: "dataset-name", title: name }), text, h("p", { class: "dataset-fault" }));
  }

  /** @param {HTMLElement} card @param {DatasetImage} image @param {string} problem */
  #drawCard(card, { name, caption, thumbnail_url: url, width, height, problem: broken }, problem) {
    const [picture, title, text, fault] = /** @type {HTMLElement[]} */ ([...card.children]);
    const [img, check] = /** @type {[HTMLImageElement, HTMLInputElement]} */ ([...(picture?.children ?? [])]);
    if (!broken && img.getAttribute("src") !== url) img.src = url;
    show(img, !broken);
    check.checked = this.#selected.has(name);
    card.classList.toggle("selected", check.checked);
    if (title) say(title, width ? `${name} · ${width} × ${height}` : name);
    if (text && text !== document.activeElement) fill(/** @type {HTMLTextAreaElement} */ (text), caption ?? "");
    if (fault) {
      say(fault, problem);
      show(fault, problem !== "");
    }
  }

  /** @param {string} name @param {boolean} chosen */
  #toggle(name, chosen) {
    const names = [...this.#selected].filter((other) => other !== name);
    this.request("select-dataset-images", { names: chosen ? [...names, name] : names });
  }
}
