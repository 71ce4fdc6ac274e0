/** The trash of datasets: each can be brought back or removed for good. */
/** @import { Dataset } from "../../state/datasets.js" */
/** @import { MakeRequest } from "../../state/requests.js" */
import { count } from "../../state/words.js";
import { h, reconcile, say, show } from "../../elements/dom.js";
import { icon } from "../../elements/icons.js";

export class DatasetTrash {
  #title = h("summary", {});
  #list = h("ul", { class: "dataset-list" });
  element = h("details", { class: "dataset-trash", hidden: true }, this.#title, this.#list);

  /** @param {MakeRequest} request */
  constructor(request) {
    this.request = request;
  }

  /** @param {readonly Dataset[]} datasets */
  draw(datasets) {
    show(this.element, datasets.length > 0);
    say(this.#title, `Trash (${datasets.length})`);
    reconcile(this.#list, datasets, ({ id }) => id, (dataset) => this.#row(dataset), (row, { name, images }) => {
      const [text] = row.children;
      if (text) say(text, `${name} · ${count(images, "image")}`);
    });
  }

  /** @param {Dataset} dataset @returns {HTMLElement} */
  #row({ id, name }) {
    const recover = h("button", { type: "button", class: "bare", title: "Restore", "aria-label": `Restore ${name}`, onclick: () => this.request("recover-dataset", { id }) }, icon("undo"));
    const purge = h("button", { type: "button", class: "bare", title: "Delete for good", "aria-label": `Delete ${name} for good`, onclick: () => this.request("purge-dataset", { id }) }, icon("trash"));
    return h("li", {}, h("span", {}), recover, purge);
  }
}
