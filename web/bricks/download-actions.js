/** Downloads suggested for missing models: a button and the progress of each. */
/** @import { Download, State } from "../state/types.js" */
/** @import { MakeRequest } from "../state/requests.js" */
import { downloadTask, downloadLabel, downloadStatus } from "../state/selectors/downloads.js";
import { unfinished } from "../state/selectors/tasks.js";
import { size } from "../state/words.js";
import { h, reconcile, say, show } from "../elements/dom.js";
import { icon } from "../elements/icons.js";

export class DownloadActions {
  element = h("div", { class: "download-actions", hidden: true });

  /** @param {MakeRequest} request */
  constructor(request) {
    this.request = request;
  }

  /** @param {State} state @param {readonly Download[]} offers */
  draw(state, offers) {
    show(this.element, offers.length > 0);
    reconcile(this.element, offers, ({ id }) => id, ({ id }) => this.#row(id), (row, offer) => drawRow(row, state, offer));
  }

  /** @param {string} id */
  #row(id) {
    const get = h("button", { type: "button", class: "quiet small get" }, icon("download"), h("span", {}));
    get.addEventListener("click", () => this.request("pull-model", { model: id }));
    const stop = h("button", { type: "button", class: "quiet small stop" }, icon("close"), "Cancel");
    stop.addEventListener("click", () => this.request("cancel-task", { task: stop.dataset.task ?? "" }));
    return h("div", { class: "download-action" }, h("span", { class: "note", role: "status" }), get, stop);
  }
}

/** @param {HTMLElement} row @param {State} state @param {Download} offer */
function drawRow(row, state, offer) {
  const [note, get, stop] = /** @type {HTMLElement[]} */ ([...row.children]);
  const task = downloadTask(state, [offer.id]);
  const downloading = Boolean(task && unfinished(task));
  const done = task?.status === "completed";
  if (!note || !get?.lastElementChild || !stop) return;
  const label = downloadLabel(state, offer);
  say(note, done ? `Downloaded ${label}. Run again.` : task ? downloadStatus(task) : "");
  show(note, note.textContent !== "");
  say(get.lastElementChild, `${task ? "Resume" : "Download"} ${label} · ${size(offer.bytes)}`);
  show(get, !downloading && !done);
  stop.dataset.task = task?.id ?? "";
  show(stop, downloading && !task?.cancel_requested);
}
