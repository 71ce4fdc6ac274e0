/** The select of an auxiliary model, with a download button where it is missing. */
/** @import { AuxiliaryModel } from "../../state/types.js" */
/** @import { Field, FieldContext } from "./field.js" */
import { withId } from "../../document/lookup.js";
import { downloadStatus, downloadTask } from "../../state/selectors/downloads.js";
import { unfinished } from "../../state/selectors/tasks.js";
import { size } from "../../state/words.js";
import { fill, h, reconcile, say, show } from "../dom.js";
import { effectiveValue, fieldRow } from "./field.js";

/**
 * The requirement of a model that has to be installed by hand; null where a download provides all.
 * @param {AuxiliaryModel} model
 */
function manualRequirement({ lacks: [part] }) {
  return part && !part.id ? `needs ${part.label}` : null;
}

/** @param {AuxiliaryModel | { id: string, label: string }} model */
function optionLabel(model) {
  if (!("lacks" in model) || model.present) return model.label;
  return `${model.label} · ${manualRequirement(model) ?? "not downloaded"}`;
}

/** @param {FieldContext} context @returns {Field} */
export function auxiliaryModelField(context) {
  const control = h("select", { id: context.id, class: "well" });
  const status = h("p", { class: "fit" });
  const get = h("button", { type: "button", class: "quiet slim" }, "Download");
  const line = h("div", { class: "companion-line" }, status, get);
  control.addEventListener("change", () => context.change(control.value));
  get.addEventListener("click", () => context.pull(control.value));
  const row = fieldRow(context, h("div", { class: "stacked" }, control, line));
  return {
    element: row.element,
    update(view) {
      const models = view.state.companions.filter((model) => model.task === context.schema.ui?.task);
      const value = String(effectiveValue(view) ?? "");
      const none = context.schema.ui?.none;
      reconcile(
        control,
        none ? [{ id: "", label: none }, ...models] : models,
        (model) => model.id,
        (model) => h("option", { value: model.id }),
        (option, model) => say(option, optionLabel(model)),
      );
      fill(control, value);
      const model = withId(models, value);
      const missing = model !== undefined && !model.present;
      const task = downloadTask(view.state, [value]);
      const downloading = task !== undefined && unfinished(task);
      const command = model && manualRequirement(model) && model.lacks[0]?.command;
      const facts = [`not downloaded: ${model ? size(model.size_bytes) : ""}`, model?.licence_details?.label];
      const text = command ? `Install it: ${command}` : facts.filter(Boolean).join(" · ");
      say(status, downloading ? downloadStatus(task) : text);
      status.dataset.tone = downloading ? "calm" : "bad";
      const absent = none && value === "" ? !models.some(({ present }) => present) : models.length === 0;
      const empty = absent ? (context.schema.ui?.placeholder ?? "") : "";
      if (empty) say(status, empty);
      show(control, empty === "" || none !== undefined);
      show(line, missing || empty !== "");
      show(get, missing && !downloading && !command);
      row.setProblem(missing ? "" : view.problem);
    },
  };
}
