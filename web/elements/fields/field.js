/**
 * The row of a form field: a label, the control, and its problem.
 *
 * @import { Brick, FieldSchema, Json } from "../../document/types.js"
 * @import { Model, State } from "../../state/types.js"
 * @import { MakeRequest } from "../../state/requests.js"
 *
 * @typedef {object} FieldView data of a control
 * @property {State} state
 * @property {Brick} brick
 * @property {Json | undefined} value
 * @property {Json | undefined} fallback the default
 * @property {Model} [model] the selected model
 * @property {string} problem
 * @property {(name: string) => FieldView} sibling the view of another parameter
 *
 * @typedef {object} FieldContext identity and callbacks of a control
 * @property {string} id unique in the page
 * @property {string} brick
 * @property {string} name
 * @property {FieldSchema} schema
 * @property {[string, FieldSchema][]} members all parameters that share this control
 * @property {(value: Json | undefined) => void} change
 * @property {(file: File) => void} upload
 * @property {MakeRequest} request
 * @property {(model: string) => void} pull downloads a model
 *
 * @typedef {{ element: HTMLElement, update: (view: FieldView) => void }} Field
 */
import { h, say, show } from "../dom.js";
import { icon } from "../icons.js";

/**
 * The tooltip of a label: the description and the parameter's name in the API.
 * @param {string} name
 * @param {string} [description]
 */
export function tooltip(name, description = "") {
  return description ? `${description} (${name})` : name;
}

/**
 * @param {FieldContext} context
 * @param {HTMLElement} control
 * @param {HTMLElement | null} [aside] element at the right of the label
 */
export function fieldRow({ id, name, schema, change }, control, aside = null) {
  const problem = h("p", { class: "field-problem", role: "alert", hidden: true });
  const label = h("label", { for: id, class: "field-label", title: tooltip(name, schema.description) });
  label.append(schema.title ?? name);
  const lock = h("button", { type: "button", class: "bare lock", hidden: true }, icon("lock"));
  lock.addEventListener("click", () => {
    change(undefined);
    document.getElementById(id)?.focus(); // the lock is hidden now
  });
  const head = h("div", { class: "field-head" }, label, schema.ui?.from_model ? lock : null, aside);
  const element = h("div", { class: "field", "data-field": name }, head, control, problem);
  return {
    element,
    /** @param {string} text */
    setProblem(text) {
      say(problem, text);
      show(problem, text !== "");
      element.classList.toggle("wrong", text !== "");
    },
    /**
     * Shows the lock of a value that overrides the model's default; a click resets it.
     * @param {FieldView} view
     */
    drawLock({ value, fallback }) {
      const words = `Reset to the model's default: ${fallback ?? "automatic"}`;
      lock.title = `Kept when the model changes. ${words}`;
      lock.setAttribute("aria-label", `${schema.title ?? name}: ${words}`);
      show(lock, value !== undefined && value !== null);
    },
  };
}

/** @param {FieldView} view */
export function effectiveValue(view) {
  return view.value ?? view.fallback ?? null;
}

/** @param {FieldSchema} schema */
export function isInteger(schema) {
  return schema.type === "integer" || (Array.isArray(schema.type) && schema.type.includes("integer"));
}
