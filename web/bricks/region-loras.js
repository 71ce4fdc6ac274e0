/** The LoRAs of one region: a row for each with its weight, and a list of those to add. */
/** @import { Lora, Model } from "../state/types.js" */
/** @import { RegionLora } from "../document/regions.js" */
import { withId } from "../document/lookup.js";
import { fill, h, reconcile, say, show } from "../elements/dom.js";
import { icon } from "../elements/icons.js";
import { loraProblem } from "./lora-problem.js";

const LEAST = -2;
const MOST = 2;

/** @typedef {{ library: Lora[], model: Model | null }} Offer of LoRAs for the model of the operation */

export class RegionLoras {
  #rows = h("div", { class: "region-loras" });
  #add = h("select", { class: "well slim" });
  #label = "";
  /** @type {RegionLora[]} */
  #loras = [];
  /** @type {(loras: RegionLora[]) => void} */
  #write;

  /** @param {string} region its name @param {(loras: RegionLora[]) => void} write */
  constructor(region, write) {
    this.#label = region;
    this.#write = write;
    this.#add.setAttribute("aria-label", `Add a LoRA to ${region.toLowerCase()}`);
    this.#add.addEventListener("change", () => {
      if (this.#add.value) write([...this.#loras, { name: this.#add.value, weight: 1 }]);
    });
    this.element = h("div", { class: "region-lora-part" }, this.#rows, this.#add);
  }

  /** @param {RegionLora[]} loras @param {Offer} offer */
  draw(loras, { library, model }) {
    this.#loras = loras;
    reconcile(this.#rows, loras, ({ name }) => name, ({ name }) => this.#row(name), (row, lora) => drawRow(row, lora, withId(library, lora.name), model));
    const used = new Set(loras.map(({ name }) => name));
    const fitting = library.filter((lora) => !used.has(lora.id) && !loraProblem(lora, model));
    const options = [{ id: "", label: "Add a LoRA…" }, ...fitting];
    reconcile(this.#add, options, ({ id }) => id, ({ id }) => h("option", { value: id }), (option, { label }) => say(option, label));
    this.#add.value = "";
    show(this.#add, fitting.length > 0);
    show(this.element, fitting.length > 0 || loras.length > 0);
  }

  /** @param {string} name */
  #row(name) {
    const weight = h("input", { type: "number", class: "slider-number", min: LEAST, max: MOST, step: 0.05 });
    const remove = h("button", { type: "button", class: "bare", title: "Remove" }, icon("trash"));
    weight.addEventListener("input", () => {
      if (Number.isNaN(weight.valueAsNumber)) return;
      this.#write(this.#loras.map((lora) => (lora.name === name ? { ...lora, weight: weight.valueAsNumber } : lora)));
    });
    remove.addEventListener("click", () => this.#write(this.#loras.filter((lora) => lora.name !== name)));
    const row = h("div", { class: "region-lora" }, h("span", { class: "lora-name" }), weight, remove, h("p", { class: "field-problem", role: "alert", hidden: true }));
    row.dataset.region = this.#label;
    return row;
  }
}

/** @param {HTMLElement} row @param {RegionLora} lora @param {Lora | undefined} known @param {Model | null} model */
function drawRow(row, lora, known, model) {
  const label = known?.label ?? lora.name;
  const name = /** @type {HTMLElement} */ (row.querySelector(".lora-name"));
  const weight = /** @type {HTMLInputElement} */ (row.querySelector("input"));
  const problem = /** @type {HTMLElement} */ (row.querySelector(".field-problem"));
  say(name, label);
  name.title = label;
  weight.setAttribute("aria-label", `${row.dataset.region} weight of ${label}`);
  row.querySelector("button")?.setAttribute("aria-label", `Remove ${label} from ${row.dataset.region?.toLowerCase()}`);
  if (document.activeElement !== weight) fill(weight, String(lora.weight));
  const text = loraProblem(known, model);
  say(problem, text);
  show(problem, text !== "");
}
