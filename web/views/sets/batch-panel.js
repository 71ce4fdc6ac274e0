/** A batch: its progress, its actions, and a tile for each row; one failed row never hides the rest. */
/** @import { Batch, BatchRow, SetsState } from "../../state/sets.js" */
/** @import { MakeRequest } from "../../state/requests.js" */
/** @import { State } from "../../state/types.js" */
import { axisText, batchCounts, batchesOfSet, neighbour, outliers, redoable, rowTitle, shownImage } from "../../state/sets.js";
import { batchTitle, count, timeLeft } from "../../state/words.js";
import { h, reconcile, say, show } from "../../elements/dom.js";
import { icon } from "../../elements/icons.js";
import { ZipMenu } from "../gallery/menus.js";
import { batchCard, drawBatchCard } from "./batch-card.js";
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
  #harmonyButton = action("filter", "Harmony", "Measure how well the images fit together, and mark those that do not");
  #zip;
  #close = tool("close", "Close the batch");
  #bar = h("div", { class: "batch-bar", role: "progressbar", "aria-label": "Rows done", "aria-valuemin": 0 }, ...BAR.map((part) => h("i", { "data-part": part })));
  #harmony = h("p", { class: "note", role: "status" });
  #columns = h("div", { class: "batch-columns", "aria-hidden": "true" });
  #lines = h("div", { class: "batch-lines" });
  #groups = h("div", { class: "batch-groups", role: "group", "aria-label": "Rows of the batch" }, this.#columns, this.#lines);
  #more = h("p", { class: "note" });
  #empty = h("div", { class: "batch-empty" }, h("strong", {}, "No batch is open"), h("span", {}));
  #former = h("div", { class: "batch-former", role: "group", "aria-label": "Batches of this set" });
  #head;
  /** @type {BatchRow[]} */
  #rows = [];
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
    this.#harmonyButton.addEventListener("click", () => request("measure-harmony", {}));
    this.#groups.addEventListener("dblclick", ({ target }) => {
      const tile = target instanceof Element ? target.closest(".row-tile") : null;
      const image = tile instanceof HTMLElement && !tile.dataset.asset ? shownImage(this.#rows.find(({ key }) => key === tile.dataset.key)) : undefined;
      if (image) request("open-on-wall", { asset: image.asset_id });
    });
    this.#groups.addEventListener("keydown", (event) => this.#key(event));
    this.#zip = new ZipMenu((kept) => request("download-batch", kept));
    const tools = h("div", { class: "batch-tools", role: "toolbar", "aria-label": "Batch" }, this.#newer, this.#older, this.#pause, this.#resume, this.#cancel, this.#retry, this.#redo, this.#harmonyButton, this.#zip.element, this.#close);
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
    reconcile(this.#former, former, ({ id }) => id, ({ id }) => batchCard(() => this.request("open-batch", { batch: id })), drawBatchCard);
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
    show(this.#harmonyButton, batch.kind === "set" && counts.done > 2 && counts.open === 0); // cells of a matrix share their subject
    show(this.#zip.element, counts.done > 0);
    this.#bar.setAttribute("aria-valuemax", String(counts.rows));
    this.#bar.setAttribute("aria-valuenow", String(counts.done));
    for (const part of this.#bar.children) {
      const { part: name = "" } = /** @type {HTMLElement} */ (part).dataset;
      /** @type {HTMLElement} */ (part).style.flexGrow = String(counts[/** @type {"done"} */ (name)]);
    }
  }

  /** @param {Batch} batch @param {State} state */
  #drawTiles(batch, state) {
    this.#rows = batch.items;
    const rows = batch.items.slice(0, MOST_TILES);
    const last = batch.axes?.at(-1);
    const groups = last ? lines(rows, batch.axes) : suits(rows, state.sets);
    const most = last ? last.values.length : Math.max(...groups.map((group) => group.rows.length));
    this.#groups.style.setProperty("--most", String(last ? most : Math.min(14, most)));
    this.#groups.classList.toggle("matrix", last !== undefined);
    reconcile(this.#columns, last?.values ?? [], String, (value) => h("span", {}, axisText(last?.label ?? "", value)));
    show(this.#columns, last !== undefined);
    reconcile(this.#lines, groups, ({ name }) => name || "all", ({ name }) => h("div", { class: "batch-line" }, h("h3", {}, name), h("div", { class: "batch-grid" })), (line, { name, rows: tiles }) => {
      const [title, grid] = /** @type {[HTMLElement, HTMLElement]} */ (/** @type {unknown} */ ([...line.children]));
      show(title, last !== undefined && name !== "");
      grid.classList.toggle("suit", groups.length > 1 || last !== undefined);
      reconcile(grid, tiles, ({ key }) => key, ({ key }) => makeTile(key, this.request), (tile, row) => drawTile(tile, row, state));
    });
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const tile = event.target instanceof HTMLElement ? event.target.closest(".row-tile") : null;
    if (!(tile instanceof HTMLElement) || event.ctrlKey || event.metaKey || event.altKey) return;
    const key = tile.dataset.key ?? "";
    const image = event.key === "Enter" ? shownImage(this.#rows.find((row) => row.key === key)) : undefined;
    const next = stepTile([...this.#groups.querySelectorAll(".row-tile")], tile, event.key);
    if (next) {
      next.focus();
      this.request("focus-row", { row: next.dataset.key ?? "" });
    } else if (image) this.request("open-on-wall", { asset: image.asset_id });
    else if (event.key === "m") this.request("mark-rows", { rows: [key], marked: !tile.classList.contains("marked") });
    else if (event.key === "r") this.request("redo-rows", { rows: [key] });
    else return;
    event.preventDefault();
  }
}

/** The rows in lines by the suit of their cards; those of a suit with one card, such as jokers, share the last. @param {BatchRow[]} rows @param {SetsState} sets */
function suits(rows, { preview }) {
  const suit = new Map((preview?.items ?? []).map(({ key, card }) => [key, String(card?.suit ?? "")]));
  const groups = grouped(rows, ({ key }) => suit.get(key) ?? "");
  const single = groups.filter((group) => group.rows.length === 1);
  const others = groups.filter((group) => group.rows.length > 1);
  return single.length ? [...others, { name: "", rows: single.flatMap((group) => group.rows) }] : others;
}

/** @param {BatchRow[]} rows @param {(row: BatchRow) => string} nameOf */
function grouped(rows, nameOf) {
  /** @type {Map<string, BatchRow[]>} */
  const groups = new Map();
  for (const row of rows) groups.set(nameOf(row), [...(groups.get(nameOf(row)) ?? []), row]);
  return [...groups].map(([name, members]) => ({ name, rows: members }));
}

/** The cells of a matrix in lines by all axes but the last. @param {BatchRow[]} rows @param {Batch["axes"]} axes */
function lines(rows, axes) {
  const others = axes.slice(0, -1);
  const nameOf = (/** @type {BatchRow} */ { cell }) => others.map(({ name, label: title }) => axisText(title, cell[name] ?? "")).join(", ");
  return grouped(rows, nameOf);
}

/** @param {SetsState} sets */
function harmonyText({ harmony }) {
  if (!harmony) return "";
  if (harmony.score === null) return "Two images at least are needed to compare them.";
  const names = outliers(harmony).map(rowTitle).join(", ");
  return `Harmony of the deck: ${Math.round(harmony.score)} of 100. ${names ? `Marked for redo: ${names}.` : "No card stands out."} Measured by ${harmony.method}.`;
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
