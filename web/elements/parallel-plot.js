/** Parallel coordinates: an axis for each setting, a line for each trial, the best of them marked. */
import { h, svg } from "./dom.js";

const WIDTH = 600;
const HEIGHT = 200;

/**
 * @typedef {object} ParallelData
 * @property {{ label: string, low: string, high: string }[]} axes from left to right
 * @property {{ label: string, best: boolean, rank: number, places: number[] }[]} lines `rank`: 0 for the worst, 1 for the best; places from 0 below to 1 above
 */

export class ParallelPlot {
  #svg = svg("svg", { class: "plot-area", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" });
  #axes = h("div", { class: "parallel-axes", "aria-hidden": "true" });
  #frame = h("div", { class: "plot-frame parallel-frame", role: "img" }, this.#svg);
  element;

  /** @param {string} title */
  constructor(title) {
    this.title = title;
    this.element = h("figure", { class: "plot parallel" }, h("figcaption", {}, h("strong", {}, title)), this.#frame, this.#axes);
  }

  /** @param {ParallelData} data */
  draw({ axes, lines }) {
    const x = (/** @type {number} */ place) => ((place + 0.5) / Math.max(1, axes.length)) * WIDTH;
    const y = (/** @type {number} */ part) => HEIGHT - 8 - part * (HEIGHT - 16);
    const ordered = lines.toSorted((a, b) => a.rank - b.rank);
    this.#svg.replaceChildren(
      ...axes.map((_, place) => svg("line", { class: "plot-grid", x1: x(place), x2: x(place), y1: 0, y2: HEIGHT })),
      ...ordered.map(({ label, best, rank, places }) => {
        const title = svg("title");
        title.textContent = label;
        const d = places.map((part, place) => `${place ? "L" : "M"}${x(place).toFixed(1)} ${y(part).toFixed(1)}`).join("");
        return svg("path", { class: best ? "parallel-line best" : "parallel-line", d, "stroke-opacity": (0.15 + 0.55 * rank).toFixed(2) }, title);
      }),
    );
    this.#axes.replaceChildren(...axes.map(({ label, low, high }) => h("div", {}, h("span", {}, high), h("strong", {}, label), h("span", {}, low))));
    const best = lines.find((line) => line.best);
    this.#frame.setAttribute("aria-label", `${this.title}: ${lines.length} trials over ${axes.map(({ label }) => label).join(", ")}.${best ? ` Best: ${best.label}.` : ""}`);
  }
}
