/** The ports of a brick: inputs on the left edge, outputs on the right. */
/** @import { Brick, Entry } from "../document/types.js" */
/** @import { State } from "../state/types.js" */
import { fedBy, feeding, find, owner, portTitle } from "../document/workflow.js";
import { wireColour } from "../state/selectors/kinds.js";
import { h, reconcile } from "../elements/dom.js";

const FIRST = 71;
const APART = 30;
const CLOSEST = 20;
const FOLDED_FIRST = 16;
const FOLDED_APART = 14;

/** @typedef {{ name: string, type: string, side: "in" | "out" }} Port */

/**
 * Inputs in the order of their sources, which avoids crossing wires.
 * @param {Brick} brick
 * @param {Entry | undefined} entry
 * @param {State} state
 */
function inputsBySource(brick, entry, state) {
  const height = (/** @type {string} */ name) => {
    const from = feeding(state.workflow, `${brick.id}.${name}`)[0]?.from;
    const source = from && find(state.workflow, owner(from));
    return source ? source.row : Infinity;
  };
  return [...(entry?.inputs ?? [])].sort((a, b) => {
    const [x, y] = [height(a.name), height(b.name)];
    return x === y ? 0 : x - y;
  });
}

/** @param {Port} port @param {Brick} brick @param {Entry | undefined} entry @param {State} state */
function createPort(port, brick, entry, state) {
  const label = h("span", { class: "port-label" }, portTitle(entry, port.name));
  const element = h(
    "span",
    {
      class: `port ${port.side}`,
      "data-port": `${brick.id}.${port.name}`,
      "data-side": port.side,
      "data-type": port.type,
      "aria-hidden": "true",
    },
    label,
  );
  element.style.setProperty("--p", wireColour(state, port.type));
  return element;
}

/**
 * @param {HTMLElement} parent
 * @param {Brick} brick
 * @param {Entry | undefined} entry
 * @param {State} state
 */
export function drawPorts(parent, brick, entry, state) {
  /** @type {Port[]} */
  const ports = [
    ...inputsBySource(brick, entry, state).map((port) => ({ ...port, side: /** @type {const} */ ("in") })),
    ...(entry?.outputs ?? []).map((port) => ({ ...port, side: /** @type {const} */ ("out") })),
  ];
  reconcile(
    parent,
    ports,
    (port) => `${port.side} ${port.name}`,
    (port) => createPort(port, brick, entry, state),
    (element, port) => {
      const end = `${brick.id}.${port.name}`;
      const used =
        port.side === "in"
          ? feeding(state.workflow, end).length > 0
          : fedBy(state.workflow, end).length > 0;
      element.classList.toggle("used", used);
    },
  );
}

/**
 * Places every port beside its field, never two on one spot.
 * @param {HTMLElement & { anchor: (port: string) => Element | null }} brick
 */
export function placePorts(brick) {
  const top = brick.getBoundingClientRect().top;
  const folded = brick.matches(".folded, .bypassed");
  for (const side of ["in", "out"]) {
    let lowest = -Infinity;
    const ports = /** @type {NodeListOf<HTMLElement>} */ (
      brick.querySelectorAll(`:scope > .ports > .port.${side}`)
    );
    ports.forEach((port, index) => {
      const name = String(port.dataset.port).split(".").at(-1) ?? "";
      const box = folded ? null : brick.anchor(name)?.getBoundingClientRect();
      const room = (brick.clientHeight - 2 * FOLDED_FIRST) / Math.max(1, ports.length - 1);
      const stacked = folded ? FOLDED_FIRST + index * Math.min(FOLDED_APART, room) : FIRST + index * APART;
      const desired = box?.height ? box.top - top + Math.min(box.height / 2, 26) : stacked;
      const y = folded ? desired : Math.max(desired, lowest + CLOSEST);
      lowest = y;
      port.style.setProperty("top", `${Math.round(y)}px`);
    });
  }
}
