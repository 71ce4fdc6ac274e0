/** The grid of an evaluation, prompts × columns, and the votes without names. */
/** @import { Evaluation } from "../../state/evaluations.js" */
/** @import { MakeRequest } from "../../state/requests.js" */
import { blindOrder, imageAt, nextVote, tally, votableRows } from "../../state/evaluations.js";
import { h, show } from "../../elements/dom.js";
import { icon } from "../../elements/icons.js";

export class EvaluationGrid {
  #category = h("select", { class: "well", "aria-label": "Category" });
  #vote = h("button", { type: "button", class: "quiet small", "aria-pressed": "false" }, icon("star"), "Vote blind");
  #body = h("div", {});
  element = h("section", { class: "evaluation-grid", "aria-label": "Images" }, h("header", {}, h("h3", {}, "Images"), this.#category, this.#vote), this.#body);
  #blind = false;
  /** @type {Evaluation | null} */
  #evaluation = null;

  /** @param {MakeRequest} request */
  constructor(request) {
    this.request = request;
    this.#category.addEventListener("change", () => this.#draw());
    this.#vote.addEventListener("click", () => {
      this.#blind = !this.#blind;
      this.#draw();
    });
  }

  /** True while names are hidden. */
  get blind() {
    return this.#blind && this.#evaluation !== null && nextVote(this.#evaluation) !== undefined;
  }

  /** @param {Evaluation} evaluation */
  draw(evaluation) {
    if (evaluation.task_id !== this.#evaluation?.task_id) {
      this.#blind = false;
      const categories = [...new Set(evaluation.report?.rows.map(({ category }) => category))];
      this.#category.replaceChildren(h("option", { value: "" }, "All categories"), ...categories.map((name) => h("option", { value: name }, name.replace("_", " "))));
    }
    this.#evaluation = evaluation;
    this.#draw();
  }

  #draw() {
    const evaluation = this.#evaluation;
    if (!evaluation?.report) return;
    this.#vote.setAttribute("aria-pressed", String(this.#blind));
    show(this.#category, !this.#blind);
    this.#body.replaceChildren(this.#blind ? this.#ballot(evaluation) : this.#table(evaluation));
    this.element.dispatchEvent(new Event("blind-change"));
  }

  /** @param {Evaluation} evaluation */
  #table(evaluation) {
    const { columns = [], rows = [], cells = [], best } = evaluation.report ?? {};
    const head = columns.map(({ label }, place) => h("th", { scope: "col", class: place === best ? "best" : "" }, label));
    const shown = rows.flatMap((row, place) => (this.#category.value && row.category !== this.#category.value ? [] : [{ row, place }]));
    const body = shown.map(({ row, place }) =>
      h("tr", {}, h("th", { scope: "row" }, row.prompt, h("small", {}, [row.category.replace("_", " "), `seed ${row.seed}`, row.negative_prompt && `without ${row.negative_prompt}`].filter(Boolean).join(" · "))), ...columns.map(({ label }, column) => h("td", { class: column === best ? "best" : "" }, this.#image(evaluation, column, place, `${row.prompt}, ${label}`, cells[column]?.[place]?.copy ?? false)))),
    );
    return h("div", { class: "run-scroll evaluation-images", tabindex: 0, role: "group", "aria-label": "Images by prompt" }, h("table", { class: "run-table" }, h("thead", {}, h("tr", {}, h("td", {}), ...head)), h("tbody", {}, ...body)));
  }

  /** @param {Evaluation} evaluation @param {number} column @param {number} row @param {string} title @param {boolean} copied */
  #image(evaluation, column, row, title, copied) {
    const asset = imageAt(evaluation, column, row);
    const base = imageAt(evaluation, 0, row);
    if (!asset || !base) return h("span", { class: "run-slot" });
    const image = h("img", { src: `/api/assets/${asset}/thumbnail`, alt: title, loading: "lazy" });
    const mark = copied ? [h("small", { class: "evaluation-copy" }, "copy")] : [];
    return h("button", { type: "button", class: "bare evaluation-cell", title: "Compare with the base model", onclick: () => this.request("compare-snapshots", { of: "assets", a: base, b: asset }) }, image, ...mark);
  }

  /** One row without names, or the votes at the end. @param {Evaluation} evaluation */
  #ballot(evaluation) {
    const { report, votes, task_id: id } = evaluation;
    const columns = report?.columns ?? [];
    const row = nextVote(evaluation);
    if (row === undefined) {
      const counts = tally(votes, columns.length);
      const lines = columns.map(({ label }, place) => h("li", {}, h("strong", {}, label), ` ${counts[place]} ${counts[place] === 1 ? "vote" : "votes"}`));
      return h("div", { class: "evaluation-votes", role: "status" }, h("p", {}, "All rows have a vote."), h("ul", {}, ...lines));
    }
    const total = report ? votableRows(report).length : 0;
    const choices = blindOrder(id, row, columns.length).flatMap((column, place) => {
      const asset = imageAt(evaluation, column, row);
      if (!asset) return [];
      const name = `Image ${place + 1}`;
      return [h("button", { type: "button", class: "quiet evaluation-choice", "aria-label": `Vote for image ${place + 1}`, onclick: () => this.request("vote-evaluation", { id, row, column }) }, h("img", { src: `/api/assets/${asset}/thumbnail?size=512`, alt: "" }), name)];
    });
    const done = total - (report ? votableRows(report).filter((place) => !votes.some(([voted]) => voted === place)).length : 0);
    return h("div", { class: "evaluation-ballot" }, h("p", { role: "status" }, `${done + 1} of ${total}: ${report?.rows[row]?.prompt ?? ""}`), h("div", { class: "evaluation-choices" }, ...choices));
  }
}
