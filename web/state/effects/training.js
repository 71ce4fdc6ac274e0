/** Trainings: their list, the open run while it goes on, checkpoints in use, and the form of a new one. */
/** @import { Context } from "./context.js" */
/** @import { FormValues, OpenRun, TrainingFields, TrainingForm, TrainingState } from "../training.js" */
import { readEntry } from "../../document/schema.js";
import { Problem } from "../api.js";
import { Debounce } from "../debounce.js";
import { Newest } from "../newest.js";
import { mergeTasks } from "../selectors/tasks.js";
import { NO_FORM, OPERATION, formOf, formProblems, mergeValues, parametersOf, scoresOf } from "../training.js";

const DELAY = 700; // milliseconds between two readings of a run that goes on
const PATH = "/training/runs";
const PAUSE = 400; // milliseconds without a change before memory and time are estimated

const [lists, details] = [new Newest(), new Newest()];
let timer = 0;
let changed = false; // a training has begun or ended since its list was read

/** @param {Context} context @param {Partial<TrainingState>} change */
function setTraining({ store }, change) {
  store.set({ training: { ...store.state.training, ...change } });
}

/** @param {Context} context @param {Partial<TrainingForm>} change */
function setForm(context, change) {
  setTraining(context, { form: { ...context.store.state.training.form, ...change } });
}

/** @param {Context} context @param {string} id @param {Partial<OpenRun>} change */
function setOpen(context, id, change) {
  const { open } = context.store.state.training;
  if (open?.id === id) setTraining(context, { open: { ...open, ...change } });
}

/** @param {Context} context */
async function loadRuns(context) {
  try {
    const list = await lists.of(() => context.api.call("GET", `${PATH}?limit=100&search=`));
    if (list) setTraining(context, { runs: list.items, problem: "" });
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    setTraining(context, { problem: [error.message, error.fix].join(" ") });
  }
}

/** Reads the open run and its newest values. @param {Context} context @param {string} id */
async function loadRun(context, id) {
  const known = context.store.state.training.open?.values.loss?.at(-1)?.[0] ?? 0;
  try {
    const path = `${PATH}/${encodeURIComponent(id)}`;
    const answer = await details.of(() => Promise.all([context.api.call("GET", path), context.api.call("GET", `${path}/values?after=${known - 2 < 0 ? -1 : known - 2}`)]));
    if (!answer) return;
    const [run, { values }] = answer;
    const before = context.store.state.training.open?.values ?? {};
    setOpen(context, id, { run, values: mergeValues(before, values), problem: "" });
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    setOpen(context, id, { problem: [error.message, error.fix].join(" ") });
  }
}

/** Reads the scores of the newest evaluation of a run. @param {Context} context @param {string} id */
async function loadScores(context, id) {
  const { items } = await context.api.call("GET", `/evaluations?run_id=${encodeURIComponent(id)}&limit=100`);
  // A prompt that was tried alone scores nothing.
  const done = items.find((/** @type {{ status: string, rows: number }} */ { status, rows }) => status === "completed" && rows > 1);
  const { report } = done ? await context.api.call("GET", `/evaluations/${encodeURIComponent(done.task_id)}`) : { report: null };
  setOpen(context, id, { scores: report && scoresOf(report) });
}

/** The fields of a preset for a base model. @param {Context} context @param {FormValues} values @returns {Promise<TrainingFields>} */
export async function readFields(context, { preset, model }) {
  const query = new URLSearchParams(Object.entries({ preset, model }).flatMap(([name, value]) => (value ? [[name, String(value)]] : [])));
  const fields = await context.api.call("GET", `/training/configuration?${query}`);
  const sections = fields.sections.map((/** @type {import("../../document/types.js").Entry} */ section) => readEntry(section));
  return { ...fields, sections };
}

/** Reads the fields of the preset for the base model. @param {Context} context */
async function loadFields(context) {
  const { form } = context.store.state.training;
  try {
    setForm(context, { fields: await readFields(context, form.values) });
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const { fields } = context.store.state.training.form;
    setForm(context, { problems: formProblems(error, fields) });
  }
}

/** Estimates memory and time of the training in the form. @param {Context} context */
async function estimate(context) {
  const { form } = context.store.state.training;
  if (!form.values.dataset) return setForm(context, { estimate: null });
  try {
    const { sentence, fit } = await context.api.call("POST", "/training/estimate", parametersOf(form));
    setForm(context, { estimate: { fits: fit.fits, sentence } });
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    setForm(context, { estimate: null }); // a mistake is shown at its field when the training starts
  }
}

const estimating = new Debounce(estimate, PAUSE);

/** @satisfies {Partial<import("./context.js").Effects>} */
export const trainingEffects = {
  "show-training": (context, { tab }) => setTraining(context, { tab }),

  "open-runs": (context) => loadRuns(context),

  "open-run": async (context, { id }) => {
    setTraining(context, { tab: "runs", open: id ? { id, run: null, values: {}, problem: "" } : null });
    if (id) await Promise.all([loadRun(context, id), loadScores(context, id).catch(() => undefined)]); // a run is shown without scores too
  },

  "use-checkpoint": async (context, { run, step }) => {
    const { lora } = await context.api.call("POST", `${PATH}/${encodeURIComponent(run)}/checkpoints/${step}/use`, {});
    context.store.set({ loras: (await context.api.loras()).items });
    context.store.toast("good", `“${lora}” is in the list of LoRAs.`, "Choose it in a LoRAs brick on the wall.");
  },

  "test-prompt": async (context, { run, prompt, step, weight, seed }) => {
    const params = { prompts: prompt.replaceAll(/\s+/g, " "), weights: String(weight), seed, seeds: 1, dataset: "" };
    const { task_id: id } = await context.api.call("POST", "/evaluations", { run_id: run, steps: [step], params });
    const task = await context.api.task(id);
    context.store.set({ tasks: mergeTasks(context.store.state, [task]) });
    context.live.queue.soon();
    const tests = context.store.state.training.open?.tests ?? [];
    setOpen(context, run, { tests: [{ id, prompt, step, weight, seed }, ...tests] });
  },

  "new-training": async (context, { params }) => {
    setTraining(context, { tab: "new", form: { ...NO_FORM, fields: context.store.state.training.form.fields, ...formOf(params) } });
    await loadFields(context);
    estimating.schedule(context);
  },

  "load-training-form": async (context) => {
    await loadFields(context);
    estimating.schedule(context);
  },

  "change-training": async (context, { section, values }) => {
    const { form } = context.store.state.training;
    estimating.schedule(context);
    const problems = form.problems.filter((problem) => problem.section !== section || !(problem.field in values));
    if (section) {
      setForm(context, { problems, sections: { ...form.sections, [section]: { ...form.sections[section], ...values } } });
      return;
    }
    setForm(context, { problems, values: { ...form.values, ...values } });
    if ("preset" in values || "model" in values) await loadFields(context);
  },

  "start-training": async (context) => {
    const { form } = context.store.state.training;
    setForm(context, { busy: true, problems: [] });
    try {
      const { task_id: id } = await context.api.call("POST", `/${OPERATION}`, parametersOf(form));
      const task = await context.api.task(id);
      context.store.set({ tasks: mergeTasks(context.store.state, [task]) });
      context.live.queue.soon();
      setForm(context, NO_FORM);
      await Promise.all([trainingEffects["open-run"](context, { id }), loadRuns(context)]);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (!error.status || error.status >= 500) throw error;
      setForm(context, { problems: formProblems(error, form.fields) });
    } finally {
      setForm(context, { busy: false });
    }
  },

  "load-lookup": async (context, { path }) => {
    const { items } = await context.api.call("GET", path);
    context.store.set({ lookups: { ...context.store.state.lookups, [path]: items } });
  },
};

/** @param {Context} context @param {{ type: string, data: any }} event */
export function applyTrainingEvent(context, { type, data }) {
  const { place, training } = context.store.state;
  const known = type === "missed" || (type === "task" ? data.operation === OPERATION : type === "progress" && data.task_id === training.open?.id);
  if (place !== "training" || training.tab !== "runs" || !known) return;
  changed ||= type !== "progress";
  timer ||= setTimeout(() => {
    const { open } = context.store.state.training;
    if (open) void loadRun(context, open.id);
    if (changed) void loadRuns(context);
    timer = 0;
    changed = false;
  }, DELAY);
}
