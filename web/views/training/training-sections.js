/** The sections of the configuration of a training, folded under More: in the forms of trainings and of searches. */
/** @import { Entry } from "../../document/types.js" */
/** @import { State } from "../../state/types.js" */
/** @import { FormProblem, FormValues, TrainingFields } from "../../state/training.js" */
/** @import { MakeRequest } from "../../state/requests.js" */
import { sectionEntries, sectionId } from "../../state/training.js";
import { h } from "../../elements/dom.js";
import { PartForm } from "../sets/part-form.js";

/**
 * @typedef {object} Owner
 * @property {string} prefix of ids, unique in the page
 * @property {(section: string, values: FormValues) => void} change
 * @property {MakeRequest} request
 * @property {(key: string) => HTMLElement | null} [beside] an element below the control of a dotted key
 */

export class TrainingSections {
  element = h("details", { class: "training-more" }, h("summary", {}, "More: the whole configuration"));
  /** @type {Map<string, { form: PartForm, fold: HTMLDetailsElement }>} by section */
  #sections = new Map();
  /** @type {TrainingFields | null} */
  #fields = null;
  /** @type {Entry[]} */
  #entries = [];

  /** @param {Owner} owner */
  constructor(owner) {
    this.owner = owner;
  }

  /** Draws the values, in empty fields those of the preset; a fold with a mistake opens. @param {Record<string, FormValues>} values @param {readonly FormProblem[]} problems @param {TrainingFields | null} fields @param {State} state */
  draw(values, problems, fields, state) {
    this.#compose(fields);
    const rows = problems.map(({ section, field, detail }) => ({ brick: this.#id(section), field, detail }));
    const view = /** @type {State} */ (Object.create(state, { entries: { value: this.#entries }, problems: { value: rows } }));
    for (const [name, { form, fold }] of this.#sections) {
      form.draw(values[name] ?? {}, view);
      if (rows.some(({ brick }) => brick === this.#id(name))) fold.open = this.element.open = true;
    }
  }

  /** @param {string} section */
  #id(section) {
    return `${this.owner.prefix}${sectionId(section)}`;
  }

  /** Builds the sections once. @param {TrainingFields | null} fields */
  #compose(fields) {
    if (!fields || fields === this.#fields) return;
    this.#fields = fields;
    this.#entries = sectionEntries(fields);
    const { change, request, beside = () => null } = this.owner;
    for (const { name, title, summary } of fields.sections) {
      if (this.#sections.has(name)) continue;
      const form = new PartForm({ id: this.#id(name), operation: sectionId(name), includes: () => true, change: (values) => change(name, values), request, beside: (field) => beside(`${name}.${field}`) });
      const fold = h("details", {}, h("summary", {}, title, h("span", { class: "note" }, summary)), form.element);
      this.#sections.set(name, { form, fold });
      this.element.append(fold);
    }
  }
}
