/** The measurements of a training as plots over its steps. */
/** @import { Run, Series } from "../../state/training.js" */
/** @import { Line, PlotData } from "../../elements/plot.js" */
import { bestCheckpoint, plotSteps, plotValues } from "../../state/training.js";
import { quantity } from "../../state/words.js";
import { h } from "../../elements/dom.js";
import { Plot } from "../../elements/plot.js";

const fixed = (/** @type {number} */ digits) => (/** @type {number} */ value) => value.toFixed(digits);

/** @type {{ title: string, lines: { name: string, label: string, kind: number, range?: boolean, sparse?: boolean, text: (value: number) => string }[] }[]} */
const PLOTS = [
  {
    title: "Loss",
    lines: [
      { name: "loss", label: "each step", kind: 2, range: true, text: fixed(3) },
      { name: "loss_smoothed", label: "smoothed", kind: 0, text: fixed(3) },
      { name: "validation_loss", label: "validation", kind: 1, sparse: true, text: fixed(3) },
    ],
  },
  { title: "Learning rate", lines: [{ name: "learning_rate", label: "", kind: 0, text: (value) => value.toExponential(1) }] },
  { title: "Speed", lines: [{ name: "steps_per_second", label: "", kind: 3, text: (value) => `${value.toPrecision(2)} steps/s` }] },
  { title: "Memory", lines: [{ name: "memory_gb", label: "", kind: 1, text: (value) => quantity(value.toFixed(1), "GB") }] },
];

export class RunPlots {
  #plots = PLOTS.map(({ title, lines }) => ({ plot: new Plot(title), lines }));
  element = h("section", { class: "run-plots", "aria-label": "Measurements" }, ...this.#plots.map(({ plot }) => plot.element));
  /** @type {Record<string, Series> | null} */
  #drawn = null;

  /** @param {Run} run @param {Record<string, Series>} values */
  draw(run, values) {
    if (values === this.#drawn) return;
    this.#drawn = values;
    const times = plotSteps(run.steps);
    const best = bestCheckpoint(run.checkpoints);
    /** @type {PlotData["marks"]} */
    const marks = (values.yielded ?? []).map(([at]) => ({ at, label: `yielded at step ${at}`, kind: "yield" }));
    const bands = best && best.validation_loss !== null ? [{ from: best.step, to: best.step, label: `lowest validation loss: step ${best.step}`, state: "best" }] : [];
    for (const { plot, lines } of this.#plots) plot.draw({ times, marks, bands, time: (step) => `step ${step}`, lines: lines.map((line) => lineOf(line, values[line.name] ?? [], times)) });
  }
}

/** @param {typeof PLOTS[number]["lines"][number]} line @param {Series} series @param {number[]} times @returns {Line} */
function lineOf({ label, kind, range, sparse, text }, series, times) {
  const { values, low, high } = plotValues(series, times);
  const last = series.at(-1)?.[1];
  const now = last == null ? "" : text(last);
  return { label: [label, now].filter(Boolean).join(" "), kind, values, ...(range ? { low, high } : {}), sparse, text };
}
