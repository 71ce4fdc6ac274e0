/** Runs of the workflow, which the server compiles to tasks. */
/** @import { Requests } from "../requests.js" */
/** @import { BrickProblem } from "../types.js" */
/** @import { Context } from "./context.js" */
import { find } from "../../document/workflow.js";
import { Problem } from "../api.js";
import { RUN_ON_CHANGE_KEY, writeSetting } from "../draft.js";
import { tasksOfRun } from "../selectors/tasks.js";

const MAX_RUNS = 12;

/** Ends of the last submissions, by page. @type {WeakMap<Context["store"], Promise<unknown>>} */
const submissions = new WeakMap();

/**
 * The errors of a problem, assigned to the bricks that it names.
 * @param {Problem} problem
 * @param {import("../../document/types.js").Workflow} workflow
 * @returns {BrickProblem[]}
 */
function onBricks(problem, workflow) {
  const rows = problem.errors.length
    ? problem.errors
    : [{ field: problem.field, detail: problem.message, fix: problem.fix }];
  return rows.flatMap((row) => {
    const path = String(row.field ?? "").split(".");
    const brick = "brick" in row && row.brick ? row.brick : path.find((part) => find(workflow, part));
    if (!brick) return [];
    const field = path.filter((part) => part !== brick).at(-1) ?? "";
    return [{ brick, field, detail: row.detail, fix: row.fix ?? "", pull: problem.pull }];
  });
}

/** Submits the workflow; its tasks become results of the bricks. @param {Context} context @param {Requests["run"]} part */
async function submit({ store, api, seeds }, { until, from, keepSeeds = false }) {
  store.set({ starting: true, problems: [], blocked: [] });
  const { wall } = store;
  const { workflow } = store.state;
  try {
    const { tasks, waits: blocked } = await api.run(keepSeeds ? seeds.keep(store.state) : workflow, until, from);
    seeds.note(store.state, workflow, tasks);
    if (store.wall !== wall) return; // the queue lists the tasks of the former workflow
    const results = { ...store.state.results };
    for (const [brick, task] of Object.entries(tasks)) {
      results[brick] = [task, ...(results[brick] ?? [])].slice(0, MAX_RUNS);
    }
    store.set({ results, blocked });
  } catch (error) {
    if (error instanceof Problem) {
      if (store.wall !== wall) return;
      store.set({ problems: onBricks(error, store.state.workflow) });
    }
    throw error;
  } finally {
    store.set({ starting: false });
  }
}

/** @satisfies {Partial<import("./context.js").Effects>} */
export const runEffects = {
  run: async (context, part) => {
    const { store } = context;
    if (store.state.starting) return;
    if (store.state.connection === "offline") {
      store.toast("calm", "Run is off while the server is unreachable.", "Your edits are kept.");
      return;
    }
    const submission = submit(context, part);
    submissions.set(store, submission.catch(() => undefined)); // who runs it shows its problem
    await submission;
  },

  "toggle-run-on-change": ({ store }) => {
    const runOnChange = !store.state.runOnChange;
    store.set({ runOnChange });
    writeSetting(RUN_ON_CHANGE_KEY, String(runOnChange));
    store.toast("calm", runOnChange ? "The workflow runs after each change. A random seed stays until its brick changes." : "The workflow runs only when you press Run.");
  },

  "cancel-run": async ({ store, api }) => {
    await submissions.get(store); // only its answer names the tasks
    const tasks = tasksOfRun(store.state);
    await Promise.all(tasks.map((task) => api.cancel(task.id).catch(() => null)));
    if (tasks.length) store.toast("calm", "Cancelling. Finished images are kept.");
  },
};
