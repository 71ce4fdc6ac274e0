/** A task in the queue monitor: thumbnail, state and actions. */
/** @import { State, Task } from "../state/types.js" */
import { withId } from "../document/lookup.js";
import { isDownload, downloadLabel } from "../state/selectors/downloads.js";
import { taskTile } from "../state/selectors/tile.js";
import { pictures, previewUrl, unfinished, waiting } from "../state/selectors/tasks.js";
import { count, duration, timeLeft, ordinal, phase, taskSubject, runSeconds } from "../state/words.js";
import { h, say, show } from "./dom.js";
import { QpElement } from "./element.js";
import { icon } from "./icons.js";

export class TaskRow extends QpElement {
  taskId = "";
  #image = h("img", { alt: "", hidden: true, decoding: "async" });
  #tile = h("span", { class: "task-tile", "aria-hidden": "true" });
  #mark = h("span", { class: "task-mark", "aria-hidden": "true" });
  #thumb = h("button", { type: "button", class: "task-thumb" });
  #title = h("p", { class: "task-title" });
  #line = h("p", { class: "task-line" });
  #fix = h("p", { class: "task-fix", hidden: true });
  #fill = h("i", {});
  #bar = h("div", { class: "bar", hidden: true }, this.#fill);
  #front = this.#button("front", "Move to the front", () => this.request("move-to-front", { task: this.taskId }));
  #cancel = this.#button("close", "Cancel", () => this.request("cancel-task", { task: this.taskId }));
  #retry = this.#button("retry", "Retry", () => this.request("retry-task", { task: this.taskId }));
  /** @type {import("../state/types.js").Picture[]} */
  #pictures = [];

  /** @override */
  build() {
    this.classList.add("task");
    this.setAttribute("role", "listitem");
    this.#thumb.append(this.#tile, this.#image, this.#mark);
    this.#thumb.addEventListener("click", () => this.#enlarge());
    this.#image.addEventListener("error", () => show(this.#image, false));
    this.append(
      this.#thumb,
      h("div", { class: "task-words" }, this.#title, this.#line, this.#fix, this.#bar),
      h("div", { class: "task-actions" }, this.#front, this.#retry, this.#cancel),
    );
  }

  /** @override @param {State} state */
  render(state) {
    const task = state.tasks[this.taskId];
    if (!task) return;
    const place = state.waiting.filter((id) => state.tasks[id] && waiting(state.tasks[id])).indexOf(task.id);
    this.dataset.status = task.status;
    const id = String(task.params?.model ?? "");
    const title = isDownload(task) ? `${task.title} ${downloadLabel(state, { id, label: id, bytes: 0 })}` : taskSubject(task);
    say(this.#title, title);
    this.#title.title = title;
    say(this.#line, line(task, state, place));
    this.#line.title = task.error?.detail ?? "";
    const fix = task.status === "failed" ? (task.error?.fix ?? "") : "";
    say(this.#fix, fix);
    show(this.#fix, fix !== "");
    this.#drawThumb(task, state);
    this.#drawBar(task);
    show(this.#front, place > 0);
    show(this.#cancel, unfinished(task) && !task.cancel_requested);
    show(this.#retry, task.status === "failed" || task.status === "cancelled");
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
    const place = waiting(task) ? state.waiting.indexOf(task.id) + 1 : 0;
    const marks = { failed: "!", cancelled: many ? String(many) : "–", pending: place ? String(place) : "…", held: "…" };
    const mark = marks[/** @type {keyof typeof marks} */ (task.status)] ?? (many > 1 ? String(many) : "");
    this.#thumb.title = `${this.#title.textContent} · ${this.#line.textContent}`;
    this.#thumb.style.setProperty("--fraction", String(task.progress?.fraction ?? 0));
    say(this.#mark, mark);
    this.#thumb.disabled = !first;
    const number = many && mark ? count(many, "image") : place ? String(place) : "";
    const named = [first ? `Enlarge: ${taskSubject(task)}` : task.status, this.#tile.textContent, number];
    this.#thumb.setAttribute("aria-label", named.filter(Boolean).join(", "));
  }

  /** Draws the ground that is seen where there is no image. @param {State} state @param {Task} task */
  #drawTile(state, task) {
    const { icon: name, text } = taskTile(state, task);
    const tile = task.status === "completed" || task.status === "running" ? text || name : "";
    if (this.#tile.dataset.tile === tile) return;
    this.#tile.dataset.tile = tile;
    this.#tile.replaceChildren(...(tile ? [text || icon(name)] : []));
  }

  /** @param {Task} task */
  #drawBar(task) {
    const running = task.status === "running";
    show(this.#bar, running);
    this.#fill.style.setProperty("transform", `scaleX(${running ? (task.progress?.fraction ?? 0) : 0})`);
  }

  #enlarge() {
    this.request("show", { name: "lightbox", pictures: this.#pictures, index: 0 });
  }

  /**
   * @param {import("./icons.js").IconName} name
   * @param {string} label
   * @param {() => void} act
   */
  #button(name, label, act) {
    return h("button", { type: "button", class: "bare", "aria-label": label, title: label, onclick: act }, icon(name));
  }
}

/**
 * The second line: the state of the task.
 * @param {Task} task
 * @param {State} state
 * @param {number} place in the queue, from 0
 */
function line(task, state, place) {
  const model = withId(state.models, task.params?.model)?.label.split(" · ")[0];
  if (task.status === "running") {
    const remaining = timeLeft(task.progress?.eta_seconds);
    return [phase(task), remaining].filter(Boolean).join(" · ");
  }
  if (task.hold_reasons.includes("parent") && waiting(task)) return `${task.title} · waiting for its input`;
  if (task.hold_reasons.includes("user") && waiting(task)) return "on hold";
  if (waiting(task)) {
    const starting = state.queue?.lanes.some((lane) => lane.state === "starting");
    const turn = place > 0 ? `${ordinal(place + 1)} in the queue` : starting ? "worker starting" : "next";
    return [model, turn].filter(Boolean).join(" · ");
  }
  if (task.status === "failed") return task.error?.detail ?? "failed";
  if (task.status === "cancelled") return "cancelled";
  const seconds = runSeconds(task);
  const seed = task.outputs[0]?.seed;
  const many = pictures(state, task).length;
  const facts = [many > 1 ? count(many, "image") : ""];
  facts.push(task.cached ? "cached" : seconds ? duration(seconds) : "");
  facts.push(typeof seed === "number" ? `seed ${seed}` : "");
  return facts.filter(Boolean).join(" · ") || "done";
}

customElements.define("qp-task-row", TaskRow);
