/** The search of the history: text and filters over all tasks, not only those in the lists. */
/** @import { State, TaskFilter } from "../../state/types.js" */
import { count } from "../../state/words.js";
import { h, reconcile, say, show } from "../../elements/dom.js";
import { icon } from "../../elements/icons.js";
import { Debounce } from "../../state/debounce.js";

const DELAY = 250; // milliseconds
const STATES = { "": "Every state", completed: "Completed", failed: "Failed", cancelled: "Cancelled" };

export class HistorySearch {
  toggle = h("button", { type: "button", class: "quiet small", "aria-expanded": "false" }, icon("history"), "History");
  #text = h("input", { type: "search", class: "well", placeholder: "Prompt, error…", "aria-label": "Text" });
  #status = select("State");
  #operation = select("Operation");
  #model = select("Model");
  #project = h("input", { type: "text", class: "well", placeholder: "Project", "aria-label": "Project" });
  #total = h("p", { class: "note", role: "status" });
  form = h("form", { class: "queue-search", hidden: true, role: "search", "aria-label": "History of tasks" });
  #open = false;

  /** @param {(filter: TaskFilter | null) => void} search */
  constructor(search) {
    this.search = search;
    /** @type {Debounce<null>} */
    const soon = new Debounce(async () => this.#send(), DELAY);
    this.form.append(this.#text, this.#status, this.#operation, this.#model, this.#project, this.#total);
    this.form.addEventListener("input", () => soon.schedule(null));
    this.form.addEventListener("submit", (event) => event.preventDefault());
    this.toggle.addEventListener("click", () => (this.#open ? this.search(null) : this.#send()));
  }

  /** @param {State} state */
  draw({ history, entries, models }) {
    const opens = history !== null && !this.#open;
    this.#open = history !== null;
    show(this.form, this.#open);
    this.toggle.setAttribute("aria-expanded", String(this.#open));
    if (!history) return;
    const operations = entries.filter(({ kind }) => kind === "operation").map(({ name, title }) => [name, title]);
    options(this.#status, Object.entries(STATES));
    options(this.#operation, [["", "Every operation"], ...operations]);
    options(this.#model, [["", "Every model"], ...models.map(({ id, label }) => [id, label])]);
    say(this.#total, count(history.total, "task"));
    if (opens) queueMicrotask(() => this.#text.focus());
  }

  #send() {
    const { value: text } = this.#text;
    this.search({ text, status: this.#status.value, operation: this.#operation.value, model: this.#model.value, project_id: this.#project.value });
  }
}

/** @param {string} label */
function select(label) {
  return h("select", { class: "well", "aria-label": label });
}

/** @param {HTMLSelectElement} element @param {string[][]} rows values and labels */
function options(element, rows) {
  reconcile(element, rows, ([value]) => `=${value}`, ([value, label]) => h("option", { value }, label ?? ""));
}
