/** The stage of an operation: preview or result, progress, and error. */
/** @import { Picture, State, Task } from "../state/types.js" */
import { brickState, showsImages } from "../state/selectors/brick-state.js";
import { displayOf } from "../state/selectors/kinds.js";
import { currentTask, tasksOfBrick, pictures, previewUrl, unfinished } from "../state/selectors/tasks.js";
import { h, say, show } from "../elements/dom.js";
import { QpElement } from "../elements/element.js";
import { icon } from "../elements/icons.js";
import { DownloadActions } from "./download-actions.js";

const TALLEST = 0.75; // width over height of the frame
const WIDEST = 2;

export class Stage extends QpElement {
  brickId = "";
  #picture = h("img", { class: "stage-picture", alt: "" });
  #empty = h("p", { class: "stage-empty" }, "The preview appears here during a run.");
  #frame = h("div", { class: "stage-frame" }, this.#empty, this.#picture);
  #fill = h("i", {});
  #bar = h("div", { class: "bar", role: "progressbar", "aria-valuemin": 0, "aria-valuemax": 100 }, this.#fill);
  #glyph = h("span", { class: "stage-glyph" });
  #text = h("span", { class: "stage-text" });
  #time = h("span", { class: "stage-time" });
  #stop = h(
    "button",
    { type: "button", class: "bare", "aria-label": "Cancel", title: "Cancel", onclick: () => this.#cancel() },
    icon("close"),
  );
  #error = h("div", { class: "trouble", role: "alert", hidden: true });
  #downloads = new DownloadActions((name, detail) => this.request(name, detail));
  #notes = h("p", { class: "note", hidden: true });
  #values = h("ul", { class: "stage-values", "aria-label": "Results", hidden: true });
  #enlarge = h("button", { type: "button", class: "stage-enlarge", "aria-label": "Enlarge", title: "Enlarge", hidden: true });
  /** @type {Picture[]} */
  #pictures = [];
  #task = "";

  /** @override */
  build() {
    this.classList.add("stage");
    this.#bar.setAttribute("aria-label", "Progress");
    this.#frame.append(this.#enlarge);
    this.#enlarge.addEventListener("click", () => this.request("show", { name: "lightbox", pictures: this.#pictures, index: 0 }));
    this.#picture.addEventListener("error", () => show(this.#picture, false));
    this.append(
      this.#frame,
      this.#bar,
      h("div", { class: "stage-line" }, this.#glyph, this.#text, this.#time, this.#stop),
      this.#values,
      this.#error,
      this.#notes,
    );
  }

  /** @override @param {State} state */
  render(state) {
    const task = currentTask(state, this.brickId);
    this.#task = task?.id ?? "";
    this.dataset.status = task?.status ?? "idle";
    show(this.#frame, showsImages(state, this.brickId));
    this.#drawPicture(state, task);
    this.#drawValues(state);
    this.#drawProgress(task);
    this.#drawWords(state, task);
    this.#drawError(state, task);
  }

  /** Lists output values except texts, which have actions of their own. @param {State} state */
  #drawValues(state) {
    const ended = tasksOfBrick(state, this.brickId).find((other) => other.outputs.length > 0);
    const texts = (ended?.outputs ?? [])
      .filter((output) => displayOf(state, output) === "value" && typeof output.value === "string")
      .map((output) => output.value);
    show(this.#values, texts.length > 0);
    const text = JSON.stringify(texts);
    if (this.#values.dataset.text === text) return;
    this.#values.dataset.text = text;
    this.#values.replaceChildren(...texts.map((value) => h("li", {}, String(value))));
  }

  #cancel() {
    if (this.#task) this.request("cancel-task", { task: this.#task });
  }

  /** @param {State} state @param {Task | undefined} task */
  #drawPicture(state, task) {
    const live = previewUrl(task, this.#picture.dataset.source ?? "");
    const ended = tasksOfBrick(state, this.brickId).find((other) => other.outputs.length > 0);
    const first = ended && pictures(state, ended)[0]?.output;
    const still = first?.url;
    const source = live || still || "";
    show(this.#empty, !source);
    this.#frame.classList.toggle("vacant", !source && !(task && unfinished(task)));
    if (live) this.#shape(Number(task?.params.width), Number(task?.params.height));
    else this.#shape(Number(first?.width), Number(first?.height));
    if (source && this.#picture.dataset.source !== source) {
      this.#picture.dataset.source = source;
      this.#picture.src = source;
      show(this.#picture, true);
    }
    if (!source) show(this.#picture, false);
    this.classList.toggle("live", Boolean(live));
    this.#pictures = tasksOfBrick(state, this.brickId).flatMap((other) => pictures(state, other));
    show(this.#enlarge, Boolean(still) && !live);
    this.#picture.alt = live ? "Preview of the running image" : source ? "The last image" : "";
  }

  /**
   * Sets the aspect ratio of the image, and of the frame within its limits.
   * @param {number} width
   * @param {number} height
   */
  #shape(width, height) {
    const ratio = width > 0 && height > 0 ? width / height : 1;
    const limited = Math.min(Math.max(ratio, TALLEST), WIDEST);
    this.#frame.style.setProperty("aspect-ratio", String(limited));
    this.#picture.style.setProperty("aspect-ratio", String(ratio));
    this.#picture.classList.toggle("tall", ratio < limited);
  }

  /** @param {Task | undefined} task */
  #drawProgress(task) {
    const running = task?.status === "running";
    const fraction = running ? (task.progress?.fraction ?? 0) : 0;
    this.classList.toggle("indefinite", running && !task.progress?.fraction);
    this.#fill.style.setProperty("transform", `scaleX(${fraction})`);
    this.#bar.setAttribute("aria-valuenow", String(Math.round(fraction * 100)));
    show(this.#bar, Boolean(task && unfinished(task)));
    show(this.#stop, Boolean(task && unfinished(task) && !task.cancel_requested));
  }

  /** @param {State} state @param {Task | undefined} task */
  #drawWords(state, task) {
    const { name, icon: glyph, text, aside } = brickState(state, this.brickId);
    this.dataset.state = name;
    if (this.#glyph.dataset.icon !== glyph) this.#glyph.replaceChildren(...(glyph ? [icon(glyph)] : []));
    this.#glyph.dataset.icon = glyph;
    say(this.#text, text);
    say(this.#time, aside);
    const notes = (task?.warnings ?? []).map((warning) => warning.detail).join(" ");
    say(this.#notes, notes);
    show(this.#notes, notes !== "");
  }

  /** A way to the field at fault, null without one in this brick. @param {string} field */
  #fieldButton(field) {
    const row = field && this.closest(".brick")?.querySelector(`[data-field="${CSS.escape(field)}"]`);
    const control = row && row.querySelector("textarea, input, select, button");
    if (!(row instanceof HTMLElement) || !(control instanceof HTMLElement)) return "";
    const title = row.querySelector(".field-label")?.textContent || field;
    return h("button", { type: "button", class: "quiet", onclick: () => control.focus() }, `Change ${title.toLowerCase()}`);
  }

  /** @param {State} state @param {Task | undefined} task */
  #drawError(state, task) {
    const error = task?.status === "failed" ? task.error : null;
    show(this.#error, Boolean(error));
    this.#downloads.draw(state, error?.pull ?? []);
    const text = error ? `${task?.id} ${error.detail}` : "";
    if (this.#error.dataset.text === text) return;
    this.#error.dataset.text = text;
    const retry = h("button", { type: "button", class: "quiet" }, "Retry");
    retry.addEventListener("click", () => this.request("retry-task", { task: this.#task }));
    const log = h("button", { type: "button", class: "quiet", onclick: () => this.request("show-task-log", { task: this.#task }) }, "Show log");
    this.#error.replaceChildren(
      h("strong", {}, error?.title ?? "Failed"),
      h("p", {}, error?.detail ?? ""),
      error?.fix && !error.pull ? h("p", { class: "fix" }, error.fix) : "",
      this.#downloads.element,
      h("div", { class: "row" }, log, retry, this.#fieldButton(error?.field ?? "")),
      h("p", { class: "note" }, [`task ${String(task?.id).slice(-6)}`, error?.code].filter(Boolean).join(" · ")),
    );
  }
}

customElements.define("qp-stage", Stage);
