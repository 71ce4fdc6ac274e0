/** The control of a parameter, by the widget of its schema. */
/** @import { Field, FieldContext } from "./field.js" */
/** @import { FieldSchema } from "../../document/types.js" */
import { auxiliaryModelField } from "./auxiliary-model.js";
import { blockRulesField } from "./block-rules.js";
import * as controls from "./controls.js";
import { frameField } from "./frame.js";
import { imageField } from "./image.js";
import { listField } from "./list.js";
import { lookupField } from "./lookup.js";
import { loraField } from "./lora.js";
import { lorasField } from "./loras.js";
import { modelField } from "./model.js";
import { seedField } from "./seed.js";

/** Widgets of which one control serves all its parameters. */
export const SHARED = new Set(["frame"]);

/** @type {Record<string, (context: FieldContext) => Field>} */
const WIDGETS = {
  text: controls.textField,
  textarea: controls.textField,
  number: controls.numberField,
  size: controls.numberField,
  slider: controls.sliderField,
  select: controls.selectField,
  lookup: lookupField,
  list: listField,
  colour: controls.colourField,
  toggle: controls.toggleField,
  model: modelField,
  lora: loraField,
  loras: lorasField,
  block_rules: blockRulesField,
  companion: auxiliaryModelField,
  seed: seedField,
  image: imageField,
  frame: frameField,
};

/** @param {FieldSchema} schema */
function defaultWidget(schema) {
  if (schema.enum) return "select";
  const types = [schema.type ?? ""].flat();
  if (types.includes("boolean")) return "toggle";
  if (types.includes("integer") || types.includes("number")) return "number";
  return types.includes("string") ? "text" : "";
}

/** @param {FieldContext} context @returns {Field} */
export function makeField(context) {
  const widget = context.schema.ui?.widget ?? defaultWidget(context.schema);
  return (WIDGETS[widget] ?? WIDGETS[defaultWidget(context.schema)] ?? controls.plainField)(context);
}
