/** Bricks blocked on user input, and the seeds that keep an image under a mask. */
/** @import { Brick } from "../../document/types.js" */
/** @import { BlockedBrick, State } from "../types.js" */
import { entryNamed, portOfField } from "../../document/lookup.js";
import { feeding, find, owner, portName, wiresInto } from "../../document/workflow.js";
import { tasksOfBrick } from "./tasks.js";

/**
 * The notice of a brick that the last run left blocked, or of the brick whose input is missing.
 * @param {State} state
 * @param {Brick} brick
 * @returns {{ text: string, ready: boolean } | null} `ready` once the input is there
 */
export function blockedNotice(state, brick) {
  const blocked =
    state.blocked.find((row) => row.brick === brick.id) ?? state.blocked.find((row) => row.needs === brick.id);
  if (!blocked || !find(state.workflow, blocked.needs)) return null;
  if (hasInput(state, blocked)) return { text: "Run continues from here. Finished images are kept.", ready: true };
  const text = blocked.brick === brick.id ? `${blocked.detail} ${blocked.fix}` : blocked.fix;
  return { text, ready: false };
}

/** @param {State} state @param {BlockedBrick} blocked */
function hasInput({ entries, workflow }, { brick, needs, field }) {
  const props = find(workflow, needs)?.props ?? {};
  const port = portOfField(entryNamed(entries, find(workflow, brick)?.type), field);
  const wires = port ? feeding(workflow, `${brick}.${port.name}`) : workflow.wires;
  if (brick === needs) return Boolean(props[field]) || (port !== undefined && wires.length > 0);
  return wires.some((wire) => owner(wire.from) === needs && Boolean(props[portName(wire.from)]));
}

/**
 * The random seeds of the images that reach a brick, by the brick that drew each.
 * @param {State} state
 * @param {string} brick
 * @returns {Record<string, number>}
 */
export function randomSeeds(state, brick) {
  const { workflow } = state;
  /** @type {Record<string, number>} */
  const seeds = {};
  const upstream = new Set([brick]);
  for (const id of upstream) {
    for (const { from } of wiresInto(workflow, id)) upstream.add(owner(from));
    const seed = tasksOfBrick(state, id).find((task) => task.outputs.length > 0)?.params.seed;
    if (id !== brick && typeof seed === "number" && !hasFixedSeed(state, id)) seeds[id] = seed;
  }
  return seeds;
}

/** @param {State} state @param {string} id a brick, whose seed may be set over a wire */
function hasFixedSeed({ entries, workflow }, id) {
  const brick = find(workflow, id);
  const port = portOfField(entryNamed(entries, brick?.type), "seed");
  const sources = port ? feeding(workflow, `${id}.${port.name}`).map((wire) => find(workflow, owner(wire.from))) : [];
  return [brick, ...sources].some((holder) => typeof holder?.props.seed === "number");
}
