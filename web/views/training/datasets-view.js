/** The datasets: the list, the images of the open one with their captions, its faults and versions. */
/** @import { State } from "../../state/types.js" */
/** @import { Dataset, DatasetsState } from "../../state/datasets.js" */
import { datasetFiles } from "../../state/datasets.js";
import { count } from "../../state/words.js";
import { h, reconcile, say, show } from "../../elements/dom.js";
import { droppedTree, pickedTree } from "../../elements/dropped-files.js";
import { QpElement } from "../../elements/element.js";
import { carriesFiles } from "../../elements/fields/image.js";
import { icon } from "../../elements/icons.js";
import { DropVeil } from "../drop-veil.js";
import { CaptionBar } from "./caption-bar.js";
import { DatasetGrid } from "./dataset-grid.js";
import { DatasetPanel } from "./dataset-panel.js";
import { DatasetTrash } from "./dataset-trash.js";

export class DatasetsView extends QpElement {
  #ask = this.request.bind(this);
  #list = h("ul", { class: "dataset-list" });
  #folder = h("input", { type: "file", class: "unseen", webkitdirectory: true, multiple: true, tabindex: -1, "aria-label": "Import a folder" });
  #file = h("input", { type: "file", class: "unseen", multiple: true, accept: "image/*,.zip,.txt,.caption,.json", tabindex: -1, "aria-label": "Import images" });
  #title = h("h2", { class: "dataset-title" });
  #name = h("input", { type: "text", class: "well slim", "aria-label": "Name of the dataset", maxlength: 80, hidden: true });
  #about = h("p", { class: "note" });
  #progress = h("p", { class: "note dataset-progress", role: "status", hidden: true });
  #empty = h("div", { class: "dataset-empty" }, h("h2", {}, "No dataset is open"), h("p", {}, "Drop images, a folder or a zip here. Captions in .txt files beside the images are read."));
  #grid = new DatasetGrid(this.#ask);
  #bar = new CaptionBar(this.#ask);
  #panel = new DatasetPanel(this.#ask);
  #veil = new DropVeil("Drop images, a folder or a zip");
  #more = h("button", { type: "button", class: "quiet" }, "Show more");
  #trash = new DatasetTrash(this.#ask);
  #back = h("button", { type: "button", class: "bare dataset-back", "aria-label": "All datasets", title: "All datasets" }, icon("left"));
  #body = h("section", { class: "dataset-body", "aria-label": "Dataset" });
  #opened = false;
  #id = "";

  /** @override */
  build() {
    const button = (/** @type {import("../../elements/icons.js").IconName} */ name, /** @type {string} */ text, /** @type {() => void} */ act) =>
      h("button", { type: "button", class: "quiet small", onclick: act }, icon(name), text);
    const add = h("div", { class: "dataset-add" }, button("folder", "Folder", () => this.#folder.click()), button("upload", "Files", () => this.#file.click()));
    const side = h("aside", { class: "dataset-side", "aria-label": "Datasets" }, h("h2", {}, "Datasets"), add, this.#list, this.#trash.element);
    const rename = h("button", { type: "button", class: "bare", "aria-label": "Rename", title: "Rename", onclick: () => this.#rename(true) }, icon("edit"));
    this.#name.addEventListener("change", () => this.request("rename-dataset", { id: this.#id, name: this.#name.value.trim() }));
    for (const type of ["change", "blur"]) this.#name.addEventListener(type, () => this.#rename(false));
    const trash = button("trash", "Delete", () => this.request("trash-dataset", { id: this.#id }));
    const report = button("file", "Report", () => window.open(`/api/datasets/${encodeURIComponent(this.#id)}/report.html`, "_blank", "noopener"));
    const head = h("header", { class: "dataset-head" }, this.#back, h("div", {}, h("div", { class: "dataset-naming" }, this.#title, this.#name, rename), this.#about), report, trash);
    this.#body.append(head, this.#bar.element, this.#grid.element, this.#more);
    const main = h("div", { class: "dataset-main" }, this.#progress, this.#empty, this.#body);
    this.append(side, main, this.#panel.element, this.#veil.element, this.#folder, this.#file);
    this.#more.addEventListener("click", () => this.request("more-dataset-images", {}));
    this.#back.addEventListener("click", () => this.request("open-dataset", { id: "" }));
    for (const input of [this.#folder, this.#file]) {
      input.addEventListener("change", () => {
        this.#takeIn(pickedTree(input.files ?? []), input === this.#file ? this.#id : "");
        input.value = "";
      });
    }
  }

  /** Shows the field of the name, or the name. @param {boolean} editing */
  #rename(editing) {
    show(this.#name, editing);
    show(this.#title, !editing);
    if (!editing) return;
    this.#name.value = this.#title.textContent ?? "";
    this.#name.select();
  }

  /** @override @param {AbortSignal} signal */
  connected(signal) {
    this.#veil.enable(this, signal);
    this.addEventListener("dragover", (event) => carriesFiles(event) && event.preventDefault(), { signal });
    this.addEventListener("drop", (event) => void this.#drop(event), { signal });
  }

  /** @param {DragEvent} event */
  async #drop(event) {
    if (!event.dataTransfer || !carriesFiles(event)) return;
    event.preventDefault();
    this.#takeIn(await droppedTree(event.dataTransfer), this.#id);
  }

  /** @param {import("../../state/datasets.js").PlacedFile[]} files @param {string} id of the dataset that gets them; empty for a new one */
  #takeIn(files, id) {
    this.request("import-dataset", { files: datasetFiles(files), id: id || undefined });
  }

  /** @override @param {State} state */
  render(state) {
    const { place, datasets } = state;
    if (place !== "training") {
      this.#opened = false;
      return;
    }
    if (!this.#opened) {
      this.#opened = true;
      this.request("open-datasets", {});
    }
    if (datasets) this.#draw(datasets, state);
  }

  /** @param {DatasetsState} datasets @param {State} state */
  #draw({ items, open, upload, trash }, state) {
    this.#trash.draw(trash ?? []);
    const dataset = items.find(({ id }) => id === open?.id);
    this.#id = dataset?.id ?? "";
    this.classList.toggle("dataset-open", dataset !== undefined);
    reconcile(this.#list, items, ({ id }) => id, (item) => this.#card(item), (card, item) => drawCard(card, item, item.id === this.#id));
    show(this.#progress, upload !== null);
    if (upload) say(this.#progress, `Uploading part ${upload.done + 1} of ${upload.total} …`);
    show(this.#empty, !dataset);
    show(this.#body, dataset !== undefined);
    show(this.#panel.element, dataset !== undefined);
    if (!dataset || !open) return;
    say(this.#title, dataset.name);
    say(this.#about, `${count(dataset.images, "image")} · ${dataset.captioned} with a caption · version ${dataset.version}`);
    this.#bar.draw(open, dataset);
    this.#grid.draw(open);
    this.#panel.draw(open, dataset, state);
    show(this.#more, open.next !== null);
  }

  /** @param {Dataset} dataset */
  #card({ id }) {
    const button = h("button", { type: "button", class: "dataset-card", onclick: () => this.request("open-dataset", { id }) }, h("span", { class: "dataset-strip" }), h("strong", {}), h("span", { class: "note" }));
    return h("li", {}, button);
  }
}

/** @param {HTMLElement} card @param {Dataset} dataset @param {boolean} current */
function drawCard(card, { name, images, thumbnails, version }, current) {
  const [button] = card.children;
  const [strip, title, note] = /** @type {HTMLElement[]} */ ([...(button?.children ?? [])]);
  button?.setAttribute("aria-pressed", String(current));
  if (strip) reconcile(strip, thumbnails, (url) => url, (url) => h("img", { src: url, alt: "", loading: "lazy" }));
  if (title) say(title, name);
  if (note) say(note, `${count(images, "image")} · version ${version}`);
}

customElements.define("qp-datasets", DatasetsView);
