/** A field of several values: numbers between commas, texts in lines. */
/** @import { Field, FieldContext } from "./field.js" */
/** @import { FieldSchema, Json } from "../../document/types.js" */
import { fill, h } from "../dom.js";
import { fieldRow } from "./field.js";

/** @param {FieldContext} context @returns {Field} */
export function listField(context) {
  const { schema } = context;
  const lines = inLines(schema);
  const control = h(lines ? "textarea" : "input", { id: context.id, class: "well", rows: lines ? 2 : null, type: lines ? null : "text", autocomplete: "off" });
  control.addEventListener("input", () => context.change(readList(control.value, schema)));
  const row = fieldRow(context, control);
  return {
    element: row.element,
    update(view) {
      if (document.activeElement !== control) fill(control, listText(view.value, schema));
      control.placeholder = listText(view.fallback, schema).split("\n").slice(0, 2).join("\n");
      row.setProblem(view.problem);
    },
  };
}

/** The schema of an item. @param {FieldSchema} schema @returns {FieldSchema} */
function itemOf(schema) {
  const list = schema.type === "array" ? schema : (schema.anyOf ?? []).find(({ type }) => type === "array");
  return list?.items ?? {};
}

/** @param {FieldSchema} schema */
function isNumeric(schema) {
  return ["integer", "number"].includes(String(itemOf(schema).type));
}

/** Texts that may hold commas, such as prompts, stand in lines. @param {FieldSchema} schema */
function inLines(schema) {
  return schema.type === "array" && !isNumeric(schema) && !itemOf(schema).enum;
}

/**
 * The values of a text, undefined for an empty one. Where a single text is allowed too, one item is
 * that text. Numbers that cannot be read stay texts, which the server names in its answer.
 * @param {string} text
 * @param {FieldSchema} schema
 * @returns {Json | undefined}
 */
export function readList(text, schema) {
  const items = text.split(inLines(schema) ? "\n" : ",").map((item) => item.trim()).filter(Boolean);
  if (!items.length) return undefined;
  if (schema.anyOf && items.length === 1) return items[0];
  return isNumeric(schema) ? items.map((item) => (Number.isNaN(Number(item)) ? item : Number(item))) : items;
}

/** @param {Json | undefined} value @param {FieldSchema} schema */
export function listText(value, schema) {
  return [value ?? []].flat().join(inLines(schema) ? "\n" : ", ");
}
