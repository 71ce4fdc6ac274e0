/** The wires as one SVG under the bricks, in the colour of their type. */
/** @import { Point } from "../elements/geometry.js" */
/** @import { Wire } from "../document/types.js" */
/** @import { State } from "../state/types.js" */
import { find, outputAt, owner } from "../document/workflow.js";
import { wireColour } from "../state/selectors/kinds.js";
import { currentTask } from "../state/selectors/tasks.js";
import { svg } from "../elements/dom.js";
import { middle, wirePath } from "../elements/geometry.js";
import { BrickElement } from "../bricks/brick.js";
import { placePorts } from "../bricks/ports.js";

export class Wires {
  element = svg("svg", { class: "wires", "aria-hidden": "true" });
  /** @type {Map<string, SVGPathElement>} */
  #paths = new Map();
  /** @type {HTMLElement | null} */
  #wall = null;
  /** @type {State | null} */
  #state = null;
  #frame = 0;
  /** @type {SVGPathElement | null} */
  #loose = null;

  /** @param {HTMLElement} wall */
  attach(wall) {
    this.#wall = wall;
  }

  /** @param {State} state */
  show(state) {
    this.#state = state;
    this.draw();
  }

  /** Schedules drawing for the next frame. */
  draw() {
    if (this.#frame) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      this.#drawNow();
    });
  }

  /**
   * The middle of a port, in the wires' own coordinates.
   * @param {string} end
   * @param {"in" | "out"} side
   * @returns {Point | null}
   */
  at(end, side) {
    const port = this.#wall?.querySelector(`.port.${side}[data-port="${CSS.escape(end)}"]`);
    if (!port) return null;
    return middle(port.getBoundingClientRect(), this.element.getBoundingClientRect());
  }

  /**
   * Draws a wire being dragged, from a port to the pointer.
   * @param {Point | null} from null removes it
   * @param {Point} [to]
   * @param {string} [type]
   */
  loose(from, to, type = "") {
    if (!from || !to) {
      this.#loose?.remove();
      this.#loose = null;
      return;
    }
    this.#loose ??= this.element.appendChild(svg("path", { class: "wire loose" }));
    if (this.#state) this.#loose.style.setProperty("--p", wireColour(this.#state, type));
    this.#loose.setAttribute("d", wirePath(from, to));
  }

  #drawNow() {
    const state = this.#state;
    if (!state || !this.#wall) return;
    for (const brick of this.#wall.querySelectorAll(".brick")) {
      if (brick instanceof BrickElement) placePorts(brick);
    }
    const keyed = new Map(state.workflow.wires.map((wire) => [`${wire.from} ${wire.to}`, wire]));
    for (const [key, path] of this.#paths) {
      if (keyed.has(key)) continue;
      path.remove();
      this.#paths.delete(key);
    }
    for (const [key, wire] of keyed) this.#drawWire(key, wire, state);
  }

  /** @param {string} key @param {Wire} wire @param {State} state */
  #drawWire(key, wire, state) {
    const from = this.at(wire.from, "out");
    const to = this.at(wire.to, "in");
    const path = this.#paths.get(key) ?? this.element.appendChild(svg("path", { class: "wire" }));
    this.#paths.set(key, path);
    if (!from || !to) {
      path.removeAttribute("d");
      return;
    }
    const type = outputAt(state.entries, state.workflow, wire.from)?.type ?? "";
    path.style.setProperty("--p", wireColour(state, type));
    path.dataset.wire = key;
    const busy = currentTask(state, owner(wire.to))?.status === "running";
    path.classList.toggle("flowing", busy);
    const ends = [find(state.workflow, owner(wire.from)), find(state.workflow, owner(wire.to))];
    path.classList.toggle("bypassed", ends.some((brick) => brick?.bypassed));
    path.setAttribute("d", wirePath(from, to));
  }
}
