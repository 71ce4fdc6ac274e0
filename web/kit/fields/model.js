/** The choice of a model, with one plain line on whether it runs here. */
/** @import { Field, FieldContext } from "./field.js" */
/** @import { Model } from "../types.js" */
import { h, reconcile, say } from "../dom.js";
import { candidates } from "../models.js";
import { fit } from "../words.js";
import { frame } from "./field.js";

/** @param {FieldContext} context @returns {Field} */
export function modelField(context) {
  const control = h("select", {
    id: context.id,
    class: "well",
    onchange: () => context.change(control.value),
  });
  const line = h("p", { class: "fit" });
  const framed = frame(context, h("div", { class: "stacked" }, control, line));
  return {
    element: framed.element,
    update(view) {
      const able = candidates(view.state, view.brick.type);
      const picked = able.find((model) => model.id === view.value);
      const ids = able.map((model) => model.id);
      const stray = typeof view.value === "string" && !picked ? view.value : null;
      reconcile(
        control,
        stray ? [...ids, stray] : ids,
        (id) => id,
        (id) => h("option", { value: id }),
        (option, id) => say(option, optionLabel(able, id)),
      );
      const model = picked ?? (stray ? undefined : able[0]);
      const value = stray ?? model?.id ?? "";
      if (control.value !== value) control.value = value;
      const told = model ? fit(model) : { tone: "bad", text: stray ? "not known here" : "no model yet" };
      say(line, told.text);
      line.dataset.tone = told.tone;
      control.title = model?.note ?? "";
      framed.complain(view.problem);
    },
  };
}

/** @param {Model[]} able @param {string} id */
function optionLabel(able, id) {
  const model = able.find((other) => other.id === id);
  if (!model) return id;
  return model.present ? model.label : `${model.label} (not here yet)`;
}
