/**
 * Dragging of wires: from an output to an input, or an existing wire to another input. Escape
 * cancels; a wire that is dropped on an empty spot is removed, a new one opens the palette there.
 *
 * @import { MakeRequest } from "../state/requests.js"
 * @import { Wires } from "./wires.js"
 */

const SNAP = 30;

export class DragWire {
  /** @type {{ from: string, type: string, taken: string } | null} */
  #drag = null;
  /** @type {HTMLElement | null} */
  #target = null;
  /** @type {HTMLElement[]} that take the wire */
  #inputs = [];

  /** @param {HTMLElement} wall @param {Wires} wires @param {MakeRequest} request */
  constructor(wall, wires, request) {
    this.wall = wall;
    this.wires = wires;
    this.request = request;
  }

  /** @param {AbortSignal} signal */
  enable(signal) {
    this.wall.addEventListener("pointerdown", (event) => this.#start(event), { signal });
    window.addEventListener("pointermove", (event) => this.#move(event), { signal });
    window.addEventListener("pointerup", (event) => this.#drop(event), { signal });
    window.addEventListener("pointercancel", () => this.#end(), { signal });
    window.addEventListener("keydown", (event) => event.key === "Escape" && this.#end(), { signal });
  }

  /** @param {PointerEvent} event */
  #start(event) {
    const port = event.target instanceof Element ? event.target.closest(".port") : null;
    if (!(port instanceof HTMLElement) || event.button !== 0) return;
    event.preventDefault();
    const end = port.dataset.port ?? "";
    if (port.dataset.side === "out") {
      this.#drag = { from: end, type: port.dataset.type ?? "", taken: "" };
    } else {
      const path = Array.from(this.wires.element.querySelectorAll(".wire")).findLast((wire) =>
        String(/** @type {SVGElement} */ (wire).dataset.wire).endsWith(` ${end}`),
      );
      if (!(path instanceof SVGElement)) return;
      const from = String(path.dataset.wire).split(" ")[0] ?? "";
      path.classList.add("taken");
      this.#drag = { from, type: port.dataset.type ?? "", taken: end };
    }
    this.wall.classList.add("wiring");
    this.#inputs = /** @type {HTMLElement[]} */ ([...this.wall.querySelectorAll(`.port.in[data-type="${CSS.escape(this.#drag.type)}"]`)]);
    for (const input of this.#inputs) input.classList.add("matching");
    this.#move(event);
  }

  /** @param {PointerEvent} event */
  #move(event) {
    if (!this.#drag) return;
    const start = this.wires.at(this.#drag.from, "out");
    this.#aim(event);
    const goal = this.#target && this.wires.at(this.#target.dataset.port ?? "", "in");
    this.wires.loose(start, goal ?? this.wires.pointer(event), this.#drag.type);
  }

  /** @param {PointerEvent} event */
  #aim(event) {
    const pointer = this.wires.pointer(event);
    /** @type {HTMLElement | null} */
    let nearest = null;
    let least = SNAP / this.wires.geometry.scale;
    for (const port of this.#inputs) {
      const at = this.wires.at(port.dataset.port ?? "", "in");
      const away = at ? Math.hypot(pointer.x - at.x, pointer.y - at.y) : Infinity;
      if (away >= least) continue;
      nearest = port;
      least = away;
    }
    if (nearest === this.#target) return;
    this.#target?.classList.remove("aimed");
    nearest?.classList.add("aimed");
    this.#target = nearest;
  }

  /** @param {PointerEvent} event */
  #drop(event) {
    if (!this.#drag) return;
    const { from, taken, type } = this.#drag;
    const to = this.#target?.dataset.port ?? "";
    this.#end();
    if (to && to !== taken) this.request("connect", { from, to, ...(taken ? { instead: taken } : {}) });
    if (to) return;
    const under = document.elementFromPoint(event.clientX, event.clientY);
    const other = /** @type {HTMLElement | null | undefined} */ (under?.closest(".port.in"))?.dataset.port;
    if (other && other !== taken) this.request("connect", { from, to: other }); // which explains why not
    else if (taken) this.request("disconnect", { to: taken, from });
    else if (this.wall.contains(under) && !under?.closest(".brick, .port")) this.request("show", { name: "palette", wire: { from, type } });
  }

  #end() {
    if (!this.#drag) return;
    this.#drag = null;
    this.#target?.classList.remove("aimed");
    this.#target = null;
    this.wires.loose(null);
    this.wires.element.querySelector(".taken")?.classList.remove("taken");
    this.wall.classList.remove("wiring");
    for (const input of this.#inputs) input.classList.remove("matching");
    this.#inputs = [];
  }
}
