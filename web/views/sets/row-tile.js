/** The tile of a row: its image, its progress while it is drawn, or its name in a reserved slot. */
/** @import { BatchRow } from "../../state/sets.js" */
/** @import { MakeRequest } from "../../state/requests.js" */
/** @import { State } from "../../state/types.js" */
import { isCell, rowName, rowTitle, shownImage } from "../../state/sets.js";
import { phase } from "../../state/words.js";
import { h, say, show } from "../../elements/dom.js";
import { icon } from "../../elements/icons.js";

/** @type {Record<string, string>} */
const STATES = { pending: "waiting", held: "on hold", running: "running", failed: "failed", cancelled: "cancelled", missing: "missing", completed: "done" };

/** A state of a row in words. @param {string} status */
export const stateWord = (status) => STATES[status] ?? status;

/** @param {string} key @param {MakeRequest} request */
export function makeTile(key, request) {
  const image = h("img", { alt: "", decoding: "async", loading: "lazy", hidden: true });
  const name = h("span", { class: "tile-name" });
  image.addEventListener("load", () => image.closest(".batch-grid")?.setAttribute("data-shape", shapeOf(image)));
  const tile = h("button", { type: "button", class: "row-tile" }, image, name, h("span", { class: "tile-bar" }, h("i", {})), h("span", { class: "tile-mark", "aria-hidden": "true" }, icon("retry")));
  tile.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey) return request("mark-rows", { rows: [key], marked: !tile.classList.contains("marked") });
    request("focus-row", { row: key });
    if (tile.dataset.asset) request("open-on-wall", { asset: tile.dataset.asset });
  });
  return tile;
}

/** The shape of the tiles, as of the images. @param {HTMLImageElement} image */
function shapeOf({ naturalWidth: width, naturalHeight: height }) {
  return width < height * 0.9 ? "portrait" : width > height * 1.1 ? "landscape" : "square";
}

/** @param {HTMLElement} tile @param {BatchRow} row @param {State} state */
export function drawTile(tile, row, { sets, tasks }) {
  const [image, name, bar] = /** @type {[HTMLImageElement, HTMLElement, HTMLElement]} */ (/** @type {unknown} */ ([...tile.children]));
  const task = row.task_id ? tasks[row.task_id] : undefined;
  const running = row.status === "running" || task?.status === "running";
  const status = running ? "running" : row.status;
  const url = (running ? task?.progress?.preview_url : "") || shownImage(row)?.thumbnail_url || "";
  const marked = sets.marked.has(row.key);
  tile.dataset.state = status === "completed" && !url ? "finishing" : status;
  tile.classList.toggle("marked", marked);
  tile.setAttribute("aria-pressed", String(row.key === sets.row));
  tile.tabIndex = row.key === sets.row ? 0 : -1;
  const opens = isCell(row) ? (shownImage(row)?.asset_id ?? "") : ""; // a click on a cell restores its parameters
  tile.dataset.asset = opens;
  const title = [rowName(row, sets.batch), running && task ? phase(task) : stateWord(status), marked ? "marked for redo" : "", row.error?.detail ?? "", opens ? "open on the wall" : ""].filter(Boolean).join(", ");
  tile.setAttribute("aria-label", title);
  tile.title = title;
  if (url && image.getAttribute("src") !== url) image.src = url;
  show(image, url !== "");
  say(name, url ? "" : isCell(row) ? stateWord(status) : rowTitle(row.key));
  show(bar, running);
  bar.style.setProperty("--part", String(running ? (task?.progress?.fraction ?? 0) : 0));
}

/**
 * The tile that a key leads to.
 * @param {Element[]} tiles
 * @param {HTMLElement} from
 * @param {string} key
 * @returns {HTMLElement | null}
 */
export function stepTile(tiles, from, key) {
  const at = tiles.indexOf(from);
  const line = (/** @type {Element | undefined} */ tile) => tile?.getBoundingClientRect() ?? new DOMRect();
  const target = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: tiles.length - 1 }[key];
  if (target !== undefined) return /** @type {HTMLElement | undefined} */ (tiles[target]) ?? null;
  if (key !== "ArrowUp" && key !== "ArrowDown") return null;
  const { left, top } = line(from);
  const others = key === "ArrowDown" ? tiles.slice(at + 1) : tiles.slice(0, at).reverse();
  const next = others.find((tile) => line(tile).top !== top);
  const same = others.filter((tile) => line(tile).top === line(next).top);
  same.sort((a, b) => Math.abs(line(a).left - left) - Math.abs(line(b).left - left));
  return /** @type {HTMLElement | undefined} */ (same[0]) ?? null;
}
