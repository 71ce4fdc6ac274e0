/** The terms of an evaluation by column with its best, copies of training images, and advice. */
/** @import { Column, Evaluation } from "../../state/evaluations.js" */
/** @import { MakeRequest } from "../../state/requests.js" */
import { imageAt, termOf, termsOf } from "../../state/evaluations.js";
import { quantity } from "../../state/words.js";
import { h } from "../../elements/dom.js";

/** @typedef {{ title: string, note: string, value: (column: Column) => string }} Measure */

export class EvaluationTerms {
  element = h("section", { class: "evaluation-terms", "aria-label": "Scores" });

  /** @param {MakeRequest} request */
  constructor(request) {
    this.request = request;
  }

  /** @param {Evaluation} evaluation */
  draw(evaluation) {
    const { report } = evaluation;
    if (!report) return;
    const advice = report.advice.map(({ sentence, figure }) => h("li", {}, sentence, " ", h("span", { class: "note" }, figure)));
    const missing = report.missing.map((text) => h("li", { class: "note" }, text));
    this.element.replaceChildren(
      h("p", { class: "evaluation-best" }, report.explanation),
      table(evaluation, report.columns, report.best, this.request),
      ...(advice.length ? [h("h3", {}, "For the next training"), h("ul", { class: "evaluation-advice" }, ...advice)] : []),
      ...(missing.length ? [h("ul", { class: "evaluation-advice" }, ...missing)] : []),
      nearest(evaluation),
    );
  }
}

/** @param {Evaluation} evaluation @param {readonly Column[]} columns @param {number | null} best @param {MakeRequest} request */
function table(evaluation, columns, best, request) {
  /** @type {Measure[]} */
  const measures = [
    { title: "Score", note: "mean z-score against the base", value: ({ score }) => (score === null ? "" : signed(score)) },
    ...termsOf(columns).map(({ name, label }) => ({ title: label, note: "", value: (/** @type {Column} */ column) => scored(column, name) || (column === columns[0] ? number(baseOf(columns, name)) : "") })),
    { title: "Copies", note: "of training images, among images of the concept alone", value: ({ memorisation: { share } }) => (share === null ? "" : quantity(Math.round(100 * share), "%")) },
    { title: "Variety", note: "of the base's, among the same images", value: ({ memorisation: { variety } }) => (variety == null ? "" : quantity(Math.round(100 * variety), "%")) },
    { title: "Memorisation gap", note: "distance to held-out images over that to trained ones; 1.5 refuses", value: ({ memorisation: { gap } }) => (gap == null ? "" : `${gap.toFixed(2)} ×`) },
    { title: "Vendi score", note: "different images of a prompt", value: ({ vendi }) => number(vendi) },
    { title: "Validation loss", note: "", value: ({ validation_loss: loss }) => number(loss) },
    { title: "Refused", note: "", value: ({ gates }) => gates.join("; ") },
  ];
  const framed = (/** @type {number} */ place) => (place === best ? "best" : "");
  const head = columns.map(({ label }, place) => h("th", { scope: "col", class: framed(place) }, h("strong", {}, label), h("small", {}, place === best ? "Best" : "")));
  const rows = measures
    .filter(({ value }) => columns.some((column) => value(column)))
    .map(({ title, note, value }) => h("tr", {}, h("th", { scope: "row" }, title, h("small", {}, note)), ...columns.map((column, place) => h("td", { class: framed(place) }, value(column)))));
  if (evaluation.run_id) rows.push(useRow(evaluation.run_id, columns, best, request));
  return h("div", { class: "run-scroll", tabindex: 0, role: "group", "aria-label": "Terms" }, h("table", { class: "run-table", "aria-label": `Terms of ${evaluation.concept}` }, h("thead", {}, h("tr", {}, h("td", {}), ...head)), h("tbody", {}, ...rows)));
}

/** The buttons that put a checkpoint into the library. @param {string} run @param {readonly Column[]} columns @param {number | null} best @param {MakeRequest} request */
function useRow(run, columns, best, request) {
  const cells = columns.map(({ step }, place) => {
    const button = step ? h("button", { type: "button", class: place === best ? "strong small" : "quiet small", "aria-label": `Use step ${step}`, onclick: () => request("use-checkpoint", { run, step }) }, place === best ? "Use this one" : "Use") : "";
    return h("td", { class: place === best ? "best" : "" }, button);
  });
  return h("tr", {}, h("th", { scope: "row" }, "LoRA"), ...cells);
}

/** The nearest training image of each column beside the image that comes nearest to it. @param {Evaluation} evaluation */
function nearest(evaluation) {
  const { report, task_id: id } = evaluation;
  const figures = (report?.columns ?? []).flatMap(({ label, memorisation: { row, nearest: place, similarity } }, column) => {
    const asset = row === null ? undefined : imageAt(evaluation, column, row);
    if (place === null || !asset) return [];
    const name = report?.training_images[place] ?? "";
    const drawn = h("img", { src: `/api/assets/${asset}/thumbnail`, alt: `Image of ${label}`, loading: "lazy" });
    const training = h("img", { src: `/api/evaluations/${id}/nearest/${column}`, alt: `Training image ${name}`, loading: "lazy" });
    training.addEventListener("error", () => training.replaceWith(h("span", { class: "evaluation-gone" }, "The file of this training image is gone.")));
    return [h("figure", {}, h("span", {}, drawn, training), h("figcaption", {}, h("strong", {}, label), ` ${name}, similarity ${number(similarity)}`))];
  });
  if (!figures.length) return "";
  const limit = report?.threshold == null ? "" : ` An image above ${number(report.threshold)} counts as a copy.`;
  return h("section", { "aria-label": "Nearest training images" }, h("h3", {}, "Nearest training images"), h("p", { class: "note" }, `Drawn on the left, training image on the right.${limit}`), h("div", { class: "evaluation-nearest" }, ...figures));
}

/** @param {Column} column @param {string} name */
function scored(column, name) {
  const term = termOf(column, name);
  return term ? `${number(term.value)} (${signed(term.z)})` : "";
}

/** The value of the base, which every column states. @param {readonly Column[]} columns @param {string} name */
function baseOf(columns, name) {
  return columns.flatMap((column) => termOf(column, name)?.base ?? []).at(0) ?? null;
}

const number = (/** @type {number | null} */ value) => value?.toFixed(3) ?? "";
const signed = (/** @type {number} */ value) => `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(2)}`;
