/** The form of a new training: few fields first, the sections of the configuration under More. */
/** @import { Entry } from "../../document/types.js" */
/** @import { State } from "../../state/types.js" */
/** @import { TrainingFields, TrainingForm } from "../../state/training.js" */
import { entryNamed } from "../../document/lookup.js";
import { OPERATION, withDefaults } from "../../state/training.js";
import { h, say, show } from "../../elements/dom.js";
import { QpElement } from "../../elements/element.js";
import { PartForm } from "../sets/part-form.js";
import { noDatasets } from "./no-datasets.js";
import { TrainingSections } from "./training-sections.js";

const OWN = "new-training";

export class NewTraining extends QpElement {
  #own = h("div", {});
  #rest = h("div", {});
  /** The fields of the operation: those that come first, and those under More. @type {PartForm[]} */
  #parts = [];
  #sections = new TrainingSections({ prefix: "", change: (section, values) => this.request("change-training", { section, values }), request: this.request.bind(this) });
  #problem = h("p", { class: "field-problem", role: "alert", hidden: true });
  #noData = noDatasets(this.request.bind(this));
  #start = h("button", { type: "submit", class: "strong" }, "Start training");
  #note = h("p", { class: "note" });
  #fit = h("p", { class: "training-fit", role: "status", "aria-label": "Memory and time", hidden: true });
  /** @type {TrainingFields | null} */
  #fields = null;
  /** @type {Entry[]} */
  #entries = [];
  #here = false;

  /** @override */
  build() {
    const form = h("form", { class: "training-form", "aria-label": "New training", novalidate: true }, h("h2", {}, "New training"), this.#noData.element, this.#own, this.#note, this.#fit, this.#sections.element, this.#problem, h("div", { class: "training-go" }, this.#start));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.request("start-training", {});
    });
    this.#sections.element.append(this.#rest);
    this.append(h("div", { class: "training-page" }, form));
  }

  /** @override @param {State} state */
  render(state) {
    const { place, training, entries } = state;
    const here = place === "training" && training.tab === "new";
    if (here && !this.#here) this.request("load-training-form", {});
    this.#here = here;
    const entry = entryNamed(entries, OPERATION);
    if (!here || !entry) return;
    const { form } = training;
    this.#compose(form.fields, entry);
    const own = form.problems.filter(({ section }) => !section);
    const problems = own.map(({ field, detail }) => ({ brick: `${OWN}${isAdvanced(entry, field) ? "-more" : ""}`, field, detail }));
    const view = /** @type {State} */ (Object.create(state, { problems: { value: problems }, entries: { value: this.#entries } }));
    for (const part of this.#parts) part.draw(form.values, view);
    if (problems.some(({ brick }) => brick === `${OWN}-more`)) this.#sections.element.open = true;
    this.#sections.draw(form.sections, form.problems, form.fields, state);
    this.#drawProblem(form, entry);
    say(this.#note, form.fields?.trainable === false ? "LoRAs of this model's family cannot be trained: choose another base model." : "");
    show(this.#note, this.#note.textContent !== "");
    this.#noData.draw(state, form.values.dataset);
    say(this.#fit, form.estimate?.sentence ?? "");
    show(this.#fit, form.estimate !== null);
    this.#fit.classList.toggle("lacking", form.estimate?.fits === false);
    this.#start.disabled = form.busy || !form.values.dataset || state.connection === "offline";
    say(this.#start, form.busy ? "Checking…" : "Start training");
  }

  /** Shows mistakes that no field has. @param {TrainingForm} form @param {Entry} entry */
  #drawProblem({ problems, fields }, entry) {
    const known = new Set(fields?.sections.map(({ name }) => name));
    const others = problems.filter(({ section, field }) => (section ? !known.has(section) : !(field in entry.schema.properties) || field === "config"));
    say(this.#problem, others.map(({ detail }) => detail).join(" "));
    show(this.#problem, others.length > 0);
  }

  /** @param {Entry} entry @param {boolean} advanced */
  #part(entry, advanced) {
    const part = new PartForm({
      id: advanced ? `${OWN}-more` : OWN,
      operation: OPERATION,
      includes: (name) => name !== "config" && isAdvanced(entry, name) === advanced,
      change: (values) => this.request("change-training", { section: "", values }),
      request: this.request.bind(this),
    });
    (advanced ? this.#rest : this.#own).append(part.element);
    return part;
  }

  /** Shows the values of the preset in empty fields. @param {TrainingFields | null} fields @param {Entry} entry */
  #compose(fields, entry) {
    if (!this.#parts.length) this.#parts = [this.#part(entry, false), this.#part(entry, true)];
    if (fields === this.#fields && this.#entries.length) return;
    this.#fields = fields;
    this.#entries = [withDefaults(entry, fields)];
  }
}

/** @param {Entry} entry @param {string} name */
function isAdvanced(entry, name) {
  return entry.schema.properties[name]?.ui?.advanced === true;
}

customElements.define("qp-new-training", NewTraining);
