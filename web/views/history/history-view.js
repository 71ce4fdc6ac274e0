/** The history: all tasks by day with filters, and the selected one with its snapshot. */
/** @import { State, TaskLog } from "../../state/types.js" */
/** @import { LogRow } from "../../state/selectors/task-log.js" */
import { isFiltered, zone } from "../../state/effects/task-log.js";
import { logRows } from "../../state/selectors/task-log.js";
import { taskTile } from "../../state/selectors/tile.js";
import { clock, count, taskSubject } from "../../state/words.js";
import { fill, h, reconcile, say, show } from "../../elements/dom.js";
import { QpElement } from "../../elements/element.js";
import { icon } from "../../elements/icons.js";
import { drawTile } from "../../elements/task-tile.js";
import { TaskDetail } from "./task-detail.js";

const STATES = ["completed", "failed", "cancelled", "running", "pending", "held"];
const DELAY = 250; // milliseconds after the last key

export class HistoryView extends QpElement {
  #text = h("input", { type: "search", class: "well", "aria-label": "Search tasks", placeholder: "Search prompts, notes, errors" });
  #status = select("Status", [["", "All states"], ...STATES.map((state) => /** @type {[string, string]} */ ([state, state]))]);
  #operation = h("select", { class: "well slim", "aria-label": "Operation" });
  #model = h("select", { class: "well slim", "aria-label": "Model" });
  #days = h("div", { class: "history-days", role: "group", "aria-label": "Days" });
  #rows = h("div", { class: "history-rows" });
  #more = h("button", { type: "button", class: "quiet" }, "Show more");
  #none = h("p", { class: "note history-none" });
  #total = h("p", { class: "note", role: "status" });
  #detail = new TaskDetail(this.request.bind(this));
  #opened = false;
  #wait = 0;

  /** @override */
  build() {
    const search = () => this.request("filter-log", { filter: { text: this.#text.value.trim() } });
    this.#text.addEventListener("input", () => {
      clearTimeout(this.#wait);
      this.#wait = window.setTimeout(search, DELAY);
    });
    this.#status.addEventListener("change", () => this.request("filter-log", { filter: { status: this.#status.value } }));
    this.#operation.addEventListener("change", () => this.request("filter-log", { filter: { operation: this.#operation.value } }));
    this.#model.addEventListener("change", () => this.request("filter-log", { filter: { model: this.#model.value } }));
    this.#more.addEventListener("click", () => this.request("more-log", {}));
    const quick = h(
      "div",
      { class: "history-quick" },
      this.#button("restore", "Restore last success", "restore-last"),
      this.#button("undo", "Undo last action", "undo-action"),
      this.#button("trash", "Clear transient data", "clear-transient"),
    );
    const filters = h("aside", { class: "history-filters", "aria-label": "Filters" }, this.#text, this.#status, this.#operation, this.#model, h("h2", {}, "Days"), this.#days, h("h2", {}, "Actions"), quick);
    const list = h("section", { class: "history-list", "aria-label": "Tasks" }, this.#total, this.#rows, this.#none, this.#more);
    this.append(filters, list, this.#detail.element);
  }

  /** @param {import("../../elements/icons.js").IconName} name @param {string} text @param {"restore-last" | "undo-action" | "clear-transient"} request */
  #button(name, text, request) {
    return h("button", { type: "button", class: "quiet", onclick: () => this.request(request, {}) }, icon(name), text);
  }

  /** @override @param {State} state */
  render(state) {
    if (state.place !== "history") {
      this.#opened = false;
      return;
    }
    if (!this.#opened) {
      this.#opened = true;
      this.request("open-log", {});
    }
    const { log } = state;
    if (!log) return;
    this.#drawFilters(log, state);
    this.#drawRows(log, state);
    this.#detail.draw(log, zone(), state.entries);
  }

  /** @param {TaskLog} log @param {State} state */
  #drawFilters({ filter, days }, { entries, models }) {
    if (document.activeElement !== this.#text) fill(this.#text, filter.text);
    options(this.#operation, "All operations", entries.filter(({ kind }) => kind === "operation").map(({ name, title }) => [name, title]), filter.operation);
    options(this.#model, "All models", models.filter(({ state }) => state === "present").map(({ id, label }) => [id, label]), filter.model);
    fill(this.#status, filter.status);
    reconcile(
      this.#days,
      [{ date: "", total: 0 }, ...days],
      ({ date }) => date || "all",
      ({ date }) => h("button", { type: "button", class: "history-day", onclick: () => this.request("filter-log", { filter: { date } }) }, h("span", {}), h("span", { class: "note" })),
      (button, { date, total }) => {
        button.setAttribute("aria-pressed", String(filter.date === date));
        say(/** @type {Element} */ (button.firstElementChild), date ? dayTitle(date) : "All days");
        say(/** @type {Element} */ (button.lastElementChild), total ? String(total) : "");
      },
    );
  }

  /** @param {TaskLog} log @param {State} state */
  #drawRows(log, state) {
    reconcile(this.#rows, logRows(log), ({ key }) => key, (row) => this.#row(row), (element, row) => drawRow(element, row, log, state));
    say(this.#total, count(log.total, "task"));
    say(this.#none, isFiltered(log.filter) ? "No task matches the filters." : "Tasks appear here once something ran.");
    show(this.#none, log.tasks.length === 0);
    show(this.#more, log.next !== null);
  }

  /** On small screens the details lie below the list. @param {string} task */
  #select(task) {
    this.request("select-log", { task });
    if (matchMedia("(max-width: 760px)").matches) setTimeout(() => this.#detail.element.scrollIntoView(), 50);
  }

  /** @param {LogRow} row @returns {HTMLElement} */
  #row(row) {
    if (row.kind === "day") return h("h2", { class: "history-date" }, dayTitle(row.date));
    if (row.kind === "fold") return h("button", { type: "button", class: "history-fold", onclick: () => this.request("unfold-log", {}) });
    const { id } = row.task;
    const image = h("span", { class: "history-thumb", "aria-hidden": "true" });
    const text = h("span", { class: "history-text" }, h("span", { class: "history-subject" }), h("span", { class: "note" }));
    return h("button", { type: "button", class: "history-row", onclick: () => this.#select(id) }, image, text, h("span", { class: "history-state" }));
  }
}

/** @param {HTMLElement} element @param {LogRow} row @param {TaskLog} log @param {State} state */
function drawRow(element, row, { selected, marked }, state) {
  if (row.kind === "fold") say(element, `${count(row.count, "cancelled task")}: show`);
  if (row.kind !== "task") return;
  const { task } = row;
  element.setAttribute("aria-pressed", String(task.id === selected));
  element.classList.toggle("marked", task.id === marked);
  const [image, text, status] = /** @type {Element[]} */ ([...element.children]);
  const url = task.outputs.find((output) => output.thumbnail_url)?.thumbnail_url ?? "";
  const ground = /** @type {HTMLElement} */ (image);
  drawTile(ground, url ? null : taskTile(state, task));
  if (url && !ground.firstElementChild) ground.append(h("img", { src: url, alt: "", loading: "lazy" }));
  say(/** @type {Element} */ (text?.firstElementChild), taskSubject(task));
  const note = task.note ? ` · ${task.note}` : "";
  say(/** @type {Element} */ (text?.lastElementChild), `${clock(Date.parse(task.created_at))} · ${task.title}${note}`);
  if (status) {
    say(status, task.id === marked ? "marked" : task.status);
    status.setAttribute("data-state", task.status);
  }
}

/** @param {string} label @param {[string, string][]} entries */
function select(label, entries) {
  return h("select", { class: "well slim", "aria-label": label }, ...entries.map(([value, text]) => h("option", { value }, text)));
}

/** @param {HTMLSelectElement} element @param {string} all @param {[string, string][]} entries @param {string} chosen */
function options(element, all, entries, chosen) {
  reconcile(element, [["", all], ...entries], ([value]) => value ?? "", ([value]) => h("option", { value }), (option, [, text]) => say(option, text ?? ""));
  fill(element, chosen);
}

/** @param {string} date */
function dayTitle(date) {
  const parts = /** @type {const} */ ({ weekday: "short", day: "numeric", month: "short", year: "numeric" });
  return new Date(`${date}T12:00:00`).toLocaleDateString(undefined, parts);
}

customElements.define("qp-history", HistoryView);
