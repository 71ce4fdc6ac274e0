/** Weights by block of each LoRA of a form: a preset, or rules of one's own. */
/** @import { Field, FieldContext } from "./field.js" */
import { fill, h, reconcile } from "../dom.js";
import { fieldRow } from "./field.js";
import { labelOf, usesOf } from "./loras.js";

const LORAS = "loras"; // the parameter that names them

/** Rules by the name of a LoRA. @param {string} text @returns {Map<string, string>} */
export function rulesOf(text) {
  return new Map(
    text.split("\n").flatMap((line) => {
      const at = line.lastIndexOf(": ");
      return at > 0 ? [/** @type {[string, string]} */ ([line.slice(0, at).trim(), line.slice(at + 2).trim()])] : [];
    }),
  );
}

/** The lines of rules; LoRAs without a rule have none. @param {ReadonlyMap<string, string>} rules */
export function rulesText(rules) {
  return [...rules].filter(([, rule]) => rule).map(([name, rule]) => `${name}: ${rule}`).join("\n");
}

/** @param {FieldContext} context @returns {Field} */
export function blockRulesField(context) {
  const presets = h("datalist", { id: `${context.id}-presets` }, ...Object.entries(context.schema.ui?.choices ?? {}).map(([value, title]) => h("option", { value }, title)));
  const text = h("textarea", { id: context.id, class: "well", rows: 2, placeholder: "anna: face" });
  text.addEventListener("input", () => context.change(text.value));
  const list = h("ul", { class: "use-list" });
  const row = fieldRow(context, h("div", { class: "use-field" }, list, text, presets));
  /** @type {Map<string, string>} */
  let rules = new Map();
  return {
    element: row.element,
    update(view) {
      const value = String(view.value ?? "");
      const names = usesOf(view.sibling(LORAS).value).map(({ name }) => name);
      rules = new Map([...rulesOf(value)].filter(([name]) => !names.length || names.includes(name)));
      const change = (/** @type {string} */ name, /** @type {string} */ rule) => context.change(rulesText(new Map([...rules, [name, rule]])));
      reconcile(list, names, (name) => name, (name) => ruleRow(context, labelOf(view.state, name), (rule) => change(name, rule)), (element, name) => {
        const control = element.querySelector("input");
        if (control && document.activeElement !== control) fill(control, rules.get(name) ?? "");
      });
      text.hidden = names.length > 0; // LoRAs that a wire brings are named in lines
      if (document.activeElement !== text) fill(text, value);
      row.setProblem(view.problem);
    },
  };
}

/** @param {FieldContext} context @param {string} label @param {(rule: string) => void} change @returns {HTMLElement} */
function ruleRow(context, label, change) {
  const control = h("input", { type: "text", class: "well slim", list: `${context.id}-presets`, autocomplete: "off", placeholder: "all, or double.0-7=0.5, single=0", "aria-label": `Blocks of ${label}` });
  control.addEventListener("input", () => change(control.value.trim()));
  return h("li", {}, h("span", { class: "use-name", title: label }, label), control);
}
