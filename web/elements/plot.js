/**
 * A plot over time: lines with their range, bands for spans, marks for moments, a text alternative
 * and a reading at the pointer or the arrow keys.
 *
 * @import { Mark } from "./plot-marks.js"
 *
 * @typedef {(number | null)[]} Values
 * @typedef {{ label: string, kind: number, values: Values, low?: Values, high?: Values, text: (value: number) => string, maximum?: number | null, minimum?: number | undefined, sparse?: boolean | undefined, points?: boolean | undefined }} Line `sparse`: measured now and then, so that points are joined; `points`: points alone; `minimum`, of the first line: the value below, 0 by default
 * @typedef {{ from: number, to: number, label: string, state?: string }} Band a span, in milliseconds
 * @typedef {{ times: number[], lines: Line[], bands?: Band[], marks?: Mark[], time: (at: number) => string }} PlotData times in milliseconds
 */
import { h, say, svg } from "./dom.js";
import { markElement, markNear, marksBetween, nextMark } from "./plot-marks.js";

const WIDTH = 600;
const HEIGHT = 120;
const GRID = [0, 0.25, 0.5, 0.75, 1];

export class Plot {
  #svg = svg("svg", { class: "plot-area", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" });
  #legend = h("div", { class: "plot-legend" });
  #top = h("span", { class: "plot-top" });
  #bottom = h("span", { class: "plot-bottom" });
  #axis = h("div", { class: "plot-axis", "aria-hidden": "true" });
  #reading = h("p", { class: "plot-reading", role: "status" });
  #marks = h("div", { class: "plot-marks", "aria-hidden": "true" });
  #frame = h("div", { class: "plot-frame", tabindex: 0, role: "img" }, this.#svg, this.#top, this.#bottom, this.#marks);
  /** @type {Mark[]} */
  #shown = [];
  /** The mark that is read. @type {Mark | undefined} */
  #mark;
  /** @type {PlotData | null} */
  #data = null;
  #at = -1;

  /** @param {string} title */
  constructor(title) {
    this.title = title;
    this.element = h("figure", { class: "plot" }, h("figcaption", {}, h("strong", {}, title), this.#legend), this.#frame, this.#axis, this.#reading);
    this.#frame.addEventListener("pointermove", (event) => {
      const { left, width } = this.#frame.getBoundingClientRect();
      this.#point((event.clientX - left) / (width || 1));
    });
    this.#frame.addEventListener("pointerleave", () => this.#read(-1));
    this.#frame.addEventListener("keydown", (event) => this.#key(event));
    this.#frame.addEventListener("blur", () => this.#read(-1));
  }

  /** @param {PlotData} data */
  draw(data) {
    this.#data = data;
    const scale = scaleOf(data.lines);
    const place = placesOf(data);
    this.#svg.replaceChildren(
      ...GRID.map((part) => svg("line", { class: "plot-grid", x1: 0, x2: WIDTH, y1: part * HEIGHT, y2: part * HEIGHT })),
      ...(data.bands ?? []).map((band) => bandOf(band, place)),
      ...data.lines.flatMap((line) => shapesOf(line, scale)),
      svg("line", { class: "plot-cursor", y1: 0, y2: HEIGHT, x1: -9, x2: -9 }),
    );
    const [first] = data.lines;
    say(this.#top, first ? first.text(scale.high) : "");
    say(this.#bottom, first?.minimum === undefined ? "" : first.text(scale.low));
    this.#legend.replaceChildren(...data.lines.map(({ label, kind }) => h("span", { class: "plot-key", "data-kind": kind }, label)));
    const [start, end] = [data.times[0] ?? 0, data.times.at(-1) ?? 0];
    this.#axis.replaceChildren(...[0, 0.5, 1].map((part) => h("span", {}, data.time(start + part * (end - start)))));
    this.#shown = marksBetween(data.marks ?? [], start, end);
    this.#marks.replaceChildren(...this.#shown.map((mark) => markElement(mark, (mark.at - start) / (end - start || 1))));
    const moments = this.#shown.length ? ` ${this.#shown.length} marked moments: arrow up and down read them.` : "";
    this.#frame.setAttribute("aria-label", `${this.title}. ${data.lines.map((line) => summaryOf(line, data)).join(" ")}${moments}`);
    if (this.#at >= 0) this.#read(this.#at);
  }

  /** @param {number} part of the width */
  #point(part) {
    const { times } = this.#data ?? { times: [] };
    const [start, end] = [times[0] ?? 0, times.at(-1) ?? 0];
    this.#mark = markNear(this.#shown, start + part * (end - start), end - start);
    this.#read(Math.max(0, Math.min(times.length - 1, Math.round(part * (times.length - 1)))));
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const last = (this.#data?.times.length ?? 0) - 1;
    const step = { ArrowUp: /** @type {const} */ (-1), ArrowDown: /** @type {const} */ (1) }[event.key];
    if (step) return this.#readMark(step, event);
    this.#mark = undefined;
    const from = this.#at < 0 ? last : this.#at;
    /** @type {Record<string, number>} */
    const next = { ArrowLeft: from - 1, ArrowRight: from + 1, Home: 0, End: last };
    const at = next[event.key];
    if (at === undefined) return;
    event.preventDefault();
    this.#read(Math.max(0, Math.min(last, at)));
  }

  /** Reads the mark before or after the one that is read; from the other end at first. @param {1 | -1} step @param {KeyboardEvent} event */
  #readMark(step, event) {
    const times = this.#data?.times ?? [];
    const [start = 0, end = 0] = [times[0], times.at(-1)];
    const mark = nextMark(this.#shown, this.#mark?.at ?? (step > 0 ? start - 1 : end + 1), step);
    if (!mark) return;
    event.preventDefault();
    this.#mark = mark;
    this.#read(Math.round(((mark.at - start) / (end - start || 1)) * (times.length - 1)));
  }

  /** Shows the values at an index, nothing at -1. @param {number} at */
  #read(at) {
    this.#at = at;
    const data = this.#data;
    const cursor = this.#svg.querySelector(".plot-cursor");
    const x = data && at >= 0 ? (at / Math.max(1, data.times.length - 1)) * WIDTH : -9;
    cursor?.setAttribute("x1", String(x));
    cursor?.setAttribute("x2", String(x));
    if (!data || at < 0) {
      this.#mark = undefined;
      return say(this.#reading, "");
    }
    const time = data.times[at] ?? 0;
    const readings = data.lines.map(({ values, text }) => (values[at] == null ? "–" : text(values[at])));
    const bands = (data.bands ?? []).filter(({ from, to }) => from <= time && time <= to).map(({ label }) => label);
    const words = this.#mark ? [this.#mark.label] : bands;
    say(this.#reading, [data.time(this.#mark?.at ?? time), ...readings, ...words].join(" · "));
  }
}

/** The values below and at the top. @param {Line[]} lines @returns {{ low: number, high: number }} */
function scaleOf(lines) {
  const highest = Math.max(0, ...lines.flatMap(({ values, high }) => (high ?? values).map((value) => value ?? 0)));
  const { maximum, minimum = 0 } = lines[0] ?? {};
  return { low: minimum, high: maximum ?? (highest > 0 ? highest * 1.1 : 1) };
}

/** @param {PlotData} data @returns {(time: number) => number} */
function placesOf({ times }) {
  const [start, end] = [times[0] ?? 0, times.at(-1) ?? 1];
  return (time) => Math.max(0, Math.min(WIDTH, ((time - start) / (end - start || 1)) * WIDTH));
}

/** @param {Band} band @param {(time: number) => number} place */
function bandOf({ from, to, label, state = "" }, place) {
  const title = svg("title");
  title.textContent = label;
  const x = place(from);
  return svg("rect", { class: "plot-band", "data-state": state, x, y: 0, width: Math.max(1.5, place(to) - x), height: HEIGHT }, title);
}

/** The range and the line, interrupted where nothing was measured. @param {Line} line @param {{ low: number, high: number }} scale */
function shapesOf({ values, low, high, kind, sparse, points }, scale) {
  const x = (/** @type {number} */ index) => (index / Math.max(1, values.length - 1)) * WIDTH;
  const y = (/** @type {number} */ value) => HEIGHT - Math.min(1, (value - scale.low) / (scale.high - scale.low)) * HEIGHT;
  const runs = points ? knownOf(values).map((index) => [index]) : sparse ? [knownOf(values)] : runsOf(values);
  const line = runs.map((run) => path(run.map((index) => [x(index), y(values[index] ?? 0)]))).join("");
  const range = runs
    .map((run) => {
      const above = run.map((index) => [x(index), y(high?.[index] ?? values[index] ?? 0)]);
      const below = run.map((index) => [x(index), y(low?.[index] ?? values[index] ?? 0)]).reverse();
      return `${path([...above, ...below])}Z`;
    })
    .join("");
  const dots = (sparse ? knownOf(values).map((index) => [index]) : runs.filter((run) => run.length === 1)).map(([index = 0]) => svg("circle", { class: "plot-dot", "data-kind": kind, cx: x(index), cy: y(values[index] ?? 0), r: 2 }));
  return [svg("path", { class: "plot-range", "data-kind": kind, d: range }), svg("path", { class: "plot-line", "data-kind": kind, d: line }), ...dots];
}

/** Indices of values. @param {Values} values @returns {number[]} */
function knownOf(values) {
  return values.flatMap((value, index) => (value === null ? [] : [index]));
}

/** Indices of neighbours with values. @param {Values} values @returns {number[][]} */
export function runsOf(values) {
  /** @type {number[][]} */
  const runs = [];
  values.forEach((value, index) => {
    if (value === null) return;
    if (index > 0 && values[index - 1] !== null && runs.length) runs.at(-1)?.push(index);
    else runs.push([index]);
  });
  return runs;
}

/** @param {number[][]} points */
function path(points) {
  return points.map(([x = 0, y = 0], index) => `${index ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");
}

/** A line as a sentence, for readers that do not see it. @param {Line} line @param {PlotData} data */
export function summaryOf({ label, values, high, text }, { times, time }) {
  const known = values.filter((value) => value !== null);
  if (!known.length) return `${label}: not measured.`;
  const peaks = (high ?? values).map((value) => value ?? -Infinity);
  const peak = peaks.reduce((best, value, index) => (value > (peaks[best] ?? -Infinity) ? index : best), 0);
  return `${label}: ${text(known.at(-1) ?? 0)} now, highest ${text(peaks[peak] ?? 0)} at ${time(times[peak] ?? 0)}.`;
}
