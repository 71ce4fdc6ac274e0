/** The table of rows with every final prompt: only the visible rows are in the page. */
/** @import { SetsState } from "../../state/sets.js" */
/** @import { MakeRequest } from "../../state/requests.js" */
/** @import { State } from "../../state/types.js" */
import { batchCounts, faultCounts, tableRows } from "../../state/sets.js";
import { count, phase } from "../../state/words.js";
import { h, reconcile, say, show } from "../../elements/dom.js";
import { stateWord } from "./row-tile.js";

const HEIGHT = 36; // pixels of a row
const HEIGHT_SMALL = 44; // for a finger
const SMALL = "(width < 960px)";
const OVERSCAN = 8; // rows beyond the view

export class RowTable {
  #title = h("h2", {}, "Rows");
  #facts = h("span", { class: "note" });
  #filters = h("div", { class: "row-filters", role: "group", "aria-label": "Rows shown" });
  #space = h("div", { class: "row-space", role: "rowgroup" });
  #none = h("p", { class: "note", hidden: true });
  #table = h("div", { class: "row-table", role: "table", tabindex: 0, "aria-label": "Rows with their final prompts" });
  /** @type {State | null} */
  #state = null;
  #frame = 0;
  element;

  /** @param {MakeRequest} request */
  constructor(request) {
    this.request = request;
    const head = h("div", { class: "row-line row-head", role: "row" }, ...["Redo", "Row", "Final prompt", "Seed", "State"].map((text) => h("span", { role: "columnheader" }, text)));
    this.#table.append(h("div", { role: "rowgroup" }, head), this.#space, this.#none);
    this.#table.addEventListener("scroll", () => this.#schedule(), { passive: true });
    new ResizeObserver(() => this.#schedule()).observe(this.#table);
    this.element = h("section", { class: "row-panel", "aria-label": "Rows" }, h("header", { class: "row-tools" }, this.#title, this.#facts, this.#filters), this.#table);
  }

  /** @param {State} state */
  draw(state) {
    this.#state = state;
    const { sets } = state;
    const { preview, batch } = sets;
    const { errors, warnings } = faultCounts(preview?.faults ?? []);
    const total = batch?.rows ?? preview?.total ?? 0;
    say(this.#facts, [count(total, "row"), batch ? "" : count(sets.detail?.columns.length ?? 0, "column"), batch ? "" : (sets.detail?.encoding ?? "").toUpperCase(), errors ? count(errors, "error") : "", warnings ? count(warnings, "warning") : ""].filter(Boolean).join(" · "));
    this.#table.classList.toggle("planned", batch === null);
    this.#drawFilters(sets);
    this.#drawRows();
  }

  /** @param {SetsState} sets */
  #drawFilters({ batch, filter }) {
    const counts = batch ? batchCounts(batch) : null;
    const filters = counts
      ? /** @type {const} */ ([
          ["open", `Not done ${counts.rows - counts.done}`],
          ["failed", `Failed ${counts.failed}`],
          ["all", `All ${counts.rows}`],
        ])
      : [];
    reconcile(this.#filters, filters, ([id]) => id, ([id]) => h("button", { type: "button", class: "chip", onclick: () => this.request("filter-rows", { filter: id }) }), (button, [id, text]) => {
      say(button, text);
      button.setAttribute("aria-pressed", String(filter === id));
    });
  }

  #schedule() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#drawRows();
    });
  }

  #drawRows() {
    const state = this.#state;
    if (!state) return;
    const rows = tableRows(state.sets);
    const height = matchMedia(SMALL).matches ? HEIGHT_SMALL : HEIGHT;
    const first = Math.max(0, Math.floor(this.#table.scrollTop / height) - OVERSCAN);
    const last = Math.min(rows.length, first + Math.ceil((this.#table.clientHeight || 600) / height) + 2 * OVERSCAN);
    this.#table.setAttribute("aria-rowcount", String(rows.length + 1));
    this.#space.style.height = `${rows.length * height}px`;
    const shown = rows.slice(first, last).map((row, index) => ({ ...row, index: first + index, top: (first + index) * height }));
    reconcile(this.#space, shown, ({ key }) => key, ({ key }) => this.#line(key), (line, row) => drawLine(line, row, state));
    say(this.#none, state.sets.preview || state.sets.batch ? "No row here." : "Loading the rows…");
    show(this.#none, rows.length === 0);
  }

  /** @param {string} key */
  #line(key) {
    const mark = h("input", { type: "checkbox" });
    mark.addEventListener("change", () => this.request("mark-rows", { rows: [key], marked: mark.checked }));
    const name = h("button", { type: "button", class: "row-key", onclick: () => this.request("focus-row", { row: key }) });
    return h("div", { class: "row-line", role: "row" }, h("span", { role: "cell" }, h("label", { class: "row-mark" }, mark)), h("span", { role: "cell" }, name), h("span", { role: "cell", class: "row-prompt" }), h("span", { role: "cell", class: "row-seed" }), h("span", { role: "cell" }, h("span", { class: "row-state" })));
  }
}

/** @param {HTMLElement} line @param {ReturnType<typeof tableRows>[number] & { index: number, top: number }} row @param {State} state */
function drawLine(line, { key, prompt, seed, status, row, index, top }, { sets, tasks }) {
  const [mark, name, words, number, state] = [...line.children].map((cell) => /** @type {HTMLElement} */ (cell));
  const box = /** @type {HTMLInputElement} */ (mark?.querySelector("input"));
  const task = row?.task_id ? tasks[row.task_id] : undefined;
  line.style.transform = `translateY(${top}px)`;
  line.setAttribute("aria-rowindex", String(index + 2));
  line.classList.toggle("focused", key === sets.row);
  box.checked = sets.marked.has(key);
  box.disabled = !row;
  box.setAttribute("aria-label", `Mark ${key} for redo`);
  say(/** @type {Element} */ (name?.firstElementChild), key);
  name?.firstElementChild?.setAttribute("aria-pressed", String(key === sets.row));
  if (words) {
    say(words, prompt);
    words.title = prompt;
  }
  say(/** @type {Element} */ (number), seed === null ? "derived" : String(seed));
  const chip = /** @type {HTMLElement} */ (state?.firstElementChild);
  const running = status === "running" && task;
  say(chip, running ? phase(task) : row?.error?.detail || stateWord(status));
  chip.title = row?.error ? [row.error.detail, row.error.fix].filter(Boolean).join(" ") : "";
  chip.dataset.state = status;
  show(chip, status !== "");
}
