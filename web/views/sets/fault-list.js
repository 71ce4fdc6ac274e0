/** Faults of a table with their row and column, errors first; and the columns of a template. */
/** @import { SetFault } from "../../state/sets.js" */
import { faultCounts, faultPlace } from "../../state/sets.js";
import { count } from "../../state/words.js";
import { h, reconcile, show } from "../../elements/dom.js";

const MOST = 50;

/** @param {SetFault} fault */
const sentence = (fault) => [faultPlace(fault), [fault.detail, fault.fix].filter(Boolean).join(" ")].filter(Boolean).join(": ");

/** @param {HTMLElement} element a list @param {readonly SetFault[]} faults */
export function drawFaults(element, faults) {
  const { errors, warnings } = faultCounts(faults);
  const head = [errors ? count(errors, "error") : "", warnings ? count(warnings, "warning") : ""].filter(Boolean).join(", ");
  const rows = [...faults].sort((a, b) => a.level.localeCompare(b.level)).slice(0, MOST);
  const items = [
    { level: "head", text: `${head} in the table` },
    ...rows.map((fault) => ({ level: fault.level, text: sentence(fault) })),
    ...(faults.length > MOST ? [{ level: "head", text: `and ${faults.length - MOST} more` }] : []),
  ];
  reconcile(element, items, ({ level, text }) => `${level} ${text}`, ({ level, text }) => h("li", { "data-level": level }, text));
  show(element, faults.length > 0);
}

/** Draws a template with its columns as marks. @param {HTMLElement} element @param {string} template */
export function drawTemplate(element, template) {
  if (element.dataset.template === template) return;
  element.dataset.template = template;
  const parts = template.split(/(\{[^{}|]+\})/).filter(Boolean);
  element.replaceChildren(...parts.map((part) => (part.startsWith("{") ? h("code", {}, part.slice(1, -1)) : part)));
}
