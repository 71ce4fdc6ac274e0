/** The select of one LoRA of the library. */
/** @import { Field, FieldContext } from "./field.js" */
import { withId } from "../../document/lookup.js";
import { fill, h, reconcile, say } from "../dom.js";
import { effectiveValue, fieldRow } from "./field.js";

/** @param {FieldContext} context @returns {Field} */
export function loraField(context) {
  const control = h("select", { id: context.id, class: "well" });
  control.addEventListener("change", () => context.change(control.value));
  const row = fieldRow(context, control);
  return {
    element: row.element,
    update(view) {
      const value = String(effectiveValue(view) ?? "");
      const usable = view.state.loras.filter((lora) => !lora.refusal);
      const known = withId(usable, value) !== undefined;
      const options = [...(known ? [] : [{ id: value, label: value || "Choose a LoRA" }]), ...usable];
      reconcile(
        control,
        options,
        (lora) => lora.id,
        (lora) => h("option", { value: lora.id }),
        (option, lora) => say(option, lora.label),
      );
      fill(control, value);
      row.setProblem(view.problem);
    },
  };
}
