/**
 * Dragging of a brick by its header: its wires follow, a line shows the target position, Escape
 * cancels.
 *
 * @import { Wires } from "./wires.js"
 * @import { MakeRequest } from "../state/requests.js"
 */
import { h } from "../elements/dom.js";

const MIN_DISTANCE = 6;

/** @typedef {{ column: number, row: number, insert: boolean }} Landing */

export class DragBrick {
  /** @type {{ brick: HTMLElement, x: number, y: number, moving: boolean } | null} */
  #drag = null;
  /** @type {Landing | null} */
  #landing = null;
  #line = h("div", { class: "landing", "aria-hidden": "true" });

  /** @param {HTMLElement} wall @param {Wires} wires @param {MakeRequest} request */
  constructor(wall, wires, request) {
    this.wall = wall;
    this.wires = wires;
    this.request = request;
  }

  /** @param {AbortSignal} signal */
  enable(signal) {
    this.wall.addEventListener("pointerdown", (event) => this.#press(event), { signal });
    window.addEventListener("pointermove", (event) => this.#move(event), { signal });
    window.addEventListener("pointerup", () => this.#drop(), { signal });
    window.addEventListener("pointercancel", () => this.#end(), { signal });
    window.addEventListener("keydown", (event) => event.key === "Escape" && this.#end(), { signal });
  }

  /** @param {PointerEvent} event */
  #press(event) {
    if (!(event.target instanceof Element) || event.button !== 0) return;
    const handle = event.target.closest(event.pointerType === "touch" ? ".grip" : ".brick-head");
    if (!handle || event.target.closest("button")) return;
    const brick = handle.closest(".brick");
    if (!(brick instanceof HTMLElement)) return;
    this.#drag = { brick, x: event.clientX, y: event.clientY, moving: false };
  }

  /** @param {PointerEvent} event */
  #move(event) {
    if (!this.#drag) return;
    const dx = event.clientX - this.#drag.x;
    const dy = event.clientY - this.#drag.y;
    if (!this.#drag.moving && Math.hypot(dx, dy) < MIN_DISTANCE) return;
    if (!this.#drag.moving) {
      this.#drag.moving = true;
      this.#drag.brick.classList.add("dragging");
      this.wall.classList.add("moving");
      getSelection()?.removeAllRanges();
    }
    const { scale } = this.wires.geometry;
    this.#drag.brick.style.setProperty("transform", `translate(${dx / scale}px, ${dy / scale}px)`);
    const landing = this.#find(event.clientX, event.clientY);
    const same = JSON.stringify(landing) === JSON.stringify(this.#landing);
    this.#landing = landing;
    if (!same) this.#show();
    this.wires.drag({ brick: this.#drag.brick.dataset.brick ?? "", dx: dx / scale, dy: dy / scale });
  }

  /**
   * @param {number} x
   * @param {number} y
   * @returns {Landing}
   */
  #find(x, y) {
    const columns = Array.from(this.wall.querySelectorAll(".column"));
    const stacked = columns.length > 1 && columns[0]?.getBoundingClientRect().left === columns[1]?.getBoundingClientRect().left;
    for (const [index, column] of columns.entries()) {
      const box = column.getBoundingClientRect();
      if (!stacked && x < box.left - 12) return { column: index, row: 0, insert: true };
      const inside = stacked ? y <= box.bottom : x <= box.right + 12;
      if (inside) return { column: index, row: this.#row(column, y), insert: false };
    }
    return { column: columns.length, row: 0, insert: false };
  }

  /** @param {Element} column @param {number} y */
  #row(column, y) {
    const others = Array.from(column.querySelectorAll(".brick")).filter((brick) => brick !== this.#drag?.brick);
    const below = others.findIndex((brick) => {
      const box = brick.getBoundingClientRect();
      return y < box.top + box.height / 2;
    });
    return below < 0 ? others.length : below;
  }

  #show() {
    const landing = this.#landing;
    const columns = this.wall.querySelectorAll(".column");
    const holder = this.wall.querySelector(".columns");
    if (!landing || !holder) return;
    const column = columns[landing.column];
    this.#line.classList.toggle("upright", landing.insert || !column);
    if (landing.insert || !column) {
      holder.insertBefore(this.#line, column ?? null);
      return;
    }
    const others = Array.from(column.querySelectorAll(".brick")).filter((brick) => brick !== this.#drag?.brick);
    column.querySelector(".stack")?.insertBefore(this.#line, others[landing.row] ?? null);
  }

  #drop() {
    const brick = this.#drag?.brick;
    const moved = this.#drag?.moving && this.#landing;
    const landing = this.#landing;
    this.#end();
    if (brick && moved && landing) this.request("move-brick", { brick: brick.dataset.brick ?? "", ...landing });
  }

  #end() {
    if (!this.#drag) return;
    this.#drag.brick.classList.remove("dragging");
    this.#drag.brick.style.removeProperty("transform");
    this.#drag = null;
    this.#landing = null;
    this.#line.remove();
    this.wall.classList.remove("moving");
    this.wires.drag(null);
  }
}
