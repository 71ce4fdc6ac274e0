/** Every setting of the operation that edits, as its schema says, each with its own reset. */
/** @import { Entry, FieldSchema, Json, State } from "../kit/types.js" */
/** @import { Field } from "../kit/fields/field.js" */
import { groups } from "../kit/editing.js";
import { h } from "../kit/dom.js";
import { QpElement } from "../kit/element.js";
import { makeField } from "../kit/fields/make.js";
import { icon } from "../kit/icons.js";

/** @typedef {{ field: Field, reset: HTMLButtonElement, schema: FieldSchema }} Row */

export class FilterSliders extends QpElement {
  /** @type {Map<string, Row>} */
  #rows = new Map();
  #drawn = "";

  /** @override @param {State} state */
  render(state) {
    const { edit } = state;
    const entry = state.entries.find((other) => other.name === edit?.operation);
    if (!edit || !entry) return;
    if (this.#drawn !== entry.name) this.#compose(entry);
    const brick = { id: "photo-editor", type: entry.name, props: edit.values, column: 0, row: 0 };
    for (const [name, { field, reset, schema }] of this.#rows) {
      const value = edit.values[name];
      field.update({ state, brick, value, fallback: schema.default ?? undefined, problem: "" });
      reset.disabled = value === undefined;
    }
  }

  /** @param {Entry} entry */
  #compose(entry) {
    this.#drawn = entry.name;
    this.#rows.clear();
    this.replaceChildren(
      ...Array.from(groups(entry), ([group, fields]) =>
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
    const field = makeField({ id: `edit-${name}`, name, schema, change, upload: nothing, pull: nothing });
    const row = h("div", { class: "editor-row" }, field.element, reset);
    this.#rows.set(name, { field, reset, schema });
    return row;
  }
}

customElements.define("qp-filter-sliders", FilterSliders);
