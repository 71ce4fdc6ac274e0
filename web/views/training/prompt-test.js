/** Prompts that are tried with a checkpoint of a run, each image beside that of the base model. */
/** @import { PromptTest, Run } from "../../state/training.js" */
/** @import { Task } from "../../state/task-types.js" */
/** @import { MakeRequest } from "../../state/requests.js" */
import { h, reconcile, say, show } from "../../elements/dom.js";
import { icon } from "../../elements/icons.js";

/** @type {Record<string, string>} */
const STATES = { pending: "Waiting in the queue…", held: "Paused in the queue.", running: "Drawing…", failed: "It failed.", cancelled: "It was stopped." };
const SEED = 42;

export class PromptTests {
  #prompt = h("input", { class: "well", type: "text", "aria-label": "Prompt to try", maxlength: 2000, autocomplete: "off", placeholder: "a prompt with the trigger word" });
  #step = h("select", { class: "well", "aria-label": "Checkpoint" });
  #weight = h("input", { class: "well", type: "number", "aria-label": "Weight", value: "1", min: "-4", max: "4", step: "0.1" });
  #seed = h("input", { class: "well", type: "number", "aria-label": "Seed", value: String(SEED), min: "0", max: "4294967295", step: "1" });
  #go = h("button", { type: "submit", class: "quiet small" }, icon("play"), "Draw beside the base");
  #list = h("ul", { class: "prompt-tests" });
  #form = h("form", { class: "prompt-test-form", novalidate: true, "aria-label": "Try a prompt" }, this.#prompt, h("label", {}, "Checkpoint", this.#step), h("label", {}, "Weight", this.#weight), h("label", {}, "Seed", this.#seed), this.#go);
  element = h("section", { class: "run-samples run-prompts", "aria-label": "Try a prompt with this training" }, h("h3", {}, "Try a prompt"), this.#form, this.#list);
  #run = "";

  /** @param {MakeRequest} request */
  constructor(request) {
    this.request = request;
    this.#form.addEventListener("input", () => this.#check());
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (!this.#go.disabled) request("test-prompt", { run: this.#run, prompt: this.#prompt.value.trim(), step: Number(this.#step.value), weight: Number(this.#weight.value), seed: Number(this.#seed.value) });
    });
  }

  #check() {
    const weight = Number(this.#weight.value);
    const seed = Number(this.#seed.value);
    this.#go.disabled = !this.#prompt.value.trim() || !this.#step.value || !weight || Math.abs(weight) > 4 || !Number.isInteger(seed) || seed < 0;
  }

  /** @param {Run} run @param {readonly PromptTest[]} tests @param {Record<string, Task>} tasks */
  draw(run, tests, tasks) {
    this.#run = run.task_id;
    show(this.element, run.checkpoints.length > 0);
    const steps = run.checkpoints.toReversed();
    const chosen = this.#step.value;
    reconcile(this.#step, steps, ({ step }) => String(step), ({ step }) => h("option", { value: String(step) }, `Step ${step}`), () => undefined);
    this.#step.value = steps.some(({ step }) => String(step) === chosen) ? chosen : String(steps[0]?.step ?? "");
    this.#check();
    reconcile(this.#list, tests, ({ id }) => id, (test) => this.#pair(test), (row, test) => this.#fill(row, test, tasks[test.id]));
  }

  /** @param {PromptTest} test @returns {HTMLElement} */
  #pair({ prompt, step, weight, seed }) {
    return h("li", {}, h("p", {}, h("strong", {}, prompt), h("small", { class: "note" }, ` Step ${step} × ${weight}, seed ${seed}`)), h("p", { class: "note", role: "status" }), h("div", { class: "prompt-test-images" }));
  }

  /** @param {HTMLElement} row @param {PromptTest} test @param {Task | undefined} task */
  #fill(row, { prompt, step }, task) {
    const [, state, images] = row.children;
    const assets = (task?.outputs ?? []).flatMap(({ port, asset_id: asset }) => (port === "image" && asset ? [asset] : []));
    const done = task?.status === "completed";
    if (state) say(state, done ? "" : [STATES[task?.status ?? "pending"], task?.error?.detail].filter(Boolean).join(" "));
    if (state instanceof HTMLElement) show(state, !done);
    const [a, b] = assets;
    if (!images || !done || !a || !b || images.childElementCount) return;
    const figure = (/** @type {string} */ asset, /** @type {string} */ name) => h("figure", {}, h("img", { src: `/api/assets/${asset}/thumbnail`, alt: `${prompt}, ${name}`, loading: "lazy" }), h("figcaption", {}, name));
    const compare = h("button", { type: "button", class: "bare evaluation-cell", title: "Compare with the base model", onclick: () => this.request("compare-snapshots", { of: "assets", a, b }) }, figure(a, "base model"), figure(b, `step ${step}`));
    images.append(compare);
  }
}
