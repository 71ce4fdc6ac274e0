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
 * @param {number} scale of the wall on the screen
 * @returns {Map<string, number>} heights by side and name, in CSS pixels of the brick
 */
export function placePorts(brick, scale) {
  const top = brick.getBoundingClientRect().top;
  const folded = brick.matches(".folded, .bypassed");
  const ports = /** @type {HTMLElement[]} */ ([...(brick.querySelector(":scope > .ports")?.children ?? [])]);
  /** @type {Map<string, number>} */
  const heights = new Map();
  for (const side of ["in", "out"]) {
    const own = ports.filter((port) => port.dataset.side === side);
    const room = (brick.clientHeight - 2 * FOLDED_FIRST) / Math.max(1, own.length - 1);
    let lowest = -Infinity;
    own.forEach((port, index) => {
      const name = String(port.dataset.port).split(".").at(-1) ?? "";
      const box = folded ? null : brick.anchor(name)?.getBoundingClientRect();
      const stacked = folded ? FOLDED_FIRST + index * Math.min(FOLDED_APART, room) : FIRST + index * APART;
      const desired = box?.height ? (box.top - top) / scale + Math.min(box.height / scale / 2, 26) : stacked;
      const y = Math.round(folded ? desired : Math.max(desired, lowest + CLOSEST));
      lowest = y;
      heights.set(`${side} ${name}`, y);
    });
  }
  for (const port of ports) {
    const { side, port: end } = port.dataset;
    const y = `${heights.get(`${side} ${String(end).split(".").at(-1)}`)}px`;
    if (port.style.top !== y) port.style.top = y;
  }
  return heights;
}
