/** The faults of a dataset with their repair, and its versions with undo. */
/** @import { Dataset, DatasetFault, DatasetVersion, OpenDataset } from "../../state/datasets.js" */
/** @import { MakeRequest } from "../../state/requests.js" */
/** @import { State } from "../../state/types.js" */
import { faultsOf } from "../../state/datasets.js";
import { count } from "../../state/words.js";
import { h, reconcile, say, show } from "../../elements/dom.js";
import { icon } from "../../elements/icons.js";
import { DescribeForm } from "./describe-form.js";

const SHOWN = 60;

export class DatasetPanel {
  #summary = h("p", { class: "dataset-summary", role: "status" });
  #repair = h("button", { type: "button", class: "quiet small", title: "Repair a copy, as a new version" }, icon("check"), "Repair");
  #faults = h("ul", { class: "dataset-faults" });
  #samples = h("input", { type: "number", class: "well slim", min: 1, max: 5000, step: 1, required: true, value: 20 });
  #id = "";
  #versions = h("ol", { class: "dataset-versions" });
  #describe;
  element;

  /** @param {MakeRequest} request */
  constructor(request) {
    this.request = request;
    this.#describe = new DescribeForm(request);
    this.#repair.addEventListener("click", () => request("repair-dataset", {}));
    const checks = h("section", { "aria-label": "Checks" }, h("header", {}, h("h2", {}, "Checks"), this.#repair), this.#summary, this.#faults);
    const versions = h("section", { "aria-label": "Versions" }, h("h2", {}, "Versions"), this.#versions);
    const augment = h("form", { class: "dataset-augment", "aria-label": "Augment" }, h("h2", {}, "Augment"), h("p", { class: "note" }, "A copy with changed images: flips, crops, tones, other words in captions."), h("div", { class: "dataset-add" }, h("label", { class: "caption-field" }, "Changed images", this.#samples), h("button", { type: "submit", class: "quiet small" }, "Make a copy")));
    augment.addEventListener("submit", (event) => {
      event.preventDefault();
      request("augment-dataset", { id: this.#id, samples: this.#samples.valueAsNumber });
    });
    this.element = h("aside", { class: "dataset-panel", "aria-label": "Checks and versions" }, checks, this.#describe.element, augment, versions);
  }

  /** @param {OpenDataset} open @param {Dataset} dataset @param {State} state */
  draw(open, { version }, state) {
    const { faults, versions, id } = open;
    this.#id = id;
    this.#describe.draw(open, state);
    const errors = faultsOf(faults, "error").length;
    const warnings = faults.length - errors;
    say(this.#summary, faults.length ? `${count(errors, "error")}, ${count(warnings, "warning")}` : "Ready for training.");
    this.#summary.classList.toggle("bad", errors > 0);
    show(this.#repair, faults.some(({ fix }) => fix !== null));
    reconcile(this.#faults, faults.slice(0, SHOWN), ({ code, name }) => `${code} ${name}`, (fault) => faultRow(fault), (row, fault) => say(row, `${fault.detail} ${fault.remedy}`));
    reconcile(this.#versions, versions, (entry) => String(entry.version), (entry) => this.#version(entry), (row, entry) => drawVersion(row, entry.version === version));
  }

  /** @param {DatasetVersion} entry */
  #version({ version, change, images, created_at: created }) {
    const restore = h("button", { type: "button", class: "quiet small", title: `Restore version ${version}`, onclick: () => this.request("restore-dataset", { version }) }, icon("undo"), "Restore");
    const text = h("div", {}, h("strong", {}, change), h("span", { class: "note" }, `Version ${version} · ${count(images, "image")} · ${new Date(created).toLocaleString()}`));
    return h("li", {}, text, restore);
  }
}

/** @param {DatasetFault} fault */
function faultRow({ level }) {
  return h("li", { class: level });
}

/** @param {HTMLElement} row @param {boolean} current */
function drawVersion(row, current) {
  const [, restore] = /** @type {HTMLElement[]} */ ([...row.children]);
  if (restore) show(restore, !current);
}
