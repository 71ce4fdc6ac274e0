/** The parameters of a waiting task, in the form of its operation. */
/** @import { Brick, Json } from "../../document/types.js" */
/** @import { FormHost } from "../../state/requests.js" */
/** @import { State, Task } from "../../state/types.js" */
import { waiting } from "../../state/selectors/tasks.js";
import { taskSubject } from "../../state/words.js";
import { h, say, show } from "../../elements/dom.js";
import { QpElement } from "../../elements/element.js";
import { Form } from "../form.js";

export class TaskEditor extends QpElement {
  #title = h("h3", {});
  #fields = h("div", {});
  #problem = h("p", { class: "task-problem", role: "alert", hidden: true });
  #save = h("button", { type: "submit", class: "strong small" }, "Save");
  /** @type {Form | null} */
  #form = null;
  #task = "";

  /** @override */
  build() {
    this.hidden = true;
    const cancel = h("button", { type: "button", class: "quiet small", onclick: () => this.request("edit-task", { task: "" }) }, "Discard");
    const form = h("form", { class: "task-editor" }, this.#title, this.#fields, this.#problem, h("div", { class: "queue-tools" }, this.#save, cancel));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.request("save-task-edit", {});
    });
    form.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || event.defaultPrevented) return;
      event.stopPropagation();
      this.request("edit-task", { task: "" });
    });
    this.append(form);
  }

  /** @override @param {State} state */
  render(state) {
    const edit = state.taskEdit;
    const task = edit ? state.tasks[edit.task] : undefined;
    show(this, Boolean(task));
    if (!edit || !task) {
      this.#task = "";
      return;
    }
    const opens = this.#task !== edit.task;
    if (opens) this.#open(task);
    const brick = { id: hostId(task), type: task.operation, props: /** @type {Brick["props"]} */ ({ ...task.params, ...edit.values }), column: 0, row: 0 };
    const problems = edit.problem ? [{ brick: brick.id, field: edit.field, detail: edit.problem }] : [];
    const view = /** @type {State} */ (Object.create(state, { problems: { value: problems } }));
    this.#form?.draw(/** @type {Brick} */ (brick), view);
    say(this.#title, `Edit: ${taskSubject(task)}`);
    const started = waiting(task) ? "" : "The task has started. Its parameters cannot be changed any more; repeat it instead.";
    say(this.#problem, started || edit.problem);
    show(this.#problem, this.#problem.textContent !== "");
    this.#save.disabled = edit.busy || started !== "" || Object.keys(edit.values).length === 0;
    if (opens) this.#focus();
  }

  /** Builds the form of a task. @param {Task} task */
  #open(task) {
    this.#task = task.id;
    const references = Object.entries(task.params).filter(([, value]) => holdsReference(value));
    const fixed = new Set(references.map(([name]) => name)); // outputs of other tasks stay
    this.#form = new Form(this.#host(task), (name) => !fixed.has(name));
    this.#fields.replaceChildren(this.#form.element);
  }

  #focus() {
    this.scrollIntoView({ block: "nearest" });
    /** @type {HTMLElement | null} */ (this.#fields.querySelector("textarea, input, select"))?.focus();
  }

  /**
   * The place of a brick around the form: changes go to the edit, everything else up.
   * @param {Task} task
   * @returns {FormHost}
   */
  #host(task) {
    return {
      brickId: hostId(task),
      dispatchEvent: (event) => this.dispatchEvent(event),
      request: (name, detail) => {
        const { name: field, value, props, file } = /** @type {{ name: string, value: Json, props: Record<string, Json>, file: File }} */ (/** @type {unknown} */ (detail));
        if (name === "set-prop") this.request("edit-task-values", { values: { [field]: value } });
        else if (name === "set-props") this.request("edit-task-values", { values: props });
        else if (name === "upload-file") this.request("edit-task-values", { file: { name: field, file } });
        else this.request(name, detail);
      },
    };
  }
}

/** @param {Task} task */
function hostId(task) {
  return `task-${task.id}`;
}

/** @param {Json | undefined} value @returns {boolean} */
function holdsReference(value) {
  if (Array.isArray(value)) return value.some(holdsReference);
  return typeof value === "object" && value !== null && "task" in value;
}

customElements.define("qp-task-editor", TaskEditor);
