/** The list of sets: a strip of images, the name, rows and size; a table becomes a new one. */
/** @import { BatchEntry, SetEntry, SetsState } from "../../state/sets.js" */
/** @import { MakeRequest } from "../../state/requests.js" */
import { count } from "../../state/words.js";
import { h, reconcile, say, show } from "../../elements/dom.js";
import { icon } from "../../elements/icons.js";
import { batchCard, drawBatchCard } from "./batch-card.js";

const STRIP = 6;

export class SetList {
  #file = h("input", { type: "file", class: "unseen", accept: ".csv,.tsv,.txt,text/csv", tabindex: -1, "aria-label": "Table of a new set" });
  #sets = h("div", { class: "set-entries" });
  #matrices = h("section", { class: "set-matrices", "aria-label": "Matrices" }, h("h2", {}, "Matrices"), h("div", { class: "batch-former" }));
  #note = h("p", { class: "note", role: "status" });
  element;

  /** @param {MakeRequest} request */
  constructor(request) {
    this.request = request;
    this.#file.addEventListener("change", () => {
      const [file] = this.#file.files ?? [];
      if (file) request("read-table", { file });
      this.#file.value = "";
    });
    const pick = h("button", { type: "button", class: "quiet", onclick: () => this.#file.click() }, icon("upload"), "Choose a CSV file");
    const write = h("button", { type: "button", class: "quiet", onclick: () => request("new-set", {}) }, icon("edit"), "Write a table");
    const words = h("p", {}, h("strong", {}, "Your own set"), h("span", { class: "note" }, "Drop or paste a CSV table here: each row becomes an image. The template is guessed from the columns."));
    this.element = h("div", { class: "set-list" }, this.#note, this.#sets, h("div", { class: "set-drop" }, words, pick, write, this.#file), this.#matrices);
  }

  /** @param {SetsState} sets */
  draw({ list, batches }) {
    say(this.#note, list ? "No set yet. A CSV file makes one." : "Loading the sets…");
    show(this.#note, !list?.length);
    this.#drawMatrices(batches);
    const newest = (/** @type {SetEntry} */ { id }) => batches.find((batch) => batch.set_id === id);
    reconcile(this.#sets, list ?? [], ({ id }) => id, (set) => this.#entry(set), (element, set) => drawEntry(element, set, newest(set)));
  }

  /** @param {readonly BatchEntry[]} batches */
  #drawMatrices(batches) {
    const matrices = batches.filter(({ kind }) => kind === "matrix").slice(0, 12);
    const cards = /** @type {Element} */ (this.#matrices.lastElementChild);
    reconcile(cards, matrices, ({ id }) => id, ({ id }) => batchCard(() => this.request("open-batch", { batch: id })), drawBatchCard);
    show(this.#matrices, matrices.length > 0);
  }

  /** @param {SetEntry} set */
  #entry({ id }) {
    const parts = [h("span", { class: "set-strip", "aria-hidden": "true" }), h("strong", {}), h("span", { class: "note" }), h("span", { class: "set-about" }), h("span", { class: "set-fault" })];
    return h("button", { type: "button", class: "set-entry", onclick: () => this.request("open-set", { set: id }) }, ...parts);
  }
}

/** @param {HTMLElement} element @param {SetEntry} set @param {BatchEntry | undefined} newest batch of it */
function drawEntry(element, set, newest) {
  const [strip, name, facts, about, fault] = /** @type {[HTMLElement, HTMLElement, HTMLElement, HTMLElement, HTMLElement]} */ (/** @type {unknown} */ ([...element.children]));
  const images = newest?.thumbnails ?? [];
  const slots = Array.from({ length: STRIP }, (_, index) => ({ index, url: images[index] ?? "" }));
  reconcile(strip, slots, ({ index, url }) => `${index} ${url}`, ({ url }) => (url ? h("img", { src: url, alt: "", loading: "lazy", decoding: "async" }) : h("i", {})));
  const size = set.width && set.height ? `${set.width} × ${set.height}` : "";
  say(name, set.name);
  say(facts, [count(set.rows, "row"), size, set.own ? "yours" : "shipped"].filter(Boolean).join(" · "));
  say(about, set.description);
  const trouble = set.unreadable ?? (set.errors ? `${count(set.errors, "error")} in the table` : "");
  say(fault, trouble);
  show(fault, trouble !== "");
  /** @type {HTMLButtonElement} */ (element).disabled = set.unreadable !== null;
}
