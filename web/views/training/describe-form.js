/** Captions that a network writes: its form, made from the operation's fields, and its progress. */
/** @import { State, Task } from "../../state/types.js" */
/** @import { Json } from "../../document/types.js" */
/** @import { OpenDataset } from "../../state/datasets.js" */
/** @import { MakeRequest } from "../../state/requests.js" */
import { DESCRIBE, describingTask } from "../../state/datasets.js";
import { count, phase } from "../../state/words.js";
import { h, say, show } from "../../elements/dom.js";
import { icon } from "../../elements/icons.js";
import { PartForm } from "../sets/part-form.js";

const GIVEN = new Set(["dataset", "names"]); // by the open dataset and its selection

export class DescribeForm {
  #form;
  #start = h("button", { type: "submit", class: "quiet small" }, icon("words"), h("span", {}, "Describe"));
  #count = h("p", { class: "note" });
  #state = h("p", { class: "note", role: "status" });
  #cancel = h("button", { type: "button", class: "quiet small", hidden: true }, icon("stop"), "Cancel");
  element;
  /** @type {Record<string, Json | undefined>} */
  #values = {};
  #task = "";
  #id = "";

  /** @param {MakeRequest} request */
  constructor(request) {
    this.#form = new PartForm({ id: "describe-dataset", operation: DESCRIBE, includes: (name) => !GIVEN.has(name), change: (values) => this.#change(values), request });
    this.#cancel.addEventListener("click", () => request("cancel-task", { task: this.#task }));
    this.element = h("form", { class: "dataset-describe", "aria-label": "Describe", novalidate: true }, h("h2", {}, "Describe"), h("p", { class: "note" }, "A network writes captions, the trigger word in front, as a new version."), this.#form.element, h("div", { class: "dataset-add" }, this.#count, this.#start, this.#cancel), this.#state);
    this.element.addEventListener("submit", (event) => {
      event.preventDefault();
      request("describe-dataset", { id: this.#id, values: this.#values });
    });
  }

  /** @param {Record<string, Json | undefined>} values */
  #change(values) {
    this.#values = { ...this.#values, ...values };
    this.element.dispatchEvent(new CustomEvent("qp-redraw", { bubbles: true }));
    this.#redraw();
  }

  #redraw = () => {};

  /** @param {OpenDataset} open @param {State} state */
  draw(open, state) {
    if (open.id !== this.#id) this.#values = {};
    this.#id = open.id;
    this.#redraw = () => this.#form.draw(this.#values, state);
    this.#redraw();
    const task = describingTask(state.tasks, open.id);
    this.#task = task?.id ?? "";
    const busy = task !== undefined && !task.finished_at;
    say(this.#count, open.selected.length ? `${count(open.selected.length, "image")} selected` : "All images");
    show(this.#start, !busy);
    show(this.#cancel, busy && !task.cancel_requested);
    say(this.#state, task ? stateOf(task) : "");
  }
}

/** @param {Task} task */
function stateOf(task) {
  if (task.status === "running") return phase(task);
  if (task.status === "failed") return [task.error?.detail, task.error?.fix].filter(Boolean).join(" ");
  return task.finished_at ? "" : "Waiting in the queue.";
}
