/**
 * The context menu of the wall: of a brick, a wire, an image of a result, or the empty wall. It opens
 * by the right button, the Menu key, and a long press on a touch screen. Its rows come from the
 * registries that the buttons and the keys read.
 *
 * @import { MenuItem } from "../elements/menu.js"
 * @import { MakeRequest } from "../state/requests.js"
 * @import { Picture, State } from "../state/types.js"
 * @import { Wires } from "./wires.js"
 */
import { entryNamed } from "../document/lookup.js";
import { find, outputAt } from "../document/workflow.js";
import { titleOf } from "../document/wiring.js";
import { pictures } from "../state/selectors/tasks.js";
import { endName, reroutes } from "../state/selectors/wires.js";
import { ContextMenu } from "../elements/menu.js";
import { BRICK_ACTIONS, WIRE_ACTIONS } from "./brick-actions.js";
import { IMAGE_ACTIONS } from "./image-actions.js";
import { ACTIONS, isTyping } from "./key-bindings.js";
import { firstKeys } from "./keys.js";

const HOLD = 550; // milliseconds of a long press
const MOST_ENDS = 12; // other ends of a wire in its menu
const STILL = 10; // pixels that a finger may move meanwhile

export class WallMenu {
  #menu = new ContextMenu();
  #timer = 0;
  #held = { x: 0, y: 0 };

  /** @param {HTMLElement} wall @param {Wires} wires @param {MakeRequest} request @param {() => State | null} state */
  constructor(wall, wires, request, state) {
    this.wall = wall;
    this.wires = wires;
    this.request = request;
    this.state = state;
    this.element = this.#menu.element;
  }

  /** @param {AbortSignal} signal */
  enable(signal) {
    const { frame } = this;
    frame.addEventListener("contextmenu", (event) => this.#open(event), { signal });
    frame.addEventListener("pointerdown", (event) => this.#hold(event), { signal, capture: true });
    for (const end of /** @type {const} */ (["pointerup", "pointercancel", "scroll"])) window.addEventListener(end, () => clearTimeout(this.#timer), { signal, capture: true });
    window.addEventListener("pointermove", (event) => Math.hypot(event.clientX - this.#held.x, event.clientY - this.#held.y) > STILL && clearTimeout(this.#timer), { signal });
  }

  /** The element that scrolls, whose empty parts belong to the wall. */
  get frame() {
    return this.wall.parentElement ?? this.wall;
  }

  /** @param {PointerEvent} event */
  #hold(event) {
    clearTimeout(this.#timer);
    if (event.pointerType !== "touch") return;
    this.#held = { x: event.clientX, y: event.clientY };
    this.#timer = setTimeout(() => event.target instanceof Element && this.#show(event.target, this.#held), HOLD);
  }

  /** @param {MouseEvent} event */
  #open(event) {
    clearTimeout(this.#timer);
    if (!(event.target instanceof Element) || event.target.closest(".task, .minimap, .context-menu")) return;
    if (isTyping(event.target) || event.target.closest("a[href]")) return; // the browser's own menu serves texts and links
    event.preventDefault();
    if (this.#menu.isOpen) return;
    const { left, bottom, width, height } = event.target.getBoundingClientRect();
    const byKey = event.button < 0 || (event.clientX === 0 && event.clientY === 0);
    const beside = wireOf(event.target) ? { x: left + width / 2, y: bottom - height / 2 } : { x: left, y: bottom };
    this.#show(event.target, byKey ? beside : { x: event.clientX, y: event.clientY });
  }

  /** @param {Element} target @param {{ x: number, y: number }} at */
  #show(target, at) {
    const state = this.state();
    if (!state || isTyping(target)) return;
    const subject = subjectOf(target);
    const wire = subject.brick ? "" : wireOf(target) || this.wires.near(at);
    const { label, groups } = menuOf(state, wire ? { wire } : subject, (name, detail) => this.request(name, detail));
    this.#menu.open(label, groups, at);
  }
}

/** @typedef {{ brick?: string, wire?: string, image?: string }} Subject `wire`: "from to"; `image`: the address of its picture */

/** The wire that has the focus, "from to". @param {Element} target */
const wireOf = (target) => (target instanceof SVGElement ? (target.dataset.wire ?? "") : "");

/** The part of the wall that an element belongs to. @param {Element} target @returns {Subject} */
export function subjectOf(target) {
  const brick = /** @type {HTMLElement | null} */ (target.closest(".brick"))?.dataset.brick;
  const image = /** @type {HTMLElement | null} */ (target.closest(".picture, .stage-frame")?.querySelector("img[data-source]") ?? null)?.dataset.source;
  return { ...(brick && { brick }), ...(brick && image && { image }) };
}

/**
 * The menu of a part of the wall.
 * @param {State} state
 * @param {Subject} subject
 * @param {MakeRequest} request
 * @returns {{ label: string, groups: MenuItem[][] }}
 */
export function menuOf(state, { wire, brick, image }, request) {
  if (wire) return { label: "Wire", groups: [wireItems(state, wire, request), rerouteItems(state, wire, request)] };
  const picture = image ? pictureAt(state, image) : undefined;
  const groups = brick ? [brickItems(state, brick, request)] : [wallItems(state, request)];
  if (picture) groups.unshift(imageItems(state, picture, request));
  return { label: picture ? "Image" : brick ? `${titleOf(state.entries, state.workflow, brick)} brick` : "Wall", groups };
}

/** The image of a result with an address, its thumbnail's included. @param {State} state @param {string} url */
function pictureAt(state, url) {
  return Object.values(state.tasks)
    .flatMap((task) => pictures(state, task))
    .find(({ output }) => output.url === url || output.thumbnail_url === url);
}

/** @param {State} state @param {Picture} picture @param {MakeRequest} request @returns {MenuItem[]} */
function imageItems(state, picture, request) {
  const enlarge = { label: "Enlarge", icon: /** @type {const} */ ("expand"), perform: () => request("show", { name: "lightbox", pictures: pictures(state, picture.task), index: 0 }) };
  const items = IMAGE_ACTIONS.filter(({ fits }) => fits?.(state, picture) ?? true).map((action) => ({
    label: action.label,
    icon: action.icon,
    perform: () => {
      const [name, detail] = action.request(state, picture);
      request(name, detail);
    },
  }));
  return [enlarge, ...items];
}

/** @param {State} state @param {string} brick @param {MakeRequest} request @returns {MenuItem[]} */
function brickItems(state, brick, request) {
  const entry = entryNamed(state.entries, find(state.workflow, brick)?.type);
  return BRICK_ACTIONS.filter(({ fits }) => fits?.(entry) ?? true).map((action) => ({
    label: action.label,
    icon: action.icon,
    keys: firstKeys(action, state.keys),
    perform: () => {
      if (action.clipboard) copySelected(action.clipboard, state, brick, request);
      const [name, detail] = action.request?.(brick) ?? [];
      if (name && detail) request(name, detail);
    },
  }));
}

/** Copies or cuts a brick, with the selection that holds it. @param {"copy" | "cut"} command @param {State} state @param {string} brick @param {MakeRequest} request */
function copySelected(command, state, brick, request) {
  if (!state.selected.includes(brick)) request("select", { bricks: [brick] });
  document.execCommand(command); // the only way without a permission
}

/** @param {State} state @param {string} wire @param {MakeRequest} request @returns {MenuItem[]} */
function wireItems(state, wire, request) {
  const [from = "", to = ""] = wire.split(" ");
  const type = outputAt(state.entries, state.workflow, from)?.type ?? "";
  return WIRE_ACTIONS.map((action) => ({
    label: action.label,
    icon: action.icon,
    keys: firstKeys(action, state.keys),
    perform: () => {
      const [name, detail] = action.request({ from, to, type });
      request(name, detail);
    },
  }));
}

/** Other inputs and outputs for a wire. @param {State} state @param {string} wire @param {MakeRequest} request @returns {MenuItem[]} */
function rerouteItems(state, wire, request) {
  const [from = "", to = ""] = wire.split(" ");
  return reroutes(state, { from, to })
    .slice(0, MOST_ENDS)
    .map((other) => ({
      label: other.from === from ? `To ${endName(state, other.to, "inputs")}` : `From ${endName(state, other.from, "outputs")}`,
      icon: /** @type {const} */ ("link"),
      perform: () => request("connect", { ...other, ...(other.from === from && { instead: to }) }),
    }));
}

/** @param {State} state @param {MakeRequest} request @returns {MenuItem[]} */
function wallItems(state, request) {
  const offered = ACTIONS.filter(({ icon, group, request: sent }) => icon && group === "Wall" && sent);
  const disabled = /** @type {Record<string, boolean>} */ ({ undo: !state.undoLabel, redo: !state.redoLabel });
  return offered.map((action) => ({
    label: action.label,
    icon: action.icon,
    keys: firstKeys(action, state.keys),
    disabled: disabled[action.id] ?? false,
    perform: () => {
      const [name, detail] = action.request ?? [];
      if (name && detail) request(name, detail);
    },
  }));
}
