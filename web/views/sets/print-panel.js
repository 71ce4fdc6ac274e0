/** The print of a batch: paper, card, bleed, marks and backs, and the files to save. */
/** @import { MakeRequest } from "../../state/requests.js" */
/** @import { State } from "../../state/types.js" */
import { batchCounts, printValues } from "../../state/sets.js";
import { count } from "../../state/words.js";
import { h, say, show } from "../../elements/dom.js";
import { icon } from "../../elements/icons.js";
import { PartForm } from "./part-form.js";

const OPERATION = "print_cards";
const OF_BATCH = ["images", "image_bleed_mm", "document_title"]; // the batch supplies them

export class PrintPanel {
  #fields = h("div", {});
  #note = h("p", { class: "note" });
  #cards = h("button", { type: "button", class: "quiet" }, icon("print"), "Save PDF");
  #sheet = h("button", { type: "button", class: "quiet" }, icon("gallery"), "Contact sheet");
  /** @type {PartForm | null} */
  #form = null;
  element = h("section", { class: "print-panel", "aria-label": "Print" }, h("h2", {}, "Print"), this.#fields, this.#note, h("div", { class: "row" }, this.#cards, this.#sheet));

  /** @param {MakeRequest} request */
  constructor(request) {
    this.request = request;
    this.#cards.addEventListener("click", () => request("print-batch", { format: "cards" }));
    this.#sheet.addEventListener("click", () => request("print-batch", { format: "contact_sheet" }));
  }

  /** @param {State} state */
  draw(state) {
    const { batch, busy } = state.sets;
    const offered = state.entries.some(({ name }) => name === OPERATION);
    show(this.element, offered && batch !== null);
    if (!offered || !batch) return;
    if (!this.#form) {
      const change = (/** @type {Record<string, any>} */ values) => this.request("change-print", { values });
      const request = /** @type {MakeRequest} */ ((name, detail) => (name === "upload-file" ? this.#upload(detail) : this.request(name, detail)));
      this.#form = new PartForm({ id: "set-print", operation: OPERATION, includes: (name) => !OF_BATCH.includes(name), change, request, takes: "change-print" });
      this.#fields.append(this.#form.element);
    }
    this.#form.draw(printValues(state.sets), state);
    const { done, rows } = batchCounts(batch);
    const missing = rows - done;
    say(this.#note, missing > 0 ? `${count(done, "card")}; ${count(missing, "missing row")} left out` : count(done, "card"));
    for (const button of [this.#cards, this.#sheet]) button.disabled = done === 0 || busy !== "";
  }

  /** @param {any} detail of an upload: the image of the back */
  #upload({ file }) {
    this.request("upload-back", { file });
  }
}
