/** What of the wall waits for a person, and what it takes to draw a picture again as it is. */
/** @import { Brick } from "../../document/types.js" */
/** @import { State, Wait } from "../types.js" */
import { entryNamed, portOfField } from "../../document/lookup.js";
import { feeding, find, owner, portName } from "../../document/workflow.js";
import { ofBrick } from "./tasks.js";

/**
 * What a brick that waits, or that is waited for, has to say since the last run.
 * @param {State} state
 * @param {Brick} brick
 * @returns {{ text: string, ready: boolean } | null} ready once what was missing is there
 */
export function waiting(state, brick) {
  const wait = state.waits.find((each) => each.brick === brick.id) ?? state.waits.find((each) => each.needs === brick.id);
  if (!wait || !find(state.workflow, wait.needs)) return null;
  if (filled(state, wait)) return { text: "Run goes on from here: what is drawn stays.", ready: true };
  const own = wait.brick === brick.id;
  return { text: own ? `${wait.detail} ${wait.fix}` : wait.fix, ready: false };
}

/** @param {State} state @param {Wait} wait whether what it needs has been given meanwhile */
function filled({ workflow }, { needs }) {
  const props = find(workflow, needs)?.props ?? {};
  const outputs = workflow.wires.filter((wire) => owner(wire.from) === needs).map((wire) => portName(wire.from));
  return outputs.some((name) => Boolean(props[name]));
}

/**
 * The seeds that drew what arrives at a brick, where they were left to chance.
 * @param {State} state
 * @param {string} brick
 * @returns {Record<string, number>} by brick
 */
export function luckySeeds(state, brick) {
  const { workflow } = state;
  /** @type {Record<string, number>} */
  const found = {};
  const seen = new Set([brick]);
  for (const id of seen) {
    for (const { from, to } of workflow.wires) {
      if (owner(to) === id) seen.add(owner(from));
    }
    const seed = ofBrick(state, id).find((task) => task.outputs.length > 0)?.params.seed;
    if (id !== brick && typeof seed === "number" && !holdsSeed(state, id)) found[id] = seed;
  }
  return found;
}

/** @param {State} state @param {string} id whether a brick's seed is set, by itself or over a wire */
function holdsSeed({ entries, workflow }, id) {
  const brick = find(workflow, id);
  const entry = entryNamed(entries, brick?.type);
  const port = portOfField(entry, "seed");
  const sources = port ? feeding(workflow, `${id}.${port.name}`).map((wire) => find(workflow, owner(wire.from))) : [];
  return [brick, ...sources].some((each) => typeof each?.props.seed === "number");
}
