/** A chip over the wall while the images of the last run are out of view: their state, and Show. */
/** @import { State, Task } from "../state/types.js" */
import { entryNamed } from "../document/lookup.js";
import { imageSlots } from "../state/selectors/slots.js";
import { pictures, previewUrl, unfinished } from "../state/selectors/tasks.js";
import { count, phase } from "../state/words.js";
import { h, say, show } from "../elements/dom.js";
import { QpElement } from "../elements/element.js";
import { icon } from "../elements/icons.js";

const LEAST_VISIBLE = 80; // pixels of the result that count as seen

export class ResultChip extends QpElement {
  #image = h("img", { alt: "", hidden: true, decoding: "async" });
  #words = h("span", { role: "status" });
  #show = h("button", { type: "button", class: "quiet small" }, "Show");
  #close = h("button", { type: "button", class: "bare", "aria-label": "Dismiss", title: "Dismiss" }, icon("close"));
  /** @type {Set<string>} tasks that this page saw unfinished */
  #seen = new Set();
  #dismissed = "";
  #task = "";
  #target = "";
  #frame = 0;

  /** @override */
  build() {
    this.hidden = true;
    this.#show.addEventListener("click", () => this.#reveal());
    this.#close.addEventListener("click", () => {
      this.#dismissed = this.#task;
      this.hidden = true;
    });
    this.append(this.#image, this.#words, this.#show, this.#close);
  }

  /** @override @param {AbortSignal} signal */
  connected(signal) {
    const check = () => this.#schedule();
    window.addEventListener("scroll", check, { signal, passive: true, capture: true });
    window.addEventListener("resize", check, { signal });
  }

  /** @override @param {State} state */
  render(state) {
    const tasks = Object.values(state.results).flat().flatMap((id) => state.tasks[id] ?? []);
    for (const task of tasks) if (unfinished(task)) this.#seen.add(task.id);
    const ours = tasks.filter(({ id }) => this.#seen.has(id)).sort((a, b) => (a.id < b.id ? 1 : -1));
    const running = ours.find(({ status }) => status === "running");
    const task = running ?? ours.find((ended) => pictures(state, ended).length > 0);
    this.#task = task?.id ?? "";
    this.#target = task ? resultBrick(state, task) : "";
    if (task) this.#draw(state, task);
    this.#schedule();
  }

  /** @param {State} state @param {Task} task */
  #draw(state, task) {
    const images = pictures(state, task);
    const source = previewUrl(task, this.#image.dataset.source ?? "") || images[0]?.output.thumbnail_url || "";
    if (source && this.#image.dataset.source !== source) {
      this.#image.dataset.source = source;
      this.#image.src = source;
    }
    show(this.#image, source !== "");
    say(this.#words, unfinished(task) ? phase(task) : `${count(images.length, "image")} finished`);
  }

  #schedule() {
    if (this.#frame) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      const frame = this.#resultFrame();
      show(this, frame !== null && this.#task !== this.#dismissed && !isSeen(frame));
    });
  }

  /** @returns {Element | null} the image of the result, or its brick where it is folded */
  #resultFrame() {
    const brick = this.#target && document.querySelector(`.brick[data-brick="${CSS.escape(this.#target)}"]`);
    if (!brick) return null;
    return brick.querySelector(".result-large:not([hidden]), .stage-frame:not([hidden])") ?? brick;
  }

  #reveal() {
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.#resultFrame()?.scrollIntoView({ behavior: still ? "auto" : "smooth", block: "center", inline: "center" });
  }
}

/**
 * The brick that shows the images of a task: a view, else the brick that makes them.
 * @param {State} state
 * @param {Task} task
 */
function resultBrick(state, task) {
  const view = state.workflow.bricks.find((brick) => {
    const entry = entryNamed(state.entries, brick.type);
    if (entry?.kind !== "view") return false;
    const ports = entry.inputs.map((input) => input.name);
    return imageSlots(state, brick, ports).some((slot) => slot.task.id === task.id);
  });
  return view?.id ?? Object.keys(state.results).find((brick) => state.results[brick]?.includes(task.id)) ?? "";
}

/** @param {Element} frame */
function isSeen(frame) {
  const wall = document.querySelector("main")?.getBoundingClientRect();
  const box = frame.getBoundingClientRect();
  if (!wall) return true;
  const width = Math.min(box.right, wall.right) - Math.max(box.left, wall.left);
  const height = Math.min(box.bottom, wall.bottom) - Math.max(box.top, wall.top);
  return Math.min(width, height) >= Math.min(LEAST_VISIBLE, box.height);
}

customElements.define("qp-result-chip", ResultChip);
