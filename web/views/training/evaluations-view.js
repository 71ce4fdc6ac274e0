/** The evaluations: their list, and the open one with scores, nearest training images and images. */
/** @import { State } from "../../state/types.js" */
/** @import { EvaluationEntry, Evaluation } from "../../state/evaluations.js" */
import { ago } from "../../state/words.js";
import { h, reconcile, say, show } from "../../elements/dom.js";
import { QpElement } from "../../elements/element.js";
import { icon } from "../../elements/icons.js";
import { EvaluationGrid } from "./evaluation-grid.js";
import { EvaluationTerms } from "./evaluation-terms.js";

/** @type {Record<string, string>} */
const STATES = { pending: "Waiting", held: "Paused", running: "Drawing", completed: "Done", failed: "Failed", cancelled: "Stopped" };

export class EvaluationsView extends QpElement {
  #list = h("ul", { class: "run-list" });
  #none = h("div", { class: "dataset-empty" }, h("h2", {}, "No evaluation yet"), h("p", {}, "An evaluation draws test prompts with the base model and every checkpoint, scores the images and names the best one. Start it at a training."));
  #choose = h("p", { class: "note run-choose" }, "Choose an evaluation.");
  #problem = h("p", { class: "run-error", role: "alert", hidden: true });
  #title = h("h2", { class: "dataset-title" });
  #state = h("p", { class: "note", role: "status" });
  #terms = new EvaluationTerms(this.request.bind(this));
  #grid = new EvaluationGrid(this.request.bind(this));
  #body = h("section", { class: "evaluation-body", "aria-label": "Evaluation" });
  #here = false;
  /** @type {Evaluation | null} */
  #shown = null;

  /** @override */
  build() {
    const back = h("button", { type: "button", class: "bare dataset-back", "aria-label": "All evaluations", title: "All evaluations", onclick: () => this.request("open-evaluation", { id: "" }) }, icon("left"));
    this.#grid.element.addEventListener("blind-change", () => show(this.#terms.element, !this.#grid.blind));
    this.#body.append(h("header", { class: "evaluation-head" }, back, this.#title, this.#state), this.#terms.element, this.#grid.element);
    const side = h("aside", { class: "dataset-side", "aria-label": "Evaluations" }, h("h2", {}, "Evaluations"), this.#list);
    this.append(side, h("div", { class: "dataset-main run-main" }, this.#problem, this.#none, this.#choose, this.#body));
  }

  /** @override @param {State} state */
  render({ place, training, evaluations, tasks }) {
    const here = place === "training" && training.tab === "evaluations";
    const { items, open, problem } = evaluations;
    if (here && !this.#here) this.request("open-evaluations", {});
    this.#here = here;
    say(this.#problem, problem);
    show(this.#problem, problem !== "");
    show(this.#none, items?.length === 0 && !open);
    show(this.#choose, Boolean(items?.length) && !open);
    show(this.#body, open !== null);
    this.classList.toggle("dataset-open", open !== null);
    reconcile(this.#list, items ?? [], ({ task_id: id }) => id, (entry) => this.#card(entry), (card, entry) => drawCard(card, { ...entry, status: tasks[entry.task_id]?.status ?? entry.status }, entry.task_id === open?.task_id));
    if (!open || open === this.#shown) return;
    this.#shown = open;
    say(this.#title, open.concept || "LoRAs");
    const { progress } = open;
    const drawing = progress ? `${progress.phase}, ${progress.step} of ${progress.steps} images` : "";
    say(this.#state, [STATES[open.status], drawing, open.error?.detail].filter(Boolean).join(" · "));
    show(this.#terms.element, open.report !== null);
    show(this.#grid.element, open.report !== null);
    this.#terms.draw(open);
    this.#grid.draw(open);
  }

  /** @param {EvaluationEntry} entry @returns {HTMLElement} */
  #card({ task_id: id }) {
    return h("li", {}, h("button", { type: "button", class: "dataset-card run-card", onclick: () => this.request("open-evaluation", { id }) }, h("strong", {}), h("span", { class: "note" })));
  }
}

/** @param {HTMLElement} card @param {EvaluationEntry} entry @param {boolean} current */
function drawCard(card, { concept, status, columns, created_at: created }, current) {
  const button = /** @type {HTMLElement} */ (card.firstElementChild);
  const [title, note] = button.children;
  button.dataset.state = status;
  button.setAttribute("aria-pressed", String(current));
  if (title) say(title, concept || "LoRAs");
  if (note) say(note, [STATES[status], `${columns} columns`, ago(Date.now() - Date.parse(created))].filter(Boolean).join(" · "));
}

customElements.define("qp-evaluations", EvaluationsView);
