/** The LoRAs of an operation with their weights, where no wire brings them. */
/** @import { Field, FieldContext } from "./field.js" */
/** @import { Json } from "../../document/types.js" */
/** @import { State } from "../../state/types.js" */
import { withId } from "../../document/lookup.js";
import { fill, h, reconcile, say } from "../dom.js";
import { icon } from "../icons.js";
import { fieldRow } from "./field.js";

const MOST = 4; // of a weight, and its negative

/** @typedef {{ name: string, weight?: number, enabled?: boolean }} Use */

/** The LoRAs of a value. @param {Json | undefined} value @returns {Use[]} */
export function usesOf(value) {
  return Array.isArray(value) ? /** @type {Use[]} */ (/** @type {unknown} */ (value)) : [];
}

/** The label of a LoRA. @param {State} state @param {string} name */
export function labelOf(state, name) {
  return withId(state.loras, name)?.label ?? name;
}

/** @param {FieldContext} context @returns {Field} */
export function lorasField(context) {
  /** @type {Use[]} */
  let uses = [];
  const write = (/** @type {Use[]} */ next) => context.change(/** @type {Json} */ (/** @type {unknown} */ (next)));
  const change = (/** @type {string} */ name, /** @type {number} */ weight) => write(uses.map((use) => (use.name === name ? { ...use, weight } : use)));
  const list = h("ul", { class: "use-list" });
  const add = h("select", { id: context.id, class: "well" });
  add.addEventListener("change", () => {
    if (add.value) write([...uses, { name: add.value, weight: 1 }]);
  });
  const row = fieldRow(context, h("div", { class: "use-field" }, list, add));
  return {
    element: row.element,
    update({ state, value, problem }) {
      uses = usesOf(value);
      reconcile(list, uses, ({ name }) => name, ({ name }) => useRow(labelOf(state, name), (weight) => change(name, weight), () => write(uses.filter((use) => use.name !== name))), drawUse);
      const others = state.loras.filter((lora) => !lora.refusal && !uses.some(({ name }) => name === lora.id));
      reconcile(add, [{ id: "", label: "Add a LoRA" }, ...others], ({ id }) => id, ({ id }) => h("option", { value: id }), (option, { label }) => say(option, label));
      fill(add, "");
      add.disabled = others.length === 0;
      row.setProblem(problem);
    },
  };
}

/** @param {string} label @param {(weight: number) => void} change @param {() => void} drop @returns {HTMLElement} */
function useRow(label, change, drop) {
  const weight = h("input", { type: "number", class: "well slim", min: -MOST, max: MOST, step: 0.05, "aria-label": `Weight of ${label}` });
  weight.addEventListener("input", () => {
    if (!Number.isNaN(weight.valueAsNumber)) change(weight.valueAsNumber);
  });
  const subtract = h("button", { type: "button", class: "quiet small", "aria-label": `Subtract ${label}`, title: "Subtract it from the others" }, "Subtract");
  subtract.addEventListener("click", () => change(-(weight.valueAsNumber || 1)));
  const remove = h("button", { type: "button", class: "bare", "aria-label": `Remove ${label}`, title: "Remove", onclick: drop }, icon("trash"));
  return h("li", {}, h("span", { class: "use-name", title: label }, label), weight, subtract, remove);
}

/** @param {HTMLElement} element @param {Use} use */
function drawUse(element, { weight = 1 }) {
  const control = element.querySelector("input");
  if (control && document.activeElement !== control) fill(control, String(weight));
  element.querySelector(".quiet")?.setAttribute("aria-pressed", String(weight < 0));
}
