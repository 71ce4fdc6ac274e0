/** A part of the form of a set: its fields, folded below a title, with a switch where a set may lack the part. */
/** @import { Json } from "../../document/types.js" */
/** @import { MakeRequest } from "../../state/requests.js" */
/** @import { SetDefinition, SetSection } from "../../state/sets.js" */
/** @import { State } from "../../state/types.js" */
import { h, show } from "../../elements/dom.js";
import { PartForm } from "./part-form.js";

export class DraftSection {
  #form;
  #used = h("input", { type: "checkbox", role: "switch", class: "switch" });
  element;

  /** @param {SetSection} section @param {MakeRequest} request */
  constructor(section, request) {
    this.section = section;
    const { field, title, summary, optional } = section;
    this.id = field ? `draft-${field}` : "draft";
    this.#form = new PartForm({
      id: this.id,
      operation: this.id,
      includes: () => true,
      change: (values) => (field ? request("change-draft-part", { section: field, values }) : request("change-draft", { definition: values })),
      request: /** @type {MakeRequest} */ ((name, detail) => (name === "upload-file" ? request("upload-draft-back", /** @type {any} */ (detail)) : request(name, detail))),
      takes: "change-draft-print",
    });
    this.#used.id = `${this.id}-used`;
    this.#used.addEventListener("change", () => request("change-draft-part", { section: field, values: this.#used.checked ? {} : null }));
    const head = h("div", { class: "field-head" }, h("label", { class: "field-label", for: this.#used.id, title: summary }, title), h("span", { class: "note" }, summary), this.#used);
    if (!field) this.element = h("div", { class: "draft-part" }, this.#form.element);
    else if (optional) this.element = h("section", { class: "draft-part", "aria-label": title }, head, this.#form.element);
    else this.element = h("details", { class: "draft-part more" }, h("summary", {}, title, h("span", { class: "note" }, summary)), this.#form.element);
  }

  /** @param {SetDefinition} definition @param {State} state whose entries hold the section */
  draw(definition, state) {
    const { field, optional } = this.section;
    const values = /** @type {Record<string, Json> | null} */ (field ? (definition[field] ?? null) : definition);
    this.#used.checked = values !== null;
    show(this.#form.element, values !== null || !optional);
    this.#form.draw(values ?? {}, state);
    if (state.problems.some(({ brick }) => brick === this.id)) this.element.setAttribute("open", "");
  }
}
