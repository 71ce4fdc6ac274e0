/** The stage of an operation: the picture growing, how far it is, and how it ended. */
/** @import { Picture, State, Task } from "../state/types.js" */
import { entryNamed } from "../document/lookup.js";
import { find } from "../document/workflow.js";
import { currentTask, tasksOfBrick, pictures, previewUrl, unfinished, waiting } from "../state/selectors/tasks.js";
import { count, duration, timeLeft, ordinal, phase, runSeconds } from "../state/words.js";
import { h, say, show } from "../elements/dom.js";
import { QpElement } from "../elements/element.js";
import { icon } from "../elements/icons.js";
import { DownloadActions } from "./download-actions.js";

const TALLEST = 0.75; // width over height of the frame
const WIDEST = 2;
/** @type {Record<string, string>} kinds of output, in words */
const KINDS = { image: "picture", mask: "mask", svg: "drawing", text: "text" };

export class Stage extends QpElement {
  brickId = "";
  #picture = h("img", { class: "stage-picture", alt: "" });
  #empty = h("p", { class: "stage-empty" }, "The picture grows here while it is drawn.");
  #frame = h("div", { class: "stage-frame" }, this.#empty, this.#picture);
  #fill = h("i", {});
  #bar = h("div", { class: "bar", role: "progressbar", "aria-valuemin": 0, "aria-valuemax": 100 }, this.#fill);
  #text = h("span", { class: "stage-text" });
  #time = h("span", { class: "stage-time" });
  #stop = h(
    "button",
    { type: "button", class: "bare", "aria-label": "Cancel", title: "Cancel", onclick: () => this.#cancel() },
    icon("close"),
  );
  #error = h("div", { class: "trouble", role: "alert", hidden: true });
  #waysOut = new DownloadActions((name, detail) => this.request(name, detail));
  #notes = h("p", { class: "note", hidden: true });
  #values = h("ul", { class: "stage-values", "aria-label": "Results", hidden: true });
  #look = h("button", { type: "button", class: "stage-look", "aria-label": "Enlarge", title: "Enlarge", hidden: true });
  /** @type {Picture[]} */
  #pictures = [];
  #task = "";

  /** @override */
  build() {
    this.classList.add("stage");
    this.#bar.setAttribute("aria-label", "Progress");
    this.#frame.append(this.#look);
    this.#look.addEventListener("click", () => this.request("show", { name: "lightbox", pictures: this.#pictures, index: 0 }));
    this.#picture.addEventListener("error", () => show(this.#picture, false));
    this.append(
      this.#frame,
      this.#bar,
      h("div", { class: "stage-line" }, this.#text, this.#time, this.#stop),
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
    show(this.#frame, draws(state, this.brickId));
    this.#drawPicture(state, task);
    this.#drawValues(state);
    this.#drawProgress(task);
    this.#drawWords(state, task);
    this.#drawError(state, task);
  }

  /** What came out as values; a text for a prompt stands below, with what can be done with it. @param {State} state */
  #drawValues(state) {
    const ended = tasksOfBrick(state, this.brickId).find((other) => other.outputs.length > 0);
    const texts = (ended?.outputs ?? [])
      .filter((output) => output.kind !== "text" && typeof output.value === "string")
      .map((output) => output.value);
    show(this.#values, texts.length > 0);
    const told = JSON.stringify(texts);
    if (this.#values.dataset.told === told) return;
    this.#values.dataset.told = told;
    this.#values.replaceChildren(...texts.map((text) => h("li", {}, String(text))));
  }

  #cancel() {
    if (this.#task) this.request("cancel-task", { task: this.#task });
  }

  /** @param {State} state @param {Task | undefined} task */
  #drawPicture(state, task) {
    const live = previewUrl(task, this.#picture.dataset.source ?? "");
    const ended = tasksOfBrick(state, this.brickId).find((other) => other.outputs.length > 0);
    const first = ended && pictures(ended)[0]?.output;
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
    this.#pictures = tasksOfBrick(state, this.brickId).flatMap((other) => pictures(other));
    show(this.#look, Boolean(still) && !live);
    this.#picture.alt = live ? "Preview of the picture being drawn" : source ? "The last picture" : "";
  }

  /**
   * Gives the frame the shape of the picture, within what a brick can hold, and the picture its own.
   * @param {number} width
   * @param {number} height
   */
  #shape(width, height) {
    const ratio = width > 0 && height > 0 ? width / height : 1;
    const held = Math.min(Math.max(ratio, TALLEST), WIDEST);
    this.#frame.style.setProperty("aspect-ratio", String(held));
    this.#picture.style.setProperty("aspect-ratio", String(ratio));
    this.#picture.classList.toggle("tall", ratio < held);
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
    const empty = draws(state, this.brickId) ? "Nothing drawn yet." : "Not run yet.";
    say(this.#text, task ? words(state, task) : empty);
    const running = task?.status === "running";
    say(this.#time, running ? timeLeft(task.progress?.eta_seconds) : "");
    const notes = (task?.warnings ?? []).map((warning) => warning.detail).join(" ");
    say(this.#notes, notes);
    show(this.#notes, notes !== "");
  }

  /** @param {State} state @param {Task | undefined} task */
  #drawError(state, task) {
    const error = task?.status === "failed" ? task.error : null;
    show(this.#error, Boolean(error));
    this.#waysOut.draw(state, error?.pull ?? []);
    const told = error ? `${task?.id} ${error.detail}` : "";
    if (this.#error.dataset.told === told) return;
    this.#error.dataset.told = told;
    const again = h("button", { type: "button", class: "quiet" }, "Try again");
    again.addEventListener("click", () => this.request("retry-task", { task: this.#task }));
    this.#error.replaceChildren(
      h("strong", {}, error?.title ?? "It failed"),
      h("p", {}, error?.detail ?? ""),
      error?.fix && !error.pull ? h("p", { class: "fix" }, error.fix) : "",
      this.#waysOut.element,
      again,
    );
  }
}

/**
 * Whether a brick makes pictures.
 * @param {State} state
 * @param {string} brick
 */
function draws(state, brick) {
  const type = find(state.workflow, brick)?.type;
  const outputs = entryNamed(state.entries, type)?.outputs ?? [];
  return outputs.some((port) => ["image", "mask", "svg"].includes(port.type));
}

/** @param {State} state @param {Task} task */
function words(state, task) {
  if (task.status === "running") return phase(task);
  if (waiting(task)) {
    if (task.hold_reasons.includes("parent")) return "waits for the picture before it";
    if (state.queue?.paused) return "waits: the queue is paused";
    const place = state.waiting.indexOf(task.id);
    return place > 0 ? `waits, ${ordinal(place + 1)} in the queue` : "waits for its turn";
  }
  if (task.status === "cancelled") return "cancelled";
  if (task.status === "failed") return "failed";
  const seconds = runSeconds(task);
  const made = results(task);
  return task.cached ? `${made}, as before` : seconds ? `${made} in ${duration(seconds)}` : made;
}

/** How many of what came out. @param {Task} task */
function results(task) {
  const parts = Object.entries(KINDS).flatMap(([kind, word]) => {
    const many = task.outputs.filter((output) => output.kind === kind).length;
    return many ? [count(many, word)] : [];
  });
  return parts.join(", ") || count(task.outputs.length, "result");
}

customElements.define("qp-stage", Stage);
