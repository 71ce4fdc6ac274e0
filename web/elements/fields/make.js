/** From a schema's hint to a control. */
/** @import { Field, FieldContext } from "./field.js" */
/** @import { FieldSchema } from "../../document/types.js" */
import { companionField } from "./companion.js";
import * as controls from "./controls.js";
import { frameField } from "./frame.js";
import { imageField } from "./image.js";
import { modelField } from "./model.js";
import { seedField } from "./seed.js";

/** Widgets that one control draws for all parameters that ask for it. */
export const SHARED = new Set(["frame"]);

/** @type {Record<string, (context: FieldContext) => Field>} */
const WIDGETS = {
  text: controls.textField,
  textarea: controls.textField,
  number: controls.numberField,
  size: controls.numberField,
  slider: controls.sliderField,
  select: controls.selectField,
  colour: controls.colourField,
  toggle: controls.toggleField,
  model: modelField,
  companion: companionField,
  seed: seedField,
  image: imageField,
  frame: frameField,
};

/** @param {FieldSchema} schema */
function guess(schema) {
  if (schema.enum) return "select";
  const types = [schema.type ?? ""].flat();
  if (types.includes("boolean")) return "toggle";
  if (types.includes("integer") || types.includes("number")) return "number";
  return types.includes("string") ? "text" : "";
}

/** @param {FieldContext} context @returns {Field} */
export function makeField(context) {
  const widget = context.schema.ui?.widget ?? guess(context.schema);
  return (WIDGETS[widget] ?? WIDGETS[guess(context.schema)] ?? controls.plainField)(context);
}
