/** A batch: its progress, its actions, and a tile for each row; one failed row never hides the rest. */
/** @import { Batch, BatchRow, SetsState } from "../../state/sets.js" */
/** @import { MakeRequest } from "../../state/requests.js" */
/** @import { State } from "../../state/types.js" */
import { batchCounts, batchesOfSet, neighbour, redoable, rowTitle } from "../../state/sets.js";
import { clock, count, timeLeft } from "../../state/words.js";
import { h, reconcile, say, show } from "../../elements/dom.js";
import { icon } from "../../elements/icons.js";
import { drawTile, makeTile, stepTile } from "./row-tile.js";

const MOST_TILES = 600;
const BAR = ["done", "failed", "running", "waiting"];

export class BatchPanel {
  #title = h("h2", {});
  #facts = h("p", { class: "note" });
  #newer = tool("left", "Newer batch");
  #older = tool("right", "Older batch");
  #pause = action("pause", "Pause");
  #resume = action("play", "Resume");
  #cancel = action("stop", "Cancel");
  #retry = action("retry", "Retry");
  #redo = action("retry", "Redo");
  #likeness = action("filter", "Likeness", "Measure how well the images fit together, and mark those that do not");
  #zip = h("a", { class: "quiet", download: "" }, icon("download"), "Zip");
  #close = tool("close", "Close the batch");
  #bar = h("div", { class: "batch-bar", role: "progressbar", "aria-label": "Rows done", "aria-valuemin": 0 }, ...BAR.map((part) => h("i", { "data-part": part })));
  #harmony = h("p", { class: "note", role: "status" });
  #groups = h("div", { class: "batch-groups", role: "group", "aria-label": "Rows of the batch" });
  #more = h("p", { class: "note" });
  #empty = h("div", { class: "batch-empty" }, h("strong", {}, "No batch is open"), h("span", {}));
  #former = h("div", { class: "batch-former", role: "group", "aria-label": "Batches of this set" });
  #head;
  element;

  /** @param {MakeRequest} request */
  constructor(request) {
    this.request = request;
    this.#newer.addEventListener("click", () => request("step-batch", { step: -1 }));
    this.#older.addEventListener("click", () => request("step-batch", { step: 1 }));
    this.#close.addEventListener("click", () => request("open-batch", { batch: "" }));
    for (const [button, name] of /** @type {const} */ ([[this.#pause, "pause"], [this.#resume, "resume"], [this.#cancel, "cancel"], [this.#retry, "retry"]])) {
      button.addEventListener("click", () => request("change-batch", { action: name }));
    }
    this.#redo.addEventListener("click", () => request("redo-rows", {}));
    this.#likeness.addEventListener("click", () => request("measure-likeness", {}));
    this.#groups.addEventListener("keydown", (event) => this.#key(event));
    const tools = h("div", { class: "batch-tools", role: "toolbar", "aria-label": "Batch" }, this.#newer, this.#older, this.#pause, this.#resume, this.#cancel, this.#retry, this.#redo, this.#likeness, this.#zip, this.#close);
    this.#head = h("header", { class: "batch-head" }, h("div", {}, this.#title, this.#facts), tools);
    this.element = h("section", { class: "batch-panel", "aria-label": "Batch" }, this.#head, this.#bar, this.#harmony, this.#groups, this.#more, this.#empty, this.#former);
  }

  /** @param {State} state */
  draw(state) {
    const { sets } = state;
    const { batch } = sets;
    for (const part of [this.#head, this.#bar, this.#groups]) show(part, batch !== null);
    show(this.#empty, batch === null);
    this.#drawFormer(sets);
    if (batch) {
      this.#drawHead(batch, state);
      this.#drawTiles(batch, state);
    } else {
      const rows = sets.preview ? count(sets.preview.total, "row") : "the rows";
      say(/** @type {Element} */ (this.#empty.lastElementChild), `Run draws ${rows}; each image appears here as it is done.`);
    }
    show(this.#more, (batch?.rows ?? 0) > MOST_TILES);
    say(this.#more, `The first ${MOST_TILES} rows are shown. The table has all ${batch?.rows ?? 0}.`);
    show(this.#harmony, Boolean(batch && (sets.harmony || sets.busy)));
    say(this.#harmony, sets.busy || harmonyText(sets));
  }

  /** The batches of the set, to open one. @param {SetsState} sets */
  #drawFormer(sets) {
    const former = sets.batch ? [] : batchesOfSet(sets).slice(0, 12);
    reconcile(this.#former, former, ({ id }) => id, ({ id }) => h("button", { type: "button", class: "batch-card", onclick: () => this.request("open-batch", { batch: id }) }, h("span", { class: "set-strip", "aria-hidden": "true" }), h("strong", {}), h("span", { class: "note" })), (button, batch) => {
      const [strip, name, facts] = [...button.children];
      reconcile(/** @type {Element} */ (strip), batch.thumbnails.slice(0, 5), (url) => url, (url) => h("img", { src: url, alt: "", loading: "lazy" }));
      say(/** @type {Element} */ (name), batchTitle(batch));
      say(/** @type {Element} */ (facts), [`${batchCounts(batch).done} of ${batch.rows} done`, batch.theme].filter(Boolean).join(" · "));
    });
    show(this.#former, former.length > 0);
  }

  /** @param {Batch} batch @param {State} state */
  #drawHead(batch, state) {
    const { sets, queue } = state;
    const counts = batchCounts(batch);
    say(this.#title, batchTitle(batch));
    const parts = [`${counts.done} of ${counts.rows} done`, counts.failed ? `${counts.failed} failed` : "", counts.cancelled ? `${counts.cancelled} cancelled` : ""];
    const left = counts.held && !counts.running ? "paused" : queue?.paused && counts.open ? "the queue is paused" : counts.open ? timeLeft(queue?.eta_seconds) : "";
    say(this.#facts, [...parts, left, `seed ${batch.seed}`].filter(Boolean).join(" · "));
    this.#newer.disabled = !neighbour(sets, -1);
    this.#older.disabled = !neighbour(sets, 1);
    show(this.#pause, counts.open > counts.held);
    show(this.#resume, counts.held > 0);
    show(this.#cancel, counts.open > 0);
    show(this.#retry, counts.failed > 0);
    label(this.#retry, `Retry ${counts.failed}`);
    const marked = redoable(batch, sets.marked).length;
    show(this.#redo, marked > 0);
    label(this.#redo, `Redo ${count(marked, "marked row")}`);
    show(this.#likeness, counts.done > 2 && counts.open === 0);
    show(this.#zip, counts.done > 0);
    this.#zip.href = `/api/batches/${encodeURIComponent(batch.id)}/archive`;
    this.#bar.setAttribute("aria-valuemax", String(counts.rows));
    this.#bar.setAttribute("aria-valuenow", String(counts.done));
    for (const part of this.#bar.children) {
      const { part: name = "" } = /** @type {HTMLElement} */ (part).dataset;
      /** @type {HTMLElement} */ (part).style.flexGrow = String(counts[/** @type {"done"} */ (name)]);
    }
  }

  /** @param {Batch} batch @param {State} state */
  #drawTiles(batch, state) {
    const groups = suits(batch.items.slice(0, MOST_TILES), state.sets);
    reconcile(this.#groups, groups, ({ name }) => name || "all", () => h("div", { class: "batch-grid" }), (grid, { rows }) => {
      grid.classList.toggle("suit", groups.length > 1);
      grid.style.setProperty("--most", String(Math.min(14, rows.length)));
      reconcile(grid, rows, ({ key }) => key, ({ key }) => makeTile(key, this.request), (tile, row) => drawTile(tile, row, state));
    });
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const tile = event.target instanceof HTMLElement ? event.target.closest(".row-tile") : null;
    if (!(tile instanceof HTMLElement) || event.ctrlKey || event.metaKey || event.altKey) return;
    const key = tile.dataset.key ?? "";
    const next = stepTile([...this.#groups.querySelectorAll(".row-tile")], tile, event.key);
    if (next) {
      next.focus();
      this.request("focus-row", { row: next.dataset.key ?? "" });
    } else if (event.key === "m") this.request("mark-rows", { rows: [key], marked: !tile.classList.contains("marked") });
    else if (event.key === "r") this.request("redo-rows", { rows: [key] });
    else return;
    event.preventDefault();
  }
}

/** @param {import("../../state/sets.js").BatchEntry} batch */
export function batchTitle({ created_at: at }) {
  const date = new Date(at);
  const today = date.toDateString() === new Date().toDateString();
  return `Batch ${today ? "" : `${date.toLocaleDateString(undefined, { day: "numeric", month: "short" })}, `}${clock(date.getTime())}`;
}

/** The rows in lines by the suit of their cards. @param {BatchRow[]} rows @param {SetsState} sets */
function suits(rows, { preview }) {
  const suit = new Map((preview?.items ?? []).map(({ key, card }) => [key, String(card?.suit ?? "")]));
  const names = [...new Set(rows.map(({ key }) => suit.get(key) ?? ""))];
  return names.map((name) => ({ name, rows: rows.filter(({ key }) => (suit.get(key) ?? "") === name) }));
}

/** @param {SetsState} sets */
function harmonyText({ harmony }) {
  if (!harmony) return "";
  const outliers = /** @type {string[]} */ (harmony.outliers ?? []);
  const names = outliers.map(rowTitle).join(", ");
  return `Likeness of the deck: ${Math.round(Number(harmony.score ?? harmony.harmony ?? 0) * 100)} %. ${outliers.length ? `Marked for redo: ${names}.` : "No outlier."}`;
}

/** @param {import("../../elements/icons.js").IconName} name @param {string} text */
function tool(name, text) {
  return h("button", { type: "button", class: "bare", "aria-label": text, title: text }, icon(name));
}

/** @param {import("../../elements/icons.js").IconName} name @param {string} text @param {string} [title] */
function action(name, text, title = "") {
  return h("button", { type: "button", class: "quiet", title }, icon(name), h("span", {}, text));
}

/** @param {HTMLElement} button @param {string} text */
function label(button, text) {
  say(/** @type {Element} */ (button.lastElementChild), text);
}
