/** The machine over time: one plot per quantity, with the tasks that ran as bands. */
/** @import { State } from "../../state/types.js" */
/** @import { MachineHistory, MachineSeries, TaskSpan } from "../../state/system.js" */
/** @import { Mark } from "../../elements/plot-marks.js" */
import { gigabytes, quantity } from "../../state/words.js";
import { h, show } from "../../elements/dom.js";
import { QpElement } from "../../elements/element.js";
import { Plot } from "../../elements/plot.js";

const HOURS = [
  { value: 0.25, text: "15 minutes" },
  { value: 1, text: "1 hour" },
  { value: 6, text: "6 hours" },
  { value: 24, text: "24 hours" },
  { value: 168, text: "7 days" },
];
const REFRESH = 10_000; // milliseconds

export class MachineView extends QpElement {
  #hours = h("select", { class: "well slim", "aria-label": "Time shown" }, ...HOURS.map(({ value, text }) => h("option", { value: String(value) }, text)));
  #plots = h("div", { class: "machine-plots" });
  #empty = h("p", { class: "muted" }, "The first measurements appear within seconds.");
  /** @type {Map<string, Plot>} by series */
  #known = new Map();
  /** @type {MachineHistory | null} */
  #drawn = null;
  #here = false;

  /** @override */
  build() {
    this.#hours.value = "1";
    this.#hours.addEventListener("change", () => this.#load());
    const head = h("header", { class: "section-head" }, h("h2", {}, "Machine"), this.#hours);
    this.append(head, this.#empty, this.#plots);
    this.#load();
  }

  /** @override @param {AbortSignal} signal */
  connected(signal) {
    const timer = setInterval(() => this.#here && !document.hidden && this.#load(), REFRESH);
    signal.addEventListener("abort", () => clearInterval(timer));
  }

  /** @override @param {State} state */
  render({ views: { machine }, place }) {
    this.#here = place === "settings";
    if (machine === this.#drawn || !machine) return;
    this.#drawn = machine;
    show(this.#empty, machine.series.length === 0);
    const times = machine.times.map((time) => Date.parse(time));
    const bands = machine.tasks.map(({ operation, status, started_at, finished_at }) => ({
      from: Date.parse(started_at),
      to: Date.parse(finished_at),
      label: `${operation} ${status}`,
      state: status,
    }));
    const marks = machine.tasks.flatMap(marksOf);
    const time = (/** @type {number} */ at) => moment(at, machine.hours);
    machine.series.forEach((series, index) => this.#plot(series).draw({ times, bands, marks, time, lines: [lineOf(series, index)] }));
  }

  /** @param {MachineSeries} series */
  #plot({ id, label }) {
    const plot = this.#known.get(id) ?? new Plot(label);
    if (!this.#known.has(id)) this.#plots.append(plot.element);
    this.#known.set(id, plot);
    return plot;
  }

  #load() {
    this.request("load-machine", { hours: Number(this.#hours.value) });
  }
}

/** The start and the end of a task. @param {TaskSpan} task @returns {Mark[]} */
export function marksOf({ operation, status, started_at, finished_at }) {
  const name = operation.replaceAll("_", " ");
  const failed = status === "failed";
  return [
    { at: Date.parse(started_at), label: `${name} started`, kind: "start" },
    { at: Date.parse(finished_at), label: `${name} ${failed ? "failed" : status === "completed" ? "ended" : status}`, kind: failed ? "failed" : "end" },
  ];
}

/** @param {MachineSeries} series @param {number} index */
function lineOf({ values, low, high, unit, maximum }, index) {
  const text = (/** @type {number} */ value) => (unit === "bytes" ? quantity(gigabytes(value), "GB") : quantity(Math.round(value), unit));
  const last = values.findLast((value) => value !== null);
  const label = last == null ? "no measurement" : `${text(last)}${unit === "bytes" && maximum ? ` of ${text(maximum)}` : ""}`;
  return { label, kind: index % 4, values, low, high, text, maximum };
}

/** @param {number} at milliseconds @param {number} hours */
function moment(at, hours) {
  /** @type {Intl.DateTimeFormatOptions} */
  const format = hours > 24 ? { weekday: "short", hour: "2-digit", minute: "2-digit" } : { hour: "2-digit", minute: "2-digit" };
  return new Date(at).toLocaleString([], format);
}

customElements.define("qp-machine-view", MachineView);
