/** The plain controls: text, number, slider, select, switch. */
/** @import { Field, FieldContext, FieldView } from "./field.js" */
/** @import { FieldSchema, Json } from "../../document/types.js" */
import { fill, h, reconcile, say } from "../dom.js";
import { fieldRow, isInteger, effectiveValue } from "./field.js";

/** @param {FieldContext} context @returns {Field} */
export function textField(context) {
  const many = context.schema.ui?.widget === "textarea";
  const control = h(many ? "textarea" : "input", {
    id: context.id,
    class: "well",
    rows: many ? 1 : null,
    type: many ? null : "text",
    spellcheck: "true",
    autocomplete: "off",
    maxlength: context.schema.maxLength ?? null,
    oninput: () => context.change(control.value),
  });
  const row = fieldRow(context, control);
  return {
    element: row.element,
    update(view) {
      fill(control, String(view.value ?? ""));
      control.placeholder = String(view.fallback ?? "");
      row.setProblem(view.problem);
    },
  };
}

/**
 * The value of a number field, undefined when it is empty.
 * @param {HTMLInputElement} control
 */
function read(control) {
  return control.value === "" || Number.isNaN(control.valueAsNumber) ? undefined : control.valueAsNumber;
}

/**
 * @param {FieldContext} context
 * @param {string} className
 */
function numberInput(context, className) {
  const { schema } = context;
  const control = h("input", {
    type: "number",
    class: className,
    inputmode: isInteger(schema) ? "numeric" : "decimal",
    min: schema.minimum ?? null,
    max: schema.maximum ?? null,
    step: isInteger(schema) ? 1 : "any",
    oninput: () => {
      if (control.validity.badInput) return;
      context.change(read(control));
    },
  });
  return control;
}

/** @param {FieldContext} context @returns {Field} */
export function numberField(context) {
  const control = numberInput(context, "well");
  control.id = context.id;
  const row = fieldRow(context, control);
  return {
    element: row.element,
    update(view) {
      if (document.activeElement !== control || read(control) !== view.value) {
        fill(control, String(view.value ?? ""));
      }
      control.placeholder = String(view.fallback ?? context.schema.ui?.placeholder ?? "");
      row.drawLock(view);
      row.setProblem(view.problem);
    },
  };
}

/**
 * The range of a slider: the schema's, shortened to the usual values. The number beside it accepts
 * the whole range.
 * @param {FieldContext} context
 * @param {number} value
 * @param {number} fallback
 */
function sliderRange({ schema }, value, fallback) {
  const least = schema.minimum ?? 0;
  const most = schema.maximum ?? 100;
  const usual = fallback > 0 ? Math.max(fallback * 4, least + 8) : most;
  return { least, most: Math.max(Math.min(most, usual), value) };
}

/** @param {FieldContext} context @returns {Field} */
export function sliderField(context) {
  const { schema } = context;
  const number = numberInput(context, "slider-number");
  number.setAttribute("aria-label", `${schema.title ?? context.name}, exact`);
  const slider = h("input", {
    type: "range",
    id: context.id,
    class: "slider",
    step: schema.ui?.step ?? (isInteger(schema) ? 1 : 0.05),
    oninput: () => context.change(slider.valueAsNumber),
  });
  const row = fieldRow(context, slider, number);
  return {
    element: row.element,
    update(view) {
      const fallback = Number(view.fallback ?? schema.minimum ?? 0);
      const value = Number(effectiveValue(view) ?? fallback);
      const { least, most } = sliderRange(context, value, fallback);
      slider.min = String(least);
      slider.max = String(most);
      fill(slider, String(value));
      const share = (/** @type {number} */ point) => (100 * (point - least)) / Math.max(most - least, 1e-9);
      const neutral = share(schema.ui?.neutral ?? least);
      slider.style.setProperty("--start", `${Math.min(neutral, share(value))}%`);
      slider.style.setProperty("--fill", `${Math.max(neutral, share(value))}%`);
      slider.style.setProperty("--neutral", `${neutral}%`);
      slider.classList.toggle("from-neutral", neutral > 0 && neutral < 100);
      if (document.activeElement !== number) fill(number, String(value));
      row.drawLock(view);
      row.setProblem(view.problem);
    },
  };
}

/** @param {FieldContext} context @returns {Field} */
export function colourField(context) {
  const control = h("input", { id: context.id, class: "well colour", type: "color", oninput: () => context.change(control.value) });
  const code = h("output", { class: "note mono", for: context.id });
  const row = fieldRow(context, control, code);
  return {
    element: row.element,
    update(view) {
      fill(control, String(effectiveValue(view) ?? ""));
      say(code, control.value);
      row.setProblem(view.problem);
    },
  };
}

/** @typedef {{ value: Json, label: string }} Choice */

/** @param {FieldContext} context @returns {Field} */
export function selectField(context) {
  const { schema } = context;
  const control = h("select", { id: context.id, class: "well" });
  /** @type {Choice[]} */
  let options = [];
  control.addEventListener("change", () => context.change(options[control.selectedIndex]?.value ?? undefined));
  const row = fieldRow(context, control);
  return {
    element: row.element,
    update(view) {
      options = choices(schema, view);
      reconcile(
        control,
        options,
        (option) => String(option.value ?? ""),
        (option) => h("option", { value: String(option.value ?? "") }),
        (option, choice) => say(option, choice.label),
      );
      const now = effectiveValue(view);
      control.selectedIndex = Math.max(
        0,
        options.findIndex((option) => option.value === now),
      );
      row.setProblem(view.problem);
    },
  };
}

/**
 * The options of a select: the schema's values, or a list of the selected model.
 * @param {FieldSchema} schema
 * @param {FieldView} view
 * @returns {Choice[]}
 */
function choices(schema, view) {
  const list = schema.ui?.from_list;
  if (schema.ui?.choices) return labelled(schema.ui.choices, schema.enum, view.value);
  if (!list) return (schema.enum ?? []).map((value) => ({ value, label: titleCase(String(value)) }));
  const record = /** @type {Record<string, { id: string, label: string }[]>} */ (
    /** @type {unknown} */ (view.model ?? {})
  );
  const listed = (record[list] ?? []).map(({ id, label }) => ({ value: id, label }));
  const listsCurrent = view.value === undefined || listed.some((choice) => choice.value === view.value);
  const unlisted = listsCurrent || view.value === null ? [] : [{ value: view.value ?? null, label: String(view.value) }];
  return [{ value: null, label: "Model default" }, ...listed, ...unlisted];
}

/** A name as a label. @param {string} name */
function titleCase(name) {
  return name.charAt(0).toUpperCase() + name.slice(1).replaceAll("_", " ");
}

/**
 * Labelled options in the order of the schema, and the current value where it is not among them.
 * @param {Record<string, string>} labels
 * @param {Json[] | undefined} order
 * @param {Json | undefined} current
 * @returns {Choice[]}
 */
function labelled(labels, order, current) {
  const values = order?.filter((value) => String(value) in labels) ?? Object.keys(labels);
  const options = values.map((value) => ({ value, label: labels[String(value)] ?? String(value) }));
  return typeof current === "string" && !(current in labels) ? [...options, { value: current, label: current }] : options;
}

/** @param {FieldContext} context @returns {Field} */
export function toggleField(context) {
  const control = h("input", {
    type: "checkbox",
    role: "switch",
    id: context.id,
    class: "switch",
    onchange: () => context.change(control.checked),
  });
  const row = fieldRow(context, h("span", {}), control);
  return {
    element: row.element,
    update(view) {
      control.checked = Boolean(effectiveValue(view));
      row.setProblem(view.problem);
    },
  };
}

/**
 * A value without a control, shown as JSON and kept.
 * @param {FieldContext} context
 * @returns {Field}
 */
export function plainField(context) {
  const control = h("output", { id: context.id, class: "well mono" });
  const row = fieldRow(context, control);
  return {
    element: row.element,
    update(view) {
      say(control, JSON.stringify(effectiveValue(view)));
      row.setProblem(view.problem);
    },
  };
}
