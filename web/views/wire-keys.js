/**
 * Keys of the wire in focus: walk along the wires, open its menu, remove it, put a brick on it.
 *
 * @import { Wire } from "../document/types.js"
 * @import { State } from "../state/types.js"
 * @import { MakeRequest } from "../state/requests.js"
 * @import { Wires } from "./wires.js"
 */
import { outputAt, owner } from "../document/workflow.js";
import { wiresInOrder } from "../state/selectors/wires.js";
import { WIRE_ACTIONS } from "./brick-actions.js";
import { isPressed } from "./keys.js";

/** @type {Record<string, number>} */
const STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

export class WireKeys {
  /** The brick that the focus came from. */
  #origin = "";

  /** @param {Wires} wires @param {MakeRequest} request @param {(brick: string) => void} focus focuses a brick by its id */
  constructor(wires, request, focus) {
    this.wires = wires;
    this.request = request;
    this.focus = focus;
  }

  /** Focuses the first wire of a brick; false where it has none. @param {string} brick @param {State} state */
  enter(brick, state) {
    const wire = wiresInOrder(state).find(({ from, to }) => [owner(from), owner(to)].includes(brick));
    this.#origin = brick;
    return wire !== undefined && this.wires.focus(wire);
  }

  /** @param {KeyboardEvent} event @param {State} state */
  press(event, state) {
    const key = event.target instanceof SVGPathElement ? (event.target.dataset.wire ?? "") : "";
    const order = wiresInOrder(state);
    const index = order.findIndex(({ from, to }) => `${from} ${to}` === key);
    const wire = order[index];
    if (!wire || event.defaultPrevented || !this.#perform(event, wire, order, index, state)) return;
    event.preventDefault();
    event.stopPropagation(); // a brick or the wall has actions on the same keys
  }

  /** @param {KeyboardEvent} event @param {Wire} wire @param {Wire[]} order @param {number} index @param {State} state */
  #perform(event, wire, order, index, state) {
    const step = event.ctrlKey || event.metaKey || event.altKey ? 0 : (STEPS[event.key] ?? 0);
    if (step) return this.wires.focus(/** @type {Wire} */ (order[(index + step + order.length) % order.length]));
    if (event.key === "Escape") return this.#leave(wire);
    if (event.key === "Enter" || event.key === " ") return this.wires.openMenu(wire);
    const action = WIRE_ACTIONS.find((item) => isPressed(item, event, state.keys));
    if (!action) return false;
    const [name, detail] = action.request({ ...wire, type: outputAt(state.entries, state.workflow, wire.from)?.type ?? "" });
    if (action.leaves) this.#leave(wire);
    this.request(name, detail);
    return true;
  }

  /** @param {Wire} wire */
  #leave({ from, to }) {
    this.focus([owner(from), owner(to)].includes(this.#origin) ? this.#origin : owner(to));
    return true;
  }
}
