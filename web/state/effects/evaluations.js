/** Evaluations: their list, the open one while it goes on, its start from a training, and votes. */
/** @import { Context } from "./context.js" */
/** @import { EvaluationsState } from "../evaluations.js" */
import { Problem } from "../api.js";
import { OPERATION } from "../evaluations.js";
import { mergeTasks } from "../selectors/tasks.js";

const DELAY = 700; // milliseconds between two readings of an evaluation that goes on
const PATH = "/evaluations";

let timer = 0;

/** @param {Context} context @param {Partial<EvaluationsState>} change */
function setEvaluations({ store }, change) {
  store.set({ evaluations: { ...store.state.evaluations, ...change } });
}

/** @param {Context} context @param {() => Promise<Partial<EvaluationsState>>} read */
async function load(context, read) {
  try {
    setEvaluations(context, { ...(await read()), problem: "" });
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    setEvaluations(context, { problem: [error.message, error.fix].join(" ") });
  }
}

/** @satisfies {Partial<import("./context.js").Effects>} */
export const evaluationEffects = {
  "open-evaluations": (context) => load(context, async () => ({ items: (await context.api.call("GET", `${PATH}?limit=100`)).items })),

  "open-evaluation": async (context, { id }) => {
    if (!id) {
      setEvaluations(context, { open: null });
      return;
    }
    await load(context, async () => ({ open: await context.api.call("GET", `${PATH}/${encodeURIComponent(id)}`) }));
  },

  "start-evaluation": async (context, { run }) => {
    const { task_id: id } = await context.api.call("POST", PATH, { run_id: run });
    const task = await context.api.task(id);
    context.store.set({ tasks: mergeTasks(context.store.state, [task]), training: { ...context.store.state.training, tab: "evaluations" } });
    context.live.queue.soon();
    await Promise.all([evaluationEffects["open-evaluations"](context), evaluationEffects["open-evaluation"](context, { id })]);
  },

  "vote-evaluation": async (context, { id, row, column }) => {
    const { votes } = await context.api.call("POST", `${PATH}/${encodeURIComponent(id)}/votes`, { row, column });
    const { open } = context.store.state.evaluations;
    if (open?.task_id === id) setEvaluations(context, { open: { ...open, votes } });
  },
};

/** @param {Context} context @param {{ type: string, data: any }} event */
export function applyEvaluationEvent(context, { type, data }) {
  const { place, training, evaluations } = context.store.state;
  const known = type === "missed" || (type === "task" ? data.operation === OPERATION : type === "progress" && data.task_id === evaluations.open?.task_id);
  if (place !== "training" || training.tab !== "evaluations" || !known || timer) return;
  timer = setTimeout(() => {
    timer = 0;
    const { open } = context.store.state.evaluations;
    if (type !== "progress") void evaluationEffects["open-evaluations"](context);
    if (open) void evaluationEffects["open-evaluation"](context, { id: open.task_id });
  }, DELAY);
}
