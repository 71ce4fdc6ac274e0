/**
 * The queue in the header of a small screen: the running image in a ring of its progress, the number
 * of tasks, and a mark for alerts. It opens and closes the sheet of the queue.
 */
/** @import { State, Task } from "../state/types.js" */
import { worstSeverity } from "../state/selectors/alerts.js";
import { pictures, previewUrl, runningTasks, waitingCount } from "../state/selectors/tasks.js";
import { count, duration } from "../state/words.js";
import { h, say, show } from "../elements/dom.js";
import { QpElement } from "../elements/element.js";
import { icon } from "../elements/icons.js";

export class QueueChip extends QpElement {
  #image = h("img", { alt: "", hidden: true, decoding: "async" });
  #ring = h("span", { class: "chip-ring", "aria-hidden": "true" }, icon("queue"), this.#image);
  #text = h("span", { class: "chip-text" });
  #mark = h("span", { class: "chip-mark", "aria-hidden": "true", hidden: true }, icon("warning"));
  #button = h("button", { type: "button", class: "queue-chip", "aria-expanded": "false" }, this.#ring, this.#text, this.#mark);

  /** @override */
  build() {
    this.#button.addEventListener("click", () => this.request("toggle-queue", {}));
    this.#image.addEventListener("error", () => show(this.#image, false));
    this.append(this.#button);
  }

  /** @override @param {State} state */
  render(state) {
    const { queue, queueOpen } = state;
    const [running] = runningTasks(state);
    const open = runningTasks(state).length + waitingCount(state);
    const eta = queue?.eta_seconds && open && !queue.paused ? duration(queue.eta_seconds) : "";
    const severity = worstSeverity(state);
    this.#drawImage(state, running);
    this.#button.dataset.severity = severity;
    this.#button.classList.toggle("paused", Boolean(queue?.paused));
    this.#button.setAttribute("aria-expanded", String(queueOpen));
    say(this.#text, [queue?.paused ? "Paused" : "", open ? String(open) : "", eta].filter(Boolean).join(" · "));
    show(this.#text, this.#text.textContent !== "");
    show(this.#mark, severity !== "");
    this.#ring.style.setProperty("--fraction", String(running?.progress?.fraction ?? 0));
    const alert = state.system?.alerts?.[0]?.detail ?? "";
    const words = [queue?.paused ? "paused" : "", open ? count(open, "task") : "empty", eta ? `about ${eta}` : "", alert];
    const label = `Queue: ${words.filter(Boolean).join(", ")}`;
    if (this.#button.title === label) return;
    this.#button.title = label;
    this.#button.setAttribute("aria-label", label);
  }

  /** The preview of the running task, else an icon. @param {State} state @param {Task | undefined} task */
  #drawImage(state, task) {
    const source = (task && (previewUrl(task, this.#image.dataset.source ?? "") || pictures(state, task)[0]?.output.thumbnail_url)) || "";
    if (source && this.#image.dataset.source !== source) {
      this.#image.dataset.source = source;
      this.#image.src = source;
    }
    show(this.#image, source !== "");
  }
}

customElements.define("qp-queue-chip", QueueChip);
