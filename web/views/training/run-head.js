/** The head of a training: its step, progress with the moments at which it made way, and its actions. */
/** @import { Task } from "../../state/types.js" */
/** @import { Run, Series } from "../../state/training.js" */
/** @import { MakeRequest } from "../../state/requests.js" */
import { statusOf, stepOf } from "../../state/training.js";
import { phase, timeLeft } from "../../state/words.js";
import { h, reconcile, say, show } from "../../elements/dom.js";
import { icon } from "../../elements/icons.js";

export class RunHead {
  #back = h("button", { type: "button", class: "bare dataset-back", "aria-label": "All trainings", title: "All trainings" }, icon("left"));
  #title = h("h2", { class: "dataset-title" });
  #about = h("p", { class: "note" });
  #bar = h("div", { class: "run-bar", role: "progressbar", "aria-label": "Steps", "aria-valuemin": 0 });
  #fill = h("span", { class: "run-fill" });
  #yields = h("span", { class: "run-yields" });
  #state = h("p", { class: "run-state", role: "status" });
  #left = h("span", { class: "note" });
  #error = h("p", { class: "run-error", role: "alert", hidden: true });
  #notes = h("ul", { class: "run-notes" });
  #pause;
  #resume;
  #stop;
  #again;
  #evaluate;
  #search;
  element;
  /** @type {Run | null} */
  #run = null;

  /** @param {MakeRequest} request */
  constructor(request) {
    const button = (/** @type {import("../../elements/icons.js").IconName} */ name, /** @type {string} */ text, /** @type {string} */ title, /** @type {(run: Run) => void} */ act) =>
      h("button", { type: "button", class: "quiet small", title, onclick: () => this.#run && act(this.#run) }, icon(name), text);
    this.#pause = button("pause", "Pause", "Save the state and wait", ({ task_id: task }) => request("hold-task", { task, held: true }));
    this.#resume = button("play", "Resume", "Go on from the last saved step", ({ task_id: task, status }) => (status === "held" ? request("hold-task", { task, held: false }) : request("retry-task", { task })));
    this.#stop = button("stop", "Stop and keep", "Stop; the last step is kept as a checkpoint", ({ task_id: task }) => request("cancel-task", { task }));
    this.#again = button("edit", "Change and train again", "A new training with these settings", ({ params }) => request("new-training", { params }));
    this.#evaluate = button("check", "Evaluate", "Score every checkpoint and name the best", ({ task_id: run }) => request("start-evaluation", { run }));
    this.#search = button("search", "Search", "The search that this training is a trial of", ({ search_id: id }) => {
      request("show-training", { tab: "searches" });
      if (id) request("open-search", { id });
    });
    this.#back.addEventListener("click", () => request("open-run", { id: "" }));
    this.#bar.append(this.#fill, this.#yields);
    const progress = h("div", { class: "run-progress" }, this.#bar, h("div", { class: "run-line" }, this.#state, this.#left));
    const actions = h("div", { class: "run-actions" }, this.#pause, this.#resume, this.#stop, this.#evaluate, this.#again, this.#search);
    this.element = h("header", { class: "run-head" }, this.#back, h("div", { class: "run-name" }, this.#title, this.#about), progress, actions, this.#error, this.#notes);
  }

  /** @param {Run} run @param {Record<string, Series>} values @param {Task | undefined} task */
  draw(run, values, task) {
    const status = statusOf(run, task);
    const progress = task ? task.progress : run.progress;
    const step = stepOf(run, values, progress);
    this.#run = { ...run, status };
    const { lora, training } = run.config;
    say(this.#title, run.name);
    say(this.#about, [run.trigger_word && `trigger “${run.trigger_word}”`, run.model, lora && `rank ${lora.rank}`, training?.optimizer, training && `batch ${training.batch_size}`].filter(Boolean).join(" · "));
    this.#bar.setAttribute("aria-valuemax", String(run.steps));
    this.#bar.setAttribute("aria-valuenow", String(step));
    this.#fill.style.setProperty("width", `${(100 * step) / Math.max(1, run.steps)}%`);
    reconcile(this.#yields, values.yielded ?? [], ([at]) => String(at), ([at]) => h("i", { title: `Made way for another task at step ${at}` }), (mark, [at]) => mark.style.setProperty("left", `${(100 * at) / Math.max(1, run.steps)}%`));
    this.element.dataset.state = status;
    say(this.#state, sentence(status, step, run, task, Boolean(values.yielded?.length)));
    const eta = status === "running" ? progress?.eta_seconds : null;
    say(this.#left, eta == null ? "" : timeLeft(eta));
    const stopping = task?.cancel_requested === true;
    const pausing = status === "running" && Boolean(task?.hold_reasons.includes("user"));
    show(this.#pause, (status === "running" || status === "pending") && !stopping && !pausing);
    show(this.#resume, status === "held" || status === "failed" || status === "cancelled");
    show(this.#stop, (status === "running" || status === "pending" || status === "held") && !stopping);
    show(this.#again, status === "completed" || status === "failed" || status === "cancelled");
    show(this.#search, run.search_id !== null);
    show(this.#evaluate, run.checkpoints.length > 0);
    const error = task?.error ?? run.error;
    show(this.#error, status === "failed" && error !== null);
    say(this.#error, [error?.detail, error?.fix].filter(Boolean).join(" "));
    reconcile(this.#notes, run.warnings, ({ detail }) => detail, ({ detail }) => h("li", {}, detail));
    show(this.#notes, run.warnings.length > 0);
  }
}

/** The state of a run as a sentence. @param {Run["status"]} status @param {number} step @param {Run} run @param {Task | undefined} task @param {boolean} yielded */
function sentence(status, step, run, task, yielded) {
  const place = `step ${step} of ${run.steps}`;
  if (status === "running" && task) {
    if (task.hold_reasons.includes("user")) return `Pausing after ${place}…`;
    return task.progress?.phase === "training" && !task.cancel_requested ? `Training, ${place}` : `${place[0]?.toUpperCase()}${place.slice(1)} · ${phase(task)}`;
  }
  if (status === "pending") return step ? `${yielded ? "Makes way for images" : "Interrupted"}; goes on after ${place}.` : "Waiting in the queue.";
  if (status === "held") return step ? `Paused after ${place}.` : "Held in the queue.";
  if (status === "completed") return `Done: ${place}${run.report?.reason && run.report.reason !== "completed" ? ` (${run.report.reason})` : ""}.`;
  if (status === "cancelled") return `Stopped after ${place}. Its checkpoints can be used.`;
  if (status === "failed") return `Failed after ${place}.`;
  return `Training, ${place}`;
}
