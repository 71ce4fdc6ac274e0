/** A field whose values come from a list of the server, such as datasets or presets. */
/** @import { Field, FieldContext, FieldView } from "./field.js" */
import { fill, h, reconcile, say } from "../dom.js";
import { effectiveValue, fieldRow } from "./field.js";

/** @param {FieldContext} context @returns {Field} a select where nothing else is allowed, else a text field with suggestions */
export function lookupField(context) {
  const closed = context.schema.ui?.closed === true;
  const list = closed ? h("select", { id: context.id, class: "well" }) : h("datalist", { id: `${context.id}-list` });
  const control = list instanceof HTMLSelectElement ? list : h("input", { id: context.id, class: "well", type: "text", autocomplete: "off", list: list.id });
  control.addEventListener(closed ? "change" : "input", () => context.change(control.value));
  if (!closed) control.addEventListener("focus", () => load(context)); // the list may have grown
  const row = fieldRow(context, closed ? control : h("div", { class: "stacked" }, control, list));
  let asked = false;
  return {
    element: row.element,
    update(view) {
      if (!asked) load(context);
      asked = true;
      const value = String((closed ? effectiveValue(view) : view.value) ?? "");
      reconcile(list, optionsOf(context, view, closed ? value : ""), (option) => option.value, (option) => h("option", { value: option.value }), (option, { label }) => say(option, label));
      fill(control, value);
      row.setProblem(view.problem);
    },
  };
}

/** @param {FieldContext} context */
function load({ schema, request }) {
  request("load-lookup", { path: schema.ui?.path ?? "" });
}

/**
 * The items of the list, and the current value where it is not among them.
 * @param {FieldContext} context
 * @param {FieldView} view
 * @param {string} current
 */
function optionsOf({ schema: { ui } }, { state }, current) {
  const items = state.lookups[ui?.path ?? ""] ?? [];
  const options = items.map((item) => ({ value: String(item[ui?.value ?? "id"] ?? ""), label: String(item[ui?.title ?? "id"] ?? "") }));
  return !current || options.some(({ value }) => value === current) ? options : [{ value: current, label: current }, ...options];
}
