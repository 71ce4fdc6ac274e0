/**
 * Dragging of wires: from an output to an input, backwards from a free input to an output, or an
 * existing wire to another input. Escape cancels. A wire that is dropped on a brick takes its first
 * port that fits; on an empty spot it opens the palette.
 *
 * @import { LooseWire } from "../document/wiring.js"
 * @import { MakeRequest } from "../state/requests.js"
 * @import { Wires } from "./wires.js"
 */

const SNAP = 30;

export class DragWire {
  /** @type {LooseWire | null} */
  #drag = null;
  /** @type {HTMLElement | null} */
  #target = null;
  /** @type {HTMLElement[]} ports that take the wire */
  #matching = [];

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
    this.#drag = this.#looseWire(port);
    const side = this.#drag.from ? "in" : "out";
    this.wall.classList.add("wiring");
    this.#matching = /** @type {HTMLElement[]} */ ([...this.wall.querySelectorAll(`.port.${side}[data-type="${CSS.escape(this.#drag.type)}"]`)]);
    for (const other of this.#matching) other.classList.add("matching");
    this.#move(event);
  }

  /** The wire that a press on a port begins, or takes from it. @param {HTMLElement} port @returns {LooseWire} */
  #looseWire(port) {
    const { port: end = "", type = "", side } = port.dataset;
    if (side === "out") return { from: end, type };
    const path = Array.from(this.wires.element.querySelectorAll(".wire")).findLast((wire) =>
      String(/** @type {SVGElement} */ (wire).dataset.wire).endsWith(` ${end}`),
    );
    if (!(path instanceof SVGElement)) return { to: end, type };
    path.classList.add("taken");
    return { from: String(path.dataset.wire).split(" ")[0] ?? "", type, taken: end };
  }

  /** @param {PointerEvent} event */
  #move(event) {
    if (!this.#drag) return;
    const { from, to, type } = this.#drag;
    this.#aim(event);
    const free = (this.#target && this.#at(this.#target)) ?? this.wires.pointer(event);
    const fixed = from ? this.wires.at(from, "out") : this.wires.at(to ?? "", "in");
    if (from) this.wires.loose(fixed, free, type);
    else this.wires.loose(free, fixed ?? undefined, type);
  }

  /** @param {HTMLElement} port */
  #at(port) {
    return this.wires.at(port.dataset.port ?? "", port.dataset.side === "in" ? "in" : "out");
  }

  /** @param {PointerEvent} event */
  #aim(event) {
    const pointer = this.wires.pointer(event);
    /** @type {HTMLElement | null} */
    let nearest = null;
    let least = SNAP / this.wires.geometry.scale;
    for (const port of this.#matching) {
      const at = this.#at(port);
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
    const wire = this.#drag;
    const under = document.elementFromPoint(event.clientX, event.clientY);
    const port = this.#target ?? /** @type {HTMLElement | null | undefined} */ (under?.closest(".port"));
    const brick = /** @type {HTMLElement | null | undefined} */ (under?.closest(".brick"));
    const onWall = this.wall.contains(under);
    this.#end();
    if (port) this.request("drop-wire", { wire, port: port.dataset.port, side: port.dataset.side });
    else if (brick) this.request("drop-wire", { wire, brick: brick.dataset.brick });
    else if (onWall) this.request("drop-wire", { wire });
  }

  #end() {
    if (!this.#drag) return;
    this.#drag = null;
    this.#target?.classList.remove("aimed");
    this.#target = null;
    this.wires.loose(null);
    this.wires.element.querySelector(".taken")?.classList.remove("taken");
    this.wall.classList.remove("wiring");
    for (const port of this.#matching) port.classList.remove("matching");
    this.#matching = [];
  }
}
