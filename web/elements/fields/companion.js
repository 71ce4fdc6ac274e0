/** The choice of a small model, and one click to bring it where it is missing. */
/** @import { AuxiliaryModel } from "../../state/types.js" */
/** @import { Field, FieldContext } from "./field.js" */
import { downloadTask, downloadStatus } from "../../state/selectors/downloads.js";
import { unfinished } from "../../state/selectors/tasks.js";
import { size } from "../../state/words.js";
import { fill, h, reconcile, say, show } from "../dom.js";
import { fieldRow, effectiveValue } from "./field.js";

/**
 * What a model needs that no download brings, in words; null where one does, or nothing is missing.
 * @param {AuxiliaryModel} one
 */
function byHand({ lacks: [lack] }) {
  return lack && !lack.id ? `needs ${lack.label}` : null;
}

/** @param {FieldContext} context @returns {Field} */
export function companionField(context) {
  const control = h("select", { id: context.id, class: "well" });
  const told = h("p", { class: "fit" });
  const get = h("button", { type: "button", class: "quiet slim" }, "Download");
  const line = h("div", { class: "companion-line" }, told, get);
  control.addEventListener("change", () => context.change(control.value));
  get.addEventListener("click", () => context.pull(control.value));
  const framed = fieldRow(context, h("div", { class: "stacked" }, control, line));
  return {
    element: framed.element,
    update(view) {
      const able = view.state.companions.filter((one) => one.task === context.schema.ui?.task);
      const value = String(effectiveValue(view) ?? "");
      reconcile(
        control,
        able,
        (one) => one.id,
        (one) => h("option", { value: one.id }),
        (option, one) => say(option, one.present ? one.label : `${one.label} · ${byHand(one) ?? "not here yet"}`),
      );
      fill(control, value);
      const chosen = able.find((one) => one.id === value);
      const missing = chosen !== undefined && !chosen.present;
      const task = downloadTask(view.state, [value]);
      const coming = task !== undefined && unfinished(task);
      const licence = chosen?.licence_details?.label;
      const install = chosen && byHand(chosen) && chosen.lacks[0]?.command;
      const weight = chosen ? size(chosen.size_bytes) : "";
      const lacking = [`not here yet: ${weight}`, licence].filter(Boolean).join(" · ");
      say(told, coming ? downloadStatus(task) : install ? `Install it: ${install}` : lacking);
      told.dataset.tone = coming ? "calm" : "bad";
      show(line, missing);
      show(get, missing && !coming && !install);
      framed.complain(missing ? "" : view.problem);
    },
  };
}
