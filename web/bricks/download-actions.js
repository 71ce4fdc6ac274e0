/** The way out of a missing model: a button a download, and how far each is. */
/** @import { Download, State } from "../state/types.js" */
/** @import { MakeRequest } from "../state/requests.js" */
import { downloadTask, downloadLabel, downloadStatus } from "../state/selectors/downloads.js";
import { unfinished } from "../state/selectors/tasks.js";
import { size } from "../state/words.js";
import { h, reconcile, say, show } from "../elements/dom.js";
import { icon } from "../elements/icons.js";

export class DownloadActions {
  element = h("div", { class: "ways-out", hidden: true });

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
    return h("div", { class: "way-out" }, h("span", { class: "note", role: "status" }), get, stop);
  }
}

/** @param {HTMLElement} row @param {State} state @param {Download} offer */
function drawRow(row, state, offer) {
  const [note, get, stop] = /** @type {HTMLElement[]} */ ([...row.children]);
  const task = downloadTask(state, [offer.id]);
  const going = Boolean(task && unfinished(task));
  const done = task?.status === "completed";
  if (!note || !get?.lastElementChild || !stop) return;
  const label = downloadLabel(state, offer);
  say(note, done ? `${label} is here now: run again.` : task ? downloadStatus(task) : "");
  show(note, note.textContent !== "");
  say(get.lastElementChild, `${task ? "Go on with" : "Download"} ${label} · ${size(offer.bytes)}`);
  show(get, !going && !done);
  stop.dataset.task = task?.id ?? "";
  show(stop, going && !task?.cancel_requested);
}
