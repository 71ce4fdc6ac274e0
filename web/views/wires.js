/** The wires as one SVG under the bricks, in the colour of their type. */
/** @import { Point } from "../elements/routing.js" */
/** @import { Wire } from "../document/types.js" */
/** @import { State } from "../state/types.js" */
/** @import { WallGeometry } from "./wall-geometry.js" */
import { find, outputAt, owner, portName } from "../document/workflow.js";
import { wireColour } from "../state/selectors/kinds.js";
import { currentTask } from "../state/selectors/tasks.js";
import { wireName } from "../state/selectors/wires.js";
import { svg } from "../elements/dom.js";
import { pathOf, Router } from "../elements/routing.js";

const BEND = 28; // of a wire that is dragged
const NEAR = 9; // pixels beside a wire that belong to it
const SAMPLE = 6; // pixels of a wire between two measured points

export class Wires {
  element = svg("svg", { class: "wires", role: "group", "aria-label": "Wires" });
  /** @type {Map<string, SVGPathElement>} by "from to" */
  #paths = new Map();
  /** @type {Map<string, string>} what each path shows */
  #looks = new Map();
  /** @type {readonly Wire[]} */
  #wires = [];
  /** @type {State | null} */
  #state = null;
  #frame = 0;
  /** @type {SVGPathElement | null} */
  #loose = null;
  /** @type {{ brick: string, dx: number, dy: number } | null} */
  #dragged = null;
  /** The wire that takes the focus of a removed one, once it is drawn. @type {Wire | undefined} */
  #heir;

  /** @param {WallGeometry} geometry @param {() => void} drawn called after each drawing */
  constructor(geometry, drawn) {
    this.geometry = geometry;
    this.drawn = drawn;
  }

  /** @param {State} state */
  show(state) {
    this.#state = state;
    const wires = [...state.workflow.wires];
    const keys = new Set(wires.map(keyOf));
    for (const [key, path] of this.#paths) {
      if (keys.has(key)) continue;
      if (path === document.activeElement) this.#heir = wires.find((wire) => !this.#paths.has(keyOf(wire)) && key.split(" ").some((end) => end === wire.from || end === wire.to));
      path.remove();
      this.#paths.delete(key);
      this.#looks.delete(key);
    }
    this.#wires = wires;
    for (const wire of wires) this.#drawLook(wire, state);
    this.draw();
  }

  /** Focuses a wire; false where the screen has no room for wires. @param {Wire} wire */
  focus(wire) {
    const path = this.#paths.get(keyOf(wire));
    if (!path?.hasAttribute("d") || !this.#state) return false;
    path.setAttribute("aria-label", wireName(this.#state, wire)); // bricks may have come or gone
    path.focus();
    path.scrollIntoView({ block: "nearest", inline: "nearest" });
    return true;
  }

  /** Opens the context menu of a wire as the Menu key does. @param {Wire} wire */
  openMenu(wire) {
    return !this.#paths.get(keyOf(wire))?.dispatchEvent(new MouseEvent("contextmenu", { bubbles: true, cancelable: true, button: -1 }));
  }

  /** Schedules drawing for the next frame. */
  draw() {
    if (this.#frame) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      this.geometry.update();
      this.#drawPaths();
      this.drawn();
      if (this.#heir) this.focus(this.#heir);
      this.#heir = undefined;
    });
  }

  /**
   * Moves the wires of a dragged brick with it.
   * @param {{ brick: string, dx: number, dy: number } | null} dragged null ends it
   */
  drag(dragged) {
    this.#dragged = dragged;
    this.draw();
  }

  /**
   * The middle of a port, in the wall's own coordinates.
   * @param {string} end
   * @param {"in" | "out"} side
   */
  at(end, side) {
    const at = this.geometry.end(owner(end), side, portName(end));
    if (!at || this.#dragged?.brick !== owner(end)) return at;
    return { ...at, x: at.x + this.#dragged.dx, y: at.y + this.#dragged.dy };
  }

  /** The position of a pointer in the wall's own coordinates. @param {PointerEvent} event @returns {Point} */
  pointer(event) {
    const frame = this.element.getBoundingClientRect();
    return { x: (event.clientX - frame.left) / this.geometry.scale, y: (event.clientY - frame.top) / this.geometry.scale };
  }

  /**
   * The wire at a point of the window, "from to"; empty where none is near.
   * @param {Point} at
   */
  near(at) {
    const frame = this.element.getBoundingClientRect();
    const { scale } = this.geometry;
    const point = { x: (at.x - frame.left) / scale, y: (at.y - frame.top) / scale };
    let [nearest, least] = ["", NEAR / scale];
    for (const [key, path] of this.#paths) {
      const away = path.getAttribute("d") ? distance(path, point) : Infinity;
      if (away < least) [nearest, least] = [key, away];
    }
    return nearest;
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
    this.#loose.setAttribute("d", freePath(from, to));
  }

  #drawPaths() {
    const stacked = this.geometry.columns.length > 1 && this.geometry.columns[0]?.left === this.geometry.columns[1]?.left;
    const router = new Router(this.geometry.columns);
    for (const wire of this.#wires) {
      const path = this.#paths.get(keyOf(wire));
      const from = stacked ? null : this.at(wire.from, "out");
      const to = stacked ? null : this.at(wire.to, "in");
      const moved = this.#dragged && [owner(wire.from), owner(wire.to)].includes(this.#dragged.brick);
      const route = from && to && (moved ? freePath(from, to) : pathOf(from, router.route(from, to)));
      if (!path || path.getAttribute("d") === (route || null)) continue;
      if (route) path.setAttribute("d", route);
      else path.removeAttribute("d");
    }
  }

  /** @param {string} key @param {string} label */
  #path(key, label) {
    return svg("path", { class: "wire", "data-wire": key, tabindex: -1, role: "button", "aria-haspopup": "menu", "aria-label": label });
  }

  /** Draws colour and state of a wire. @param {Wire} wire @param {State} state */
  #drawLook(wire, state) {
    const key = keyOf(wire);
    let path = this.#paths.get(key);
    if (!path) this.#paths.set(key, (path = this.element.appendChild(this.#path(key, wireName(state, wire)))));
    const colour = wireColour(state, outputAt(state.entries, state.workflow, wire.from)?.type ?? "");
    const flowing = currentTask(state, owner(wire.to))?.status === "running";
    const bypassed = [wire.from, wire.to].some((end) => find(state.workflow, owner(end))?.bypassed);
    const look = `${colour} ${flowing} ${bypassed}`;
    if (this.#looks.get(key) === look) return;
    this.#looks.set(key, look);
    path.style.setProperty("--p", colour);
    path.classList.toggle("flowing", flowing);
    path.classList.toggle("bypassed", bypassed);
  }
}

/** The distance of a point from a wire. @param {SVGPathElement} path @param {Point} point */
function distance(path, point) {
  const length = path.getTotalLength();
  let least = Infinity;
  for (let at = 0; at <= length; at += SAMPLE) {
    const { x, y } = path.getPointAtLength(at);
    least = Math.min(least, Math.hypot(x - point.x, y - point.y));
  }
  return least;
}

/** @param {Wire} wire */
function keyOf({ from, to }) {
  return `${from} ${to}`;
}

/**
 * A curve over the bricks, for what is dragged.
 * @param {Point} from
 * @param {Point} to
 */
function freePath(from, to) {
  const bend = Math.max(BEND, Math.abs(to.x - from.x) / 2);
  return `M${from.x} ${from.y}C${from.x + bend} ${from.y} ${to.x - bend} ${to.y} ${to.x} ${to.y}`;
}
