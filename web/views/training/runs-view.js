/** The trainings: their list, and the open one with progress, plots, samples and checkpoints. */
/** @import { State } from "../../state/types.js" */
/** @import { RunEntry } from "../../state/training.js" */
import { statusOf, stepOf } from "../../state/training.js";
import { ago } from "../../state/words.js";
import { h, reconcile, say, show } from "../../elements/dom.js";
import { QpElement } from "../../elements/element.js";
import { icon } from "../../elements/icons.js";
import { PromptTests } from "./prompt-test.js";
import { RunConfiguration } from "./run-configuration.js";
import { RunHead } from "./run-head.js";
import { RunPlots } from "./run-plots.js";
import { RunSamples } from "./run-samples.js";

/** @type {Record<string, string>} */
const STATES = { pending: "Waiting", held: "Paused", running: "Training", completed: "Done", failed: "Failed", cancelled: "Stopped" };

const BESIDE = "(min-width: 761px)"; // list and run stand side by side

export class RunsView extends QpElement {
  #ask = this.request.bind(this);
  #list = h("ul", { class: "run-list" });
  #none = h("div", { class: "dataset-empty" }, h("h2", {}, "No training yet"), h("p", {}, "A training teaches the model a motif or a style from images with captions. Its loss, samples and checkpoints appear here."));
  #choose = h("p", { class: "note run-choose" }, "Choose a training.");
  #loading = h("p", { class: "note run-choose", role: "status" }, "Loading…");
  #problem = h("div", { class: "run-problem", role: "alert", hidden: true });
  #problemText = h("p", {});
  #body = h("section", { class: "run-body", "aria-label": "Training run" });
  #head = new RunHead(this.#ask);
  #plots = new RunPlots();
  #samples = new RunSamples(this.#ask);
  #prompts = new PromptTests(this.#ask);
  #configuration = new RunConfiguration(this.#ask);
  #here = false;
  #opens = false; // the newest run, once the list is there

  /** @override */
  build() {
    const fresh = () => h("button", { type: "button", class: "quiet small", onclick: () => this.request("new-training", { params: {} }) }, icon("plus"), "New training");
    this.#none.append(fresh());
    this.#problem.append(this.#problemText, h("button", { type: "button", class: "quiet small", onclick: () => this.#load() }, icon("retry"), "Try again"));
    this.#body.append(this.#head.element, h("div", { class: "run-columns" }, this.#plots.element, this.#samples.element), this.#prompts.element, this.#configuration.element);
    const side = h("aside", { class: "dataset-side", "aria-label": "Trainings" }, h("h2", {}, "Trainings"), h("div", { class: "dataset-add" }, fresh()), this.#list);
    this.append(side, h("div", { class: "dataset-main run-main" }, this.#problem, this.#none, this.#loading, this.#choose, this.#body));
  }

  #load() {
    this.request("open-runs", {});
    if (this.#id) this.request("open-run", { id: this.#id });
  }

  #id = "";

  /** @override @param {State} state */
  render({ place, training, tasks }) {
    const here = place === "training" && training.tab === "runs";
    const { runs, open, problem } = training;
    this.#id = open?.id ?? "";
    if (here && !this.#here) {
      this.#load();
      this.#opens = matchMedia(BESIDE).matches; // on a phone the list comes first
    }
    this.#here = here;
    this.#openNewest(runs, open !== null);
    const run = open?.run ?? null;
    const trouble = open?.problem || problem;
    say(this.#problemText, trouble);
    show(this.#problem, trouble !== "");
    show(this.#none, runs?.length === 0 && !open);
    show(this.#loading, !trouble && (runs === null || (open !== null && run === null)));
    show(this.#choose, Boolean(runs?.length) && !open);
    show(this.#body, run !== null);
    this.classList.toggle("dataset-open", open !== null);
    reconcile(this.#list, runs ?? [], ({ task_id: id }) => id, (entry) => this.#card(entry), (card, entry) => drawCard(card, entry, statusOf(entry, tasks[entry.task_id]), entry.task_id === open?.id));
    if (!open || !run) return;
    const task = tasks[run.task_id];
    this.#head.draw(run, open.values, task);
    this.#plots.draw(run, open.values);
    this.#samples.draw(run, open.values, stepOf(run, open.values, task?.progress), open.scores);
    this.#prompts.draw(run, open.tests ?? [], tasks);
    this.#configuration.draw(run);
  }

  /** Opens the newest run where none was chosen. @param {readonly RunEntry[] | null} runs @param {boolean} open */
  #openNewest(runs, open) {
    const id = runs?.[0]?.task_id;
    if (open || !this.#here) this.#opens = false;
    if (!this.#opens || !id) return;
    this.#opens = false;
    this.request("open-run", { id });
  }

  /** @param {RunEntry} entry @returns {HTMLElement} */
  #card({ task_id: id }) {
    const button = h("button", { type: "button", class: "dataset-card run-card", onclick: () => this.request("open-run", { id }) }, h("strong", {}), h("span", { class: "note" }));
    return h("li", {}, button);
  }
}

/** @param {HTMLElement} card @param {RunEntry} entry @param {RunEntry["status"]} status @param {boolean} current */
function drawCard(card, { name, steps, created_at: created, newest }, status, current) {
  const button = /** @type {HTMLElement} */ (card.firstElementChild);
  const [title, note] = button.children;
  button.dataset.state = status;
  button.setAttribute("aria-pressed", String(current));
  const loss = newest.validation_loss ?? newest.loss_smoothed;
  if (title) say(title, name);
  if (note) say(note, [STATES[status], `${steps} steps`, loss == null ? "" : `loss ${loss.toFixed(3)}`, ago(Date.now() - Date.parse(created))].filter(Boolean).join(" · "));
}

customElements.define("qp-runs", RunsView);
