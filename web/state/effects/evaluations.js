/** Evaluations: their list, the open one while it goes on, its start from a training, and votes. */
/** @import { Context } from "./context.js" */
/** @import { EvaluationsState } from "../evaluations.js" */
import { Problem } from "../api.js";
import { OPERATION } from "../evaluations.js";
import { Newest } from "../newest.js";
import { mergeTasks, unfinished } from "../selectors/tasks.js";

const DELAY = 700; // milliseconds between two readings of an evaluation that goes on
const PATH = "/evaluations";

const [lists, details] = [new Newest(), new Newest()];
let timer = 0;
let changed = false; // an evaluation has begun or ended since the list was read

/** @param {Context} context @param {Partial<EvaluationsState>} change */
function setEvaluations({ store }, change) {
  store.set({ evaluations: { ...store.state.evaluations, ...change } });
}

/** @param {Context} context @param {Newest} answers @param {() => Promise<Partial<EvaluationsState>>} read */
async function load(context, answers, read) {
  try {
    const change = await answers.of(read);
    if (change) setEvaluations(context, { ...change, problem: "" });
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    setEvaluations(context, { problem: [error.message, error.fix].join(" ") });
  }
}

/** @param {Context} context @param {string} id */
function loadOne(context, id) {
  return load(context, details, async () => ({ open: await context.api.call("GET", `${PATH}/${encodeURIComponent(id)}`) }));
}

/** Reads the open evaluation after a while, and the list where it has changed. @param {Context} context */
function loadSoon(context) {
  timer ||= setTimeout(() => {
    const { open } = context.store.state.evaluations;
    if (changed) void evaluationEffects["open-evaluations"](context);
    if (open) void loadOne(context, open.task_id);
    timer = 0;
    changed = false;
  }, DELAY);
}

/** @satisfies {Partial<import("./context.js").Effects>} */
export const evaluationEffects = {
  "open-evaluations": (context) => load(context, lists, async () => ({ items: (await context.api.call("GET", `${PATH}?limit=100`)).items })),

  "open-evaluation": async (context, { id }) => {
    if (!id) {
      details.drop();
      setEvaluations(context, { open: null });
      return;
    }
    await loadOne(context, id);
    const { open } = context.store.state.evaluations;
    if (open && unfinished(open)) loadSoon(context); // its events before this moment were not for a shown one
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
    if (open?.task_id !== id) return;
    details.drop(); // they were asked for before the vote
    setEvaluations(context, { open: { ...open, votes } });
  },
};

/** @param {Context} context @param {{ type: string, data: any }} event */
export function applyEvaluationEvent(context, { type, data }) {
  const { place, training, evaluations } = context.store.state;
  const known = type === "missed" || (type === "task" ? data.operation === OPERATION : type === "progress" && data.task_id === evaluations.open?.task_id);
  if (place !== "training" || training.tab !== "evaluations" || !known) return;
  changed ||= type !== "progress";
  loadSoon(context);
}
