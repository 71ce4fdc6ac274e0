/** A task on the desk of the queue: thumbnail, state, progress, and its actions. */
/** @import { State, Task } from "../../state/types.js" */
import { isDownload, downloadLabel } from "../../state/selectors/downloads.js";
import { taskTile } from "../../state/selectors/tile.js";
import { drawTile } from "../../elements/task-tile.js";
import { taskLine } from "../../state/selectors/task-line.js";
import { pictures, placeInQueue, previewUrl, unfinished, waiting } from "../../state/selectors/tasks.js";
import { count, taskSubject } from "../../state/words.js";
import { h, reconcile, say, show } from "../../elements/dom.js";
import { QpElement } from "../../elements/element.js";
import { icon } from "../../elements/icons.js";
import { DownloadActions } from "../download-actions.js";
import { OPEN_MENU } from "./task-menu.js";

/** Follows the fixes of a failed task. @type {NonNullable<Task["fixes"]>[number]} */
const SHOW_LOG = { label: "Show log", params: null, seed: "same" };

export class TaskRow extends QpElement {
  taskId = "";
  #image = h("img", { alt: "", hidden: true, decoding: "async", draggable: "false" });
  #tile = h("span", { class: "task-tile", "aria-hidden": "true" });
  #mark = h("span", { class: "task-mark", "aria-hidden": "true" });
  #thumb = h("button", { type: "button", class: "task-thumb" });
  #title = h("p", { class: "task-title" });
  #line = h("p", { class: "task-line" });
  #code = h("code", { class: "task-code" });
  #fix = h("p", { class: "task-fix" });
  #fixes = h("div", { class: "task-fixes" });
  #downloads = new DownloadActions((name, detail) => this.request(name, detail));
  #failure = h("div", { class: "task-failure", hidden: true });
  #fill = h("i", {});
  #bar = h("div", { class: "bar", hidden: true }, this.#fill);
  #edit = this.#button("edit", "Edit the parameters", () => this.request("edit-task", { task: this.taskId }));
  #retry = this.#button("retry", "Retry", () => this.request("retry-task", { task: this.taskId }));
  #cancel = this.#button("close", "Cancel", () => this.request("cancel-task", { task: this.taskId }));
  #more = this.#button("more", "More actions", () => this.#openMenu());
  /** @type {import("../../state/types.js").Picture[]} */
  #pictures = [];
  #waits = false;

  /** @override */
  build() {
    this.classList.add("task");
    this.setAttribute("role", "listitem");
    this.#thumb.append(this.#tile, this.#image, this.#mark);
    this.#thumb.addEventListener("click", () => !this.#waits && this.#enlarge());
    this.#image.addEventListener("error", () => show(this.#image, false));
    this.#more.setAttribute("aria-haspopup", "menu");
    this.addEventListener("contextmenu", (event) => {
      event.preventDefault();
      this.#openMenu();
    });
    this.#failure.append(this.#code, this.#fix, this.#fixes, this.#downloads.element);
    this.append(
      this.#thumb,
      h("div", { class: "task-words" }, this.#title, this.#line, this.#bar),
      h("div", { class: "task-actions" }, this.#edit, this.#retry, this.#cancel, this.#more),
      this.#failure,
    );
  }

  /** @override @param {State} state */
  render(state) {
    const task = state.tasks[this.taskId];
    if (!task) return;
    this.#waits = waiting(task);
    this.dataset.status = task.status;
    const id = String(task.params?.model ?? "");
    const title = isDownload(task) ? `${task.title} ${downloadLabel(state, { id, label: id, bytes: 0 })}` : taskSubject(task);
    say(this.#title, title);
    this.#title.title = title;
    say(this.#line, taskLine(task, state));
    this.#line.title = this.#line.textContent;
    this.#drawFailure(task, state);
    this.#drawThumb(task, state);
    const running = task.status === "running";
    show(this.#bar, running);
    this.#fill.style.setProperty("transform", `scaleX(${running ? (task.progress?.fraction ?? 0) : 0})`);
    show(this.#edit, this.#waits);
    show(this.#cancel, unfinished(task) && !task.cancel_requested);
    show(this.#retry, task.status === "failed" || task.status === "cancelled");
  }

  /** Draws code, cause and the ways on of a failure. @param {Task} task @param {State} state */
  #drawFailure({ status, error, fixes = [], id }, state) {
    show(this.#failure, status === "failed");
    if (status !== "failed") return;
    say(this.#code, error?.code ?? "");
    say(this.#fix, error?.fix ?? "");
    show(this.#fix, Boolean(error?.fix));
    reconcile(
      this.#fixes,
      [...fixes, SHOW_LOG],
      ({ label }) => label,
      ({ label, params, seed }) => {
        if (label === SHOW_LOG.label) return h("button", { type: "button", class: "quiet small", onclick: () => this.request("show-task-log", { task: id }) }, label);
        const act = () => (params ? this.request("repeat-task", { task: id, seed, params }) : this.request("retry-task", { task: id }));
        return h("button", { type: "button", class: "quiet small", onclick: act }, label);
      },
    );
    this.#downloads.draw(state, error?.pull ?? []);
  }

  /** @param {Task} task @param {State} state */
  #drawThumb(task, state) {
    this.#pictures = pictures(state, task);
    const first = this.#pictures[0];
    const source = previewUrl(task, this.#image.dataset.source ?? "") || first?.output.thumbnail_url;
    if (source && this.#image.dataset.source !== source) {
      this.#image.dataset.source = source;
      this.#image.src = source;
      show(this.#image, true);
    }
    if (!source) show(this.#image, false);
    this.#drawTile(state, task);
    const many = task.outputs.length;
    const place = this.#waits ? placeInQueue(state, task.id) : 0;
    const marks = { failed: "!", cancelled: many ? String(many) : "–", pending: place ? String(place) : "…", held: place ? String(place) : "…" };
    const mark = marks[/** @type {keyof typeof marks} */ (task.status)] ?? (many > 1 && first ? String(many) : "");
    this.#thumb.title = `${this.#title.textContent} · ${this.#line.textContent}`;
    this.#thumb.style.setProperty("--fraction", String(task.progress?.fraction ?? 0));
    say(this.#mark, mark);
    this.#thumb.disabled = !first && !place;
    const number = many && mark ? count(many, "image") : place ? `place ${place}` : "";
    const action = place ? `Reorder: ${taskSubject(task)} (Alt Up, Alt Down)` : first ? `Enlarge: ${taskSubject(task)}` : task.status;
    this.#thumb.setAttribute("aria-label", [action, this.#tile.textContent, number].filter(Boolean).join(", "));
  }

  /** @param {State} state @param {Task} task */
  #drawTile(state, task) {
    const ended = task.status === "completed" || task.status === "running";
    drawTile(this.#tile, ended ? taskTile(state, task) : null);
  }

  #openMenu() {
    this.dispatchEvent(new CustomEvent(OPEN_MENU, { bubbles: true, detail: { task: this.taskId, button: this.#more } }));
  }

  #enlarge() {
    if (this.#pictures.length) this.request("show", { name: "lightbox", pictures: this.#pictures, index: 0 });
  }

  /**
   * @param {import("../../elements/icons.js").IconName} name
   * @param {string} label
   * @param {() => void} act
   */
  #button(name, label, act) {
    return h("button", { type: "button", class: "bare", "aria-label": label, title: label, onclick: act }, icon(name));
  }
}

customElements.define("qp-task-row", TaskRow);
