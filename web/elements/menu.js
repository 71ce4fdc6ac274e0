/**
 * A context menu: rows of actions in groups, at a point or beside an element. The arrow keys, Home,
 * End and first letters move; Escape closes it and returns the focus.
 *
 * @import { IconName } from "./icons.js"
 *
 * @typedef {object} MenuItem
 * @property {string} label
 * @property {IconName} [icon]
 * @property {string} [keys] shown beside the label
 * @property {boolean} [disabled]
 * @property {() => void} perform
 */
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { placePopover } from "./popover.js";

const SIZE = { width: 250, height: 520 };

export class ContextMenu {
  #menu = h("div", { class: "task-menu context-menu", role: "menu" });
  #point = h("span", { class: "menu-point", "aria-hidden": "true" });
  element = h("div", { class: "menu-home" }, this.#point, this.#menu);
  /** @type {HTMLElement | SVGElement | null} focused before */
  #before = null;

  constructor() {
    this.#menu.popover = "manual"; // an auto one closes when the finger of a long press is lifted
    document.addEventListener("pointerdown", ({ target }) => this.isOpen && !(target instanceof Node && this.#menu.contains(target)) && this.#menu.hidePopover(), { capture: true });
    this.#menu.addEventListener("keydown", (event) => this.#press(event));
    this.#menu.addEventListener("contextmenu", (event) => event.preventDefault());
    this.#menu.addEventListener("toggle", (event) => {
      if (/** @type {ToggleEvent} */ (event).newState === "closed" && this.#menu.contains(document.activeElement)) this.#before?.focus();
    });
  }

  /** Reports whether the menu is open. */
  get isOpen() {
    return this.#menu.matches(":popover-open");
  }

  /**
   * @param {string} label for screen readers
   * @param {MenuItem[][]} groups
   * @param {{ x: number, y: number }} at in the window
   */
  open(label, groups, { x, y }) {
    const active = document.activeElement;
    const focusable = active instanceof HTMLElement || active instanceof SVGElement;
    this.#before = focusable && !this.#menu.contains(active) ? active : this.#before;
    this.#menu.setAttribute("aria-label", label);
    this.#menu.replaceChildren(
      ...groups.filter((items) => items.length).map((items) => h("div", { role: "group" }, ...items.map((item) => this.#row(item)))),
    );
    this.#point.style.setProperty("left", `${x}px`);
    this.#point.style.setProperty("top", `${y}px`);
    this.#menu.showPopover();
    placePopover(this.#menu, this.#point, SIZE);
    this.#rows()[0]?.focus();
  }

  /** @param {MenuItem} item */
  #row({ label, icon: name, keys = "", disabled = false, perform }) {
    const onclick = () => {
      this.#menu.hidePopover();
      this.#before?.focus();
      perform();
    };
    const attributes = { type: "button", class: "menu-item", role: "menuitem", tabindex: -1, disabled, onclick };
    return h("button", attributes, name ? icon(name) : null, h("span", {}, label), keys ? h("kbd", { class: "typed" }, keys) : null);
  }

  #rows() {
    return /** @type {HTMLElement[]} */ ([...this.#menu.querySelectorAll("button")].filter((row) => !row.disabled));
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    const rows = this.#rows();
    const index = rows.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    const next = nextRow(rows.map((row) => row.querySelector("span")?.textContent ?? ""), index, event.key);
    if (event.key === "Tab" || event.key === "Escape") this.#menu.hidePopover();
    if (event.key === "Escape") event.stopPropagation(); // on the wall it clears the selection
    if (next < 0) return;
    event.preventDefault();
    event.stopPropagation();
    rows[next]?.focus();
  }
}

/**
 * The row that a key moves to; -1 for a key that moves nowhere.
 * @param {readonly string[]} labels
 * @param {number} index of the row in focus
 * @param {string} key
 */
export function nextRow(labels, index, key) {
  const { length } = labels;
  if (key === "ArrowDown") return (index + 1) % length;
  if (key === "ArrowUp") return (index - 1 + length) % length;
  if (key === "Home") return 0;
  if (key === "End") return length - 1;
  if (key.length !== 1) return -1;
  const order = labels.map((_, step) => (index + 1 + step) % length);
  return order.find((row) => labels[row]?.toLowerCase().startsWith(key.toLowerCase())) ?? -1;
}
