/**
 * The frame that every control of a form stands in: a label, the control, a note, and what
 * is wrong with it. Controls are made from the schema's hints alone.
 *
 * @import { Brick, FieldSchema, Json } from "../../document/types.js"
 * @import { Model, State } from "../../state/types.js"
 * @import { MakeRequest } from "../../state/requests.js"
 *
 * @typedef {object} FieldView what a control draws from
 * @property {State} state
 * @property {Brick} brick
 * @property {Json | undefined} value
 * @property {Json | undefined} fallback what an absent value means
 * @property {Model} [model] the chosen model
 * @property {string} problem
 * @property {(name: string) => FieldView} sibling the same of another parameter
 *
 * @typedef {object} FieldContext what a control can do
 * @property {string} id unique in the page
 * @property {string} brick
 * @property {string} name
 * @property {FieldSchema} schema
 * @property {[string, FieldSchema][]} members all parameters that share this control
 * @property {(value: Json | undefined) => void} change
 * @property {(file: File) => void} upload
 * @property {MakeRequest} request
 * @property {(model: string) => void} pull brings a model that is not here yet
 *
 * @typedef {{ element: HTMLElement, update: (view: FieldView) => void }} Field
 */
import { h, say, show } from "../dom.js";
import { icon } from "../icons.js";

/**
 * @param {FieldContext} context
 * @param {HTMLElement} control
 * @param {HTMLElement | null} [aside] stands at the right of the label
 */
export function fieldRow({ id, name, schema, change }, control, aside = null) {
  const problem = h("p", { class: "field-problem", role: "alert", hidden: true });
  const label = h("label", { for: id, class: "field-label", title: schema.description ?? null });
  label.append(schema.title ?? name);
  const lock = h("button", { type: "button", class: "bare lock", hidden: true }, icon("lock"));
  lock.addEventListener("click", () => {
    change(undefined);
    document.getElementById(id)?.focus(); // the lock itself goes
  });
  const head = h("div", { class: "field-head" }, label, schema.ui?.from_model ? lock : null, aside);
  const element = h("div", { class: "field", "data-field": name }, head, control, problem);
  return {
    element,
    /** @param {string} text */
    complain(text) {
      say(problem, text);
      show(problem, text !== "");
      element.classList.toggle("wrong", text !== "");
    },
    /**
     * What is set stays when another model is chosen, and says so; the lock gives it back to the model.
     * @param {FieldView} view
     */
    settle({ value, fallback }) {
      const words = `Back to the model's own: ${fallback ?? "automatic"}`;
      lock.title = `Stays when the model changes. ${words}`;
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
