/**
 * Random seeds that a run on change keeps: the seed of a brick stays until the brick itself, or the
 * settings that feed it, change. Bricks before an edit so come from the cache, and the effect of the
 * edit is seen on the same noise.
 *
 * @import { Brick, Workflow } from "../document/types.js"
 * @import { State } from "./types.js"
 */
import { entryNamed } from "../document/lookup.js";
import { find, owner, setProps, wiresInto } from "../document/workflow.js";

/** @typedef {{ brick: string, content: string }} Seeded an operation whose seed is random */

export class KeptSeeds {
  /** @type {Map<string, { content: string, task: string }>} the last run of each brick */
  #runs = new Map();

  /**
   * Notes the tasks of a run.
   * @param {State} state
   * @param {Workflow} workflow as it ran
   * @param {Record<string, string>} tasks by brick
   */
  note(state, workflow, tasks) {
    for (const { brick, content } of randomlySeeded(state, workflow)) {
      const task = tasks[brick];
      if (task) this.#runs.set(brick, { content, task });
    }
  }

  /** The workflow of a state with the seeds of the last run where its brick is unchanged. @param {State} state @returns {Workflow} */
  keep(state) {
    let workflow = state.workflow;
    for (const { brick, content } of randomlySeeded(state, workflow)) {
      const run = this.#runs.get(brick);
      const seed = run?.content === content ? state.tasks[run.task]?.params?.seed : undefined;
      if (typeof seed === "number") workflow = setProps(workflow, brick, { seed });
    }
    return workflow;
  }
}

/**
 * The operations whose seed is random, with what decides it: their own values, and those of the
 * values that give them a seed.
 * @param {State} state
 * @param {Workflow} workflow
 * @returns {Seeded[]}
 */
function randomlySeeded({ entries }, workflow) {
  const hasSeed = (/** @type {Brick | undefined} */ brick) => "seed" in (entryNamed(entries, brick?.type)?.schema.properties ?? {});
  return workflow.bricks
    .filter((brick) => entryNamed(entries, brick.type)?.kind === "operation" && hasSeed(brick))
    .flatMap((brick) => {
      const before = wiresInto(workflow, brick.id).flatMap((wire) => find(workflow, owner(wire.from)) ?? []);
      const holders = [brick, ...before.filter((value) => entryNamed(entries, value.type)?.kind === "value" && hasSeed(value))];
      if (holders.some(({ props }) => typeof props.seed === "number")) return [];
      return [{ brick: brick.id, content: JSON.stringify(holders.map(({ id, type, props }) => [id, type, props])) }];
    });
}
