/**
 * Ports for a wire with one free end: the one that fits, or the reason why none does.
 *
 * @import { Entry, Workflow } from "./types.js"
 *
 * @typedef {object} LooseWire a wire while it is dragged, by its fixed end
 * @property {string} [from] an output
 * @property {string} [to] an input, where the wire is dragged backwards
 * @property {string} type
 * @property {string} [taken] the input that an existing wire was taken from
 * @property {boolean} [through] a new brick comes between `from` and `taken`
 */
import { entryNamed } from "./lookup.js";
import { feeding, find, fits, inputAt, outputAt, owner } from "./workflow.js";

/**
 * The port of a brick that takes the free end of a wire, a free input before one that has a wire.
 * @param {readonly Entry[]} entries
 * @param {Workflow} workflow
 * @param {LooseWire} wire
 * @param {string} brick
 * @returns {string} an end, empty for none
 */
export function portFor(entries, workflow, { from, to }, brick) {
  const entry = entryNamed(entries, find(workflow, brick)?.type);
  const ends = (from ? entry?.inputs : entry?.outputs)?.map(({ name }) => `${brick}.${name}`) ?? [];
  const fitting = ends.filter((end) => fits(/** @type {Entry[]} */ (entries), workflow, from ?? end, to ?? end));
  return fitting.find((end) => to || !feeding(workflow, end).length) ?? fitting[0] ?? "";
}

/** Reports whether a brick of a type has a port for the free end of a wire. @param {Entry} entry @param {LooseWire} wire */
export function takesWire(entry, { from, type, through = false }) {
  const takes = (from ? entry.inputs : entry.outputs).some((port) => port.type === type);
  return takes && (!through || entry.outputs.some((port) => port.type === type));
}

/**
 * The reason why an output cannot be connected to an input.
 * @param {readonly Entry[]} entries
 * @param {Workflow} workflow
 * @param {string} from
 * @param {string} to
 */
export function whyNot(entries, workflow, from, to) {
  const all = /** @type {Entry[]} */ (entries);
  const [source, target] = [from, to].map((end) => titleOf(entries, workflow, owner(end)));
  const [given, taken] = [outputAt(all, workflow, from)?.type, inputAt(all, workflow, to)?.type];
  if (given !== taken) return `${source} gives ${given ?? "nothing"}, but this input of ${target} takes ${taken ?? "nothing"}.`;
  return `This wire would close a circle: ${source} comes after ${target} already.`;
}

/** The title of a brick. @param {readonly Entry[]} entries @param {Workflow} workflow @param {string} brick */
export function titleOf(entries, workflow, brick) {
  return entryNamed(entries, find(workflow, brick)?.type)?.title ?? brick;
}
