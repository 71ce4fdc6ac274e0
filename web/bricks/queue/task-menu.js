/** The menu of a task: place, hold, priority, repetitions. One menu serves all rows of a desk. */
/** @import { MakeRequest } from "../../state/requests.js" */
/** @import { State, Task } from "../../state/types.js" */
import { placeInQueue, unfinished, waiting, waitingCount } from "../../state/selectors/tasks.js";
import { h } from "../../elements/dom.js";
import { placePopover } from "../../elements/popover.js";

/** The event with which a row opens the menu: `{ task, button }`. */
export const OPEN_MENU = "qp-task-menu";
const BANDS = [["Interactive", 0], ["Workflow", 10], ["Batch", 20], ["Training", 30]];
const TIMES = [1, 2, 4, 8, 16];

export class TaskMenu {
  element = h("div", { class: "task-menu", role: "menu", "aria-label": "Task" });
  /** @type {HTMLElement | null} */
  #button = null;

  /** @param {MakeRequest} request */
  constructor(request) {
    this.request = request;
    this.element.popover = "auto";
    this.element.addEventListener("keydown", (event) => this.#press(event));
    this.element.addEventListener("toggle", (event) => {
      if (/** @type {ToggleEvent} */ (event).newState === "closed" && this.element.contains(document.activeElement)) this.#button?.focus();
    });
  }

  /** @param {State} state @param {string} id @param {HTMLElement} button */
  open(state, id, button) {
    const task = state.tasks[id];
    if (!task) return;
    this.#button = button;
    const parts = [waiting(task) ? this.#places(state, task) : null, this.#repetitions(task)];
    this.element.replaceChildren(...parts.filter((part) => part !== null));
    this.element.showPopover();
    placePopover(this.element, button, { width: 232, height: 440 });
    /** @type {HTMLElement | null} */ (this.element.querySelector("button:not(:disabled)"))?.focus();
  }

  /** @param {State} state @param {Task} task */
  #places(state, task) {
    const { id, priority } = task;
    const held = task.hold_reasons.includes("user");
    const place = placeInQueue(state, id);
    const bands = BANDS.map(([label, value]) => {
      const item = this.#item(String(label), () => this.request("set-priority", { task: id, priority: Number(value) }));
      item.setAttribute("role", "menuitemradio");
      item.setAttribute("aria-checked", String(priority === value));
      return item;
    });
    return h(
      "div",
      { role: "group", "aria-label": "Place" },
      this.#item("Edit the parameters", () => this.request("edit-task", { task: id })),
      this.#item("Move to the top", () => this.request("move-task", { task: id, end: "top" }), place === 1),
      this.#item("Move up", () => this.request("nudge-task", { task: id, by: -1 }), place <= 1),
      this.#item("Move down", () => this.request("nudge-task", { task: id, by: 1 }), place === waitingCount(state)),
      this.#item("Move to the bottom", () => this.request("move-task", { task: id, end: "bottom" })),
      this.#item(held ? "Release" : "Hold", () => this.request("hold-task", { task: id, held: !held })),
      h("p", { class: "menu-head" }, "Priority"),
      h("div", { class: "menu-row", role: "group", "aria-label": "Priority" }, ...bands),
    );
  }

  /** @param {Task} task */
  #repetitions(task) {
    const { id } = task;
    const seeded = typeof task.params?.seed === "number";
    /** @param {number} times @param {"new" | "next"} seed */
    const item = (times, seed) => {
      const button = this.#item(`${times}×`, () => this.request("repeat-task", { task: id, times, seed }));
      button.setAttribute("aria-label", `Repeat ${times} times, ${seed === "new" ? "new seeds" : "following seeds"}`);
      return button;
    };
    return h(
      "div",
      { role: "group", "aria-label": "Repeat" },
      unfinished(task) ? null : this.#item("Run again, same seed", () => this.request("repeat-task", { task: id, seed: "same" })),
      h("p", { class: "menu-head" }, seeded ? "Repeat with new seeds" : "Repeat"),
      h("div", { class: "menu-row" }, ...TIMES.map((times) => item(times, "new"))),
      seeded ? h("p", { class: "menu-head" }, "Repeat with the next seeds") : null,
      seeded ? h("div", { class: "menu-row" }, ...TIMES.map((times) => item(times, "next"))) : null,
    );
  }

  /** @param {string} text @param {() => void} act @param {boolean} [disabled] */
  #item(text, act, disabled = false) {
    const onclick = () => {
      this.element.hidePopover();
      this.#button?.focus();
      act();
    };
    return h("button", { type: "button", class: "menu-item", role: "menuitem", disabled, onclick }, text);
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    const items = /** @type {HTMLElement[]} */ ([...this.element.querySelectorAll("button:not(:disabled)")]);
    const index = items.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    const steps = /** @type {Record<string, number>} */ ({ ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 });
    const step = steps[event.key];
    if (!step) return;
    event.preventDefault();
    items[(index + step + items.length) % items.length]?.focus();
  }
}
