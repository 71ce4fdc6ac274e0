/** An open search: its state and actions, plots, and the table of trials. */
/** @import { Search, Trial } from "../../state/searches.js" */
/** @import { MakeRequest } from "../../state/requests.js" */
import { bestTrial, endedTrials, historyOf, placeOn, shortKey, shown } from "../../state/searches.js";
import { count, quantity } from "../../state/words.js";
import { h, reconcile, say, show } from "../../elements/dom.js";
import { icon } from "../../elements/icons.js";
import { ParallelPlot } from "../../elements/parallel-plot.js";
import { Plot } from "../../elements/plot.js";

/** @type {Record<string, string>} */
const OBJECTIVES = { validation_loss: "validation loss", loss: "training loss", score: "score" };

export class SearchDetail {
  #title = h("h2", { class: "dataset-title" });
  #about = h("p", { class: "note" });
  #state = h("p", { class: "run-state", role: "status" });
  #error = h("p", { class: "run-error", role: "alert", hidden: true });
  #pause;
  #resume;
  #stop;
  #take;
  #files = h("div", { class: "search-files" });
  #history = new Plot("History");
  #importance = h("ul", { class: "lab-bars" });
  #shares = h("figure", { class: "plot" }, h("figcaption", {}, h("strong", {}, "Importance")), this.#importance);
  #parallel = new ParallelPlot("Parallel coordinates");
  #table = h("div", { class: "run-scroll", tabindex: 0, role: "group", "aria-label": "Trials" });
  #plots = h("div", { class: "search-plots" }, this.#history.element, this.#shares, this.#parallel.element);
  element;
  /** @type {Search | null} */
  #search = null;

  /** @param {MakeRequest} request */
  constructor(request) {
    this.request = request;
    const button = (/** @type {import("../../elements/icons.js").IconName} */ name, /** @type {string} */ text, /** @type {string} */ title, /** @type {() => void} */ act) => h("button", { type: "button", class: "quiet small", title, onclick: act }, icon(name), text);
    const control = (/** @type {"pause" | "resume" | "cancel"} */ action) => () => this.#search && request("control-search", { id: this.#search.search_id, action });
    this.#pause = button("pause", "Pause", "Hold the trials, and start no other", control("pause"));
    this.#resume = button("play", "Resume", "Go on with the trials", control("resume"));
    this.#stop = button("stop", "Stop", "Stop the trials; what was found stays", control("cancel"));
    this.#take = button("edit", "Train with the best", "A new training with the settings of the best trial", () => request("train-best", {}));
    const back = h("button", { type: "button", class: "bare dataset-back", "aria-label": "All searches", title: "All searches", onclick: () => request("open-search", { id: "" }) }, icon("left"));
    const head = h("header", { class: "search-head" }, back, h("div", { class: "run-name" }, this.#title, this.#about, this.#state), h("div", { class: "run-actions" }, this.#pause, this.#resume, this.#stop, this.#take), this.#error);
    this.element = h("section", { class: "run-body", "aria-label": "Search" }, head, this.#plots, h("section", { class: "run-samples" }, h("h3", {}, "Trials"), this.#table, this.#files));
  }

  /** @param {Search} search */
  draw(search) {
    if (search === this.#search) return;
    this.#search = search;
    const { name, status, dataset, model, objective, trials_planned: planned, error } = search;
    const best = bestTrial(search);
    say(this.#title, name);
    say(this.#about, [dataset, model ?? "", OBJECTIVES[objective] ?? objective].filter(Boolean).join(" · "));
    const result = best ? `, best ${shown(best.value)} in trial ${best.number}` : "";
    const states = { running: "Searching", paused: "Paused", completed: "Done", failed: "Failed", cancelled: "Stopped" };
    say(this.#state, `${states[status]}: ${endedTrials(search)} of ${count(planned, "trial")}${result}.`);
    say(this.#error, error ?? "");
    show(this.#error, status === "failed" && error !== null);
    show(this.#pause, status === "running");
    show(this.#resume, status === "paused");
    show(this.#stop, status === "running" || status === "paused");
    show(this.#take, best !== undefined);
    this.#drawHistory(search);
    this.#drawImportance(search);
    this.#drawParallel(search);
    this.#table.replaceChildren(table(search, this.request));
    reconcile(this.#files, search.files, (file) => file, (file) => h("a", { class: "quiet small", href: `/api/training/searches/${encodeURIComponent(search.search_id)}/files/${file}`, download: file }, icon("download"), file));
  }

  /** @param {Search} search */
  #drawHistory(search) {
    show(this.#plots, search.history.length > 0);
    if (!search.history.length) return;
    const { trials, values, best, low, high } = historyOf(search);
    const line = { text: shown, minimum: low, maximum: high };
    this.#history.draw({ times: trials, time: (number) => `trial ${Math.round(number)}`, lines: [{ ...line, label: "best so far", kind: 0, values: best }, { ...line, label: "each trial", kind: 2, values, points: true }] });
  }

  /** @param {Search} search */
  #drawImportance({ importance }) {
    const shares = Object.entries(importance).toSorted(([, a], [, b]) => b - a);
    show(this.#shares, shares.length > 0);
    reconcile(this.#importance, shares, ([key]) => key, () => h("li", {}, h("span", {}), h("span", { class: "lab-bar" }, h("i", {})), h("span", {})), (row, [key, share]) => {
      const [name, bar, value] = row.children;
      if (name) say(name, shortKey(key));
      /** @type {HTMLElement} */ (bar?.firstElementChild).style.setProperty("width", `${100 * share}%`);
      if (value) say(value, quantity(Math.round(100 * share), "%"));
    });
  }

  /** @param {Search} search */
  #drawParallel({ parallel: { axes, lines }, direction, objective, best_trial: best }) {
    show(this.#parallel.element, lines.length > 1);
    const sign = direction === "maximize" ? 1 : -1;
    const sorted = lines.map(({ value }) => sign * value).toSorted((a, b) => a - b);
    const values = lines.map(({ value }) => value);
    /** @type {import("../../state/searches.js").Axis} */
    const goal = { name: OBJECTIVES[objective] ?? objective, low: Math.min(...values), high: Math.max(...values) };
    const all = [...axes, goal];
    this.#parallel.draw({
      axes: all.map((axis) => ({ label: shortKey(axis.name), low: shown(axis.choices ? axis.choices[0] : axis.low), high: shown(axis.choices ? axis.choices.at(-1) : axis.high) })),
      lines: lines.map(({ trial, value, at }) => ({ label: `trial ${trial}, ${shown(value)}`, best: trial === best, rank: sorted.indexOf(sign * value) / Math.max(1, sorted.length - 1), places: all.map((axis, place) => placeOn(axis, at[place] ?? value)) })),
    });
  }
}

/** @param {Search} search @param {MakeRequest} request */
function table({ trials, objective, best_trial: best }, request) {
  const keys = [...new Set(trials.flatMap(({ params }) => Object.keys(params)))];
  const head = ["Trial", OBJECTIVES[objective] ?? objective, "State", ...keys.map(shortKey), "Task"].map((text) => h("th", { scope: "col" }, text));
  const rows = trials.toReversed().map((trial) => {
    const mark = trial.number === best ? "best" : "";
    return h("tr", { class: mark }, h("th", { scope: "row" }, String(trial.number)), h("td", { class: mark }, shown(trial.value)), h("td", {}, trial.state, trial.error ? h("small", {}, trial.error) : ""), ...keys.map((key) => h("td", {}, shown(trial.params[key]))), h("td", {}, ...links(trial, request)));
  });
  return h("table", { class: "run-table search-table" }, h("thead", {}, h("tr", {}, ...head)), h("tbody", {}, ...rows));
}

/** The training of a trial, and its evaluation. @param {Trial} trial @param {MakeRequest} request */
function links({ number, task_id: id, evaluation_id: evaluation }, request) {
  const open = (/** @type {string} */ text, /** @type {string} */ label, /** @type {() => void} */ act) => h("button", { type: "button", class: "quiet small", "aria-label": label, onclick: act }, text);
  const training = id ? [open("Training", `Training of trial ${number}`, () => request("open-run", { id }))] : [];
  const scored = evaluation ? [open("Scores", `Scores of trial ${number}`, () => {
    request("show-training", { tab: "evaluations" });
    request("open-evaluation", { id: evaluation });
  })] : [];
  return [...training, ...scored];
}
