/** The sliders of the photo editor from the schema, each with a reset. */
/** @import { Entry, FieldSchema, Json } from "../document/types.js" */
/** @import { State } from "../state/types.js" */
/** @import { Field, FieldView } from "../elements/fields/field.js" */
import { entryNamed } from "../document/lookup.js";
import { fieldGroups } from "../state/selectors/editing.js";
import { h } from "../elements/dom.js";
import { QpElement } from "../elements/element.js";
import { makeField } from "../elements/fields/make.js";
import { icon } from "../elements/icons.js";

/** @typedef {{ field: Field, reset: HTMLButtonElement }} Row */

export class FilterSliders extends QpElement {
  /** @type {Map<string, Row>} */
  #rows = new Map();
  #drawn = "";

  /** @override @param {State} state */
  render(state) {
    const { edit } = state;
    const entry = entryNamed(state.entries, edit?.operation);
    if (!edit || !entry) return;
    if (this.#drawn !== entry.name) this.#compose(entry);
    const brick = { id: "photo-editor", type: entry.name, props: edit.values, column: 0, row: 0 };
    /** @param {string} name @returns {FieldView} */
    const view = (name) => {
      const fallback = entry.schema.properties[name]?.default ?? undefined;
      return { state, brick, value: edit.values[name], fallback, problem: "", sibling: view };
    };
    for (const [name, { field, reset }] of this.#rows) {
      field.update(view(name));
      reset.disabled = edit.values[name] === undefined;
    }
  }

  /** @param {Entry} entry */
  #compose(entry) {
    this.#drawn = entry.name;
    this.#rows.clear();
    this.replaceChildren(
      ...Array.from(fieldGroups(entry), ([group, fields]) =>
        h(
          "fieldset",
          { class: "editor-group" },
          h("legend", {}, group),
          ...fields.map(([name, schema]) => this.#row(name, schema)),
        ),
      ),
    );
  }

  /** @param {string} name @param {FieldSchema} schema */
  #row(name, schema) {
    /** @param {Json | undefined} value */
    const change = (value) => this.request("edit-values", { values: { [name]: value } });
    const label = `Reset ${schema.title ?? name}`;
    const reset = h("button", { type: "button", class: "bare", "aria-label": label, title: label }, icon("undo"));
    reset.addEventListener("click", () => {
      change(undefined);
      /** @type {HTMLElement | null} */ (row.querySelector("input, select"))?.focus();
    });
    const nothing = () => {};
    const field = makeField({
      id: `edit-${name}`,
      name,
      brick: "photo-editor",
      members: [[name, schema]],
      schema,
      change,
      upload: nothing,
      request: nothing,
      pull: nothing,
    });
    const row = h("div", { class: "editor-row" }, field.element, reset);
    this.#rows.set(name, { field, reset });
    return row;
  }
}

customElements.define("qp-filter-sliders", FilterSliders);
