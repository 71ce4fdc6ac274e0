/** The LoRA lab: its forms, their tasks, and the library after one has made a LoRA. */
/** @import { Context } from "./context.js" */
/** @import { LabState } from "../lab.js" */
import { entryNamed } from "../../document/lookup.js";
import { Problem } from "../api.js";
import { filled } from "../lab.js";
import { mergeTasks } from "../selectors/tasks.js";
import { formProblems } from "../training.js";

/** @param {Context} context @param {Partial<LabState>} change */
function setLab({ store }, change) {
  store.set({ lab: { ...store.state.lab, ...change } });
}

/** @param {Context} context @param {string} operation @param {{ field: string, detail: string }[]} problems */
function setProblems(context, operation, problems) {
  setLab(context, { problems: { ...context.store.state.lab.problems, [operation]: problems } });
}

/** @satisfies {Partial<import("./context.js").Effects>} */
export const labEffects = {
  "open-lab": (context, { operation, values }) => {
    const { training } = context.store.state;
    context.store.set({ training: { ...training, tab: "lab" } });
    setLab(context, { operation });
    if (values) labEffects["change-lab"](context, { operation, values });
  },

  "change-lab": (context, { operation, values }) => {
    const { lab } = context.store.state;
    setLab(context, { values: { ...lab.values, [operation]: { ...lab.values[operation], ...values } } });
    setProblems(context, operation, (lab.problems[operation] ?? []).filter(({ field }) => !(field in values)));
  },

  "run-lab": async (context, { operation }) => {
    setProblems(context, operation, []);
    try {
      const { task_id: id } = await context.api.call("POST", `/${operation}`, filled(context.store.state.lab.values[operation] ?? {}));
      const task = await context.api.task(id);
      context.store.set({ tasks: mergeTasks(context.store.state, [task]) });
      setLab(context, { tasks: { ...context.store.state.lab.tasks, [operation]: id } });
      context.live.queue.soon();
      if (task.finished_at) await readLoras(context);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (!error.status || error.status >= 500) throw error;
      setProblems(context, operation, formProblems(error, null));
    }
  },
};

/** @param {Context} context */
async function readLoras(context) {
  context.store.set({ loras: (await context.api.loras()).items });
}

/** Read the LoRAs again when the lab has made one. @param {Context} context @param {{ type: string, data: any }} event */
export function applyLabEvent(context, { type, data }) {
  if (type !== "task" || data.status !== "completed" || !entryNamed(context.store.state.entries, data.operation)?.in_lab) return;
  void readLoras(context).catch(() => undefined); // offline: the next load of the page reads them
}
