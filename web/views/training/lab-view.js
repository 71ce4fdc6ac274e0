/** The LoRA lab: a form for each of its operations, made from its fields, with progress and report. */
/** @import { State, Task } from "../../state/types.js" */
/** @import { Entry } from "../../document/types.js" */
import { labOperations, openOperation } from "../../state/lab.js";
import { phase } from "../../state/words.js";
import { h, reconcile, say, show } from "../../elements/dom.js";
import { QpElement } from "../../elements/element.js";
import { icon } from "../../elements/icons.js";
import { PartForm } from "../sets/part-form.js";
import { LabReportView } from "./lab-report.js";

/** @type {Record<string, string>} */
const STATES = { pending: "Waiting in the queue", held: "Held in the queue", completed: "Done", failed: "Failed", cancelled: "Cancelled" };

export class LoraLab extends QpElement {
  #list = h("ul", { class: "run-list" });
  #title = h("h2", { class: "dataset-title" });
  #summary = h("p", { class: "note" });
  #fields = h("div", {});
  #problem = h("p", { class: "field-problem", role: "alert", hidden: true });
  #run = h("button", { type: "submit", class: "strong" }, icon("play"), h("span", {}, "Run"));
  #state = h("p", { class: "note", role: "status" });
  #error = h("p", { class: "run-error", role: "alert", hidden: true });
  #cancel = h("button", { type: "button", class: "quiet small", hidden: true }, icon("stop"), "Cancel");
  #report = new LabReportView(this.request.bind(this));
  #none = h("p", { class: "note" }, "No LoRA is in the library. Train one, or put .safetensors files into models/loras.");
  /** @type {Map<string, PartForm>} by operation */
  #forms = new Map();
  #operation = "";
  #task = "";

  /** @override */
  build() {
    const side = h("aside", { class: "dataset-side", "aria-label": "LoRA lab" }, h("h2", {}, "LoRA lab"), this.#list);
    const form = h("form", { class: "training-form lab-form", "aria-label": "LoRA lab", novalidate: true }, this.#title, this.#summary, this.#none, this.#fields, this.#problem, h("div", { class: "training-go" }, this.#run));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.request("run-lab", { operation: this.#operation });
    });
    this.#cancel.addEventListener("click", () => this.request("cancel-task", { task: this.#task }));
    const result = h("section", { class: "lab-result", "aria-label": "Result" }, h("div", { class: "lab-state" }, this.#state, this.#cancel), this.#error, this.#report.element);
    this.append(side, h("div", { class: "dataset-main lab-main" }, form, result));
  }

  /** @override @param {State} state */
  render(state) {
    const { place, training, lab, entries, loras, tasks } = state;
    const entry = openOperation(lab, entries);
    if (place !== "training" || training.tab !== "lab" || !entry) return;
    this.#operation = entry.name;
    reconcile(this.#list, labOperations(entries), ({ name }) => name, (other) => this.#card(other), (card, { name }) => card.firstElementChild?.setAttribute("aria-pressed", String(name === entry.name)));
    say(this.#title, entry.title);
    say(this.#summary, entry.summary);
    show(this.#none, loras.length === 0);
    this.#drawForm(entry, state);
    this.#run.disabled = state.connection === "offline";
    this.#drawTask(tasks[lab.tasks[entry.name] ?? ""]);
  }

  /** @param {Entry} entry @param {State} state */
  #drawForm(entry, state) {
    const id = `lab-${entry.name}`;
    const part = this.#forms.get(entry.name) ?? new PartForm({ id, operation: entry.name, includes: () => true, change: (values) => this.request("change-lab", { operation: entry.name, values }), request: this.request.bind(this) });
    this.#forms.set(entry.name, part);
    if (this.#fields.firstElementChild !== part.element) this.#fields.replaceChildren(part.element);
    const problems = state.lab.problems[entry.name] ?? [];
    const rows = problems.map(({ field, detail }) => ({ brick: id, field: field.split(".")[0] ?? "", detail }));
    part.draw(state.lab.values[entry.name] ?? {}, /** @type {State} */ (Object.create(state, { problems: { value: rows } })));
    const others = rows.filter(({ field }) => !(field in entry.schema.properties));
    say(this.#problem, others.map(({ detail }) => detail).join(" "));
    show(this.#problem, others.length > 0);
  }

  /** @param {Task | undefined} task */
  #drawTask(task) {
    this.#task = task?.id ?? "";
    const open = task !== undefined && !task.finished_at;
    say(this.#state, task ? (task.status === "running" ? phase(task) : (STATES[task.status] ?? "")) : "The result appears here. A new LoRA is in the library at once.");
    show(this.#cancel, open && !task.cancel_requested);
    const failure = task?.status === "failed" ? task.error : null;
    say(this.#error, [failure?.detail, failure?.fix].filter(Boolean).join(" "));
    show(this.#error, failure !== null && failure !== undefined);
    this.#report.draw(task);
  }

  /** @param {Entry} entry @returns {HTMLElement} */
  #card({ name, title, summary }) {
    const button = h("button", { type: "button", class: "dataset-card", onclick: () => this.request("open-lab", { operation: name }) }, h("strong", {}, title), h("span", { class: "note" }, summary));
    return h("li", {}, button);
  }
}

customElements.define("qp-lora-lab", LoraLab);
