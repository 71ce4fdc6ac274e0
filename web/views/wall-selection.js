/**
 * The selection of bricks: marks, clicks on headers, a box by dragging over the empty wall with Shift
 * or Ctrl (without them it pans), and a bar of actions.
 */
/** @import { State } from "../state/types.js" */
import { entryNamed } from "../document/lookup.js";
import { find } from "../document/workflow.js";
import { selection } from "../state/effects/selection.js";
import { count } from "../state/words.js";
import { h, say, show } from "../elements/dom.js";
import { QpElement } from "../elements/element.js";
import { icon } from "../elements/icons.js";
import { BRICK_ACTIONS } from "./brick-actions.js";

const MIN_DISTANCE = 6; // pixels from which a press is a box

export class WallSelection extends QpElement {
  #count = h("b", {});
  #words = h("span", {}); // a small screen shows the number alone
  #bar = h("div", { class: "brick-bar", role: "toolbar", "aria-label": "Selected bricks", hidden: true }, h("strong", { role: "status" }, this.#count, this.#words));
  #box = h("div", { class: "selection-box", "aria-hidden": "true", hidden: true });
  /** @type {[import("./brick-actions.js").BrickAction, HTMLElement][]} */
  #buttons = [];
  /** @type {readonly string[]} */
  #ids = [];
  /** @type {{ x: number, y: number, moving: boolean, box: boolean } | null} */
  #drag = null;

  /** @override */
  build() {
    this.#buttons = BRICK_ACTIONS.filter(({ runs }) => !runs).map((action) => {
      const button = h("button", { type: "button", class: "quiet small", title: action.label, "aria-label": action.label, "data-keys": action.id }, icon(action.icon), h("span", {}, action.label));
      button.addEventListener("click", () => this.#perform(action));
      return [action, button];
    });
    const label = "Clear the selection";
    const clear = h("button", { type: "button", class: "bare", "aria-label": label, title: label, "data-keys": "clear-selection" }, icon("close"));
    clear.addEventListener("click", () => this.request("select", { bricks: [] }));
    this.#bar.append(...this.#buttons.map(([, button]) => button), clear);
    this.append(this.#bar, this.#box);
  }

  /** @override @param {AbortSignal} signal */
  connected(signal) {
    const wall = this.parentElement;
    wall?.addEventListener("pointerdown", (event) => this.#press(event), { signal });
    wall?.addEventListener("click", (event) => this.#click(event), { signal, capture: true });
    window.addEventListener("pointermove", (event) => this.#move(event), { signal });
    window.addEventListener("pointerup", (event) => this.#release(event), { signal });
    window.addEventListener("pointercancel", () => this.#end(), { signal });
  }

  /** @override @param {State} state */
  render(state) {
    const ids = selection(state);
    for (const id of this.#ids) if (!ids.includes(id)) this.#mark(id, false);
    for (const id of ids) this.#mark(id, true);
    this.#ids = ids;
    show(this.#bar, ids.length > 1);
    const [number = "", noun = ""] = count(ids.length, "brick").split(" ");
    say(this.#count, number);
    say(this.#words, ` ${noun} selected`);
    const entries = ids.map((id) => entryNamed(state.entries, find(state.workflow, id)?.type));
    for (const [{ fits }, button] of this.#buttons) show(button, !fits || entries.some(fits));
  }

  /** @param {string} id @param {boolean} selected */
  #mark(id, selected) {
    const brick = this.parentElement?.querySelector(`.brick[data-brick="${CSS.escape(id)}"]`);
    brick?.classList.toggle("selected", selected);
    if (selected) brick?.setAttribute("aria-description", "selected");
    else brick?.removeAttribute("aria-description");
  }

  /** @param {import("./brick-actions.js").BrickAction} action */
  #perform({ request, clipboard }) {
    const [first = ""] = this.#ids;
    if (clipboard) document.execCommand(clipboard); // the only way without a permission
    if (!request) return;
    const [name, detail] = request(first);
    this.request(name, detail);
  }

  /** Selects the brick whose header is clicked with Shift or Ctrl. @param {MouseEvent} event */
  #click(event) {
    if (!(event.target instanceof Element)) return;
    const id = /** @type {HTMLElement | null} */ (event.target.closest(".brick-head")?.closest(".brick"))?.dataset.brick;
    if (!id || event.target.closest("button")) return;
    const focused = /** @type {HTMLElement | null} */ (document.activeElement)?.dataset?.brick ?? "";
    const first = event.shiftKey && !this.#ids.length && focused !== id ? [focused] : [];
    if (event.shiftKey) this.request("select", { bricks: [...first, id], mode: "add" });
    else if (event.ctrlKey || event.metaKey) this.request("select", { bricks: [id], mode: "toggle" });
    else if (this.#ids.length) this.request("select", { bricks: [] });
  }

  /** @param {PointerEvent} event */
  #press(event) {
    const empty = event.target instanceof Element && !event.target.closest(".brick, .port, .wire, button, input, .minimap, .brick-bar");
    if (!empty || event.button !== 0 || event.pointerType === "touch") return;
    this.#drag = { x: event.clientX, y: event.clientY, moving: false, box: event.shiftKey || event.ctrlKey || event.metaKey };
  }

  /** @param {PointerEvent} event */
  #move(event) {
    const drag = this.#drag;
    if (!drag) return;
    if (!drag.moving && Math.hypot(event.clientX - drag.x, event.clientY - drag.y) < MIN_DISTANCE) return;
    drag.moving = true;
    if (!drag.box) return;
    getSelection()?.removeAllRanges();
    const left = Math.min(drag.x, event.clientX);
    const top = Math.min(drag.y, event.clientY);
    const style = { left, top, width: Math.abs(event.clientX - drag.x), height: Math.abs(event.clientY - drag.y) };
    for (const [name, value] of Object.entries(style)) this.#box.style.setProperty(name, `${value}px`);
    show(this.#box, true);
  }

  /** @param {PointerEvent} event */
  #release(event) {
    const drag = this.#drag;
    if (!drag) return;
    const box = { left: Math.min(drag.x, event.clientX), right: Math.max(drag.x, event.clientX), top: Math.min(drag.y, event.clientY), bottom: Math.max(drag.y, event.clientY) };
    this.#end();
    if (drag.box && drag.moving) this.request("select", { bricks: this.#inside(box), mode: "add" });
    else if (!drag.moving && this.#ids.length) this.request("select", { bricks: [] });
  }

  /** @param {{ left: number, right: number, top: number, bottom: number }} box @returns {string[]} */
  #inside(box) {
    const bricks = /** @type {HTMLElement[]} */ ([...(this.parentElement?.querySelectorAll(".brick") ?? [])]);
    return bricks.flatMap((brick) => {
      const { left, right, top, bottom } = brick.getBoundingClientRect();
      const meets = left < box.right && right > box.left && top < box.bottom && bottom > box.top;
      return meets ? [brick.dataset.brick ?? ""] : [];
    });
  }

  #end() {
    this.#drag = null;
    show(this.#box, false);
  }
}

customElements.define("qp-wall-selection", WallSelection);
