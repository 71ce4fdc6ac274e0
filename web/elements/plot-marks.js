/**
 * Marks on a plot: moments such as the start, the end or the failure of a task. Moments that fall on
 * the same few pixels are one mark.
 *
 * @typedef {"start" | "end" | "failed" | "yield"} MarkKind
 * @typedef {{ at: number, label: string, kind: MarkKind }} Mark a moment, in milliseconds
 */
import { h } from "./dom.js";

const APART = 0.012; // of the width, between two marks
const NAMED = 3; // moments that a mark of several names
const NEAR = 0.015; // of the width, at which a mark is read

/**
 * The marks between two times, in their order.
 * @param {readonly Mark[]} marks
 * @param {number} start
 * @param {number} end
 * @returns {Mark[]}
 */
export function marksBetween(marks, start, end) {
  const inside = marks.filter(({ at }) => start <= at && at <= end).toSorted((a, b) => a.at - b.at);
  /** @type {Mark[][]} */
  const groups = [];
  for (const mark of inside) {
    const last = groups.at(-1);
    if (last?.[0] && mark.at - last[0].at < APART * (end - start)) last.push(mark);
    else groups.push([mark]);
  }
  return groups.map((group) => {
    const [first = inside[0]] = group;
    const more = group.length - NAMED;
    const labels = group.slice(0, NAMED).map(({ label }) => label);
    const kind = group.some((mark) => mark.kind === "failed") ? "failed" : (first?.kind ?? "start");
    return { at: first?.at ?? start, kind, label: [...labels, ...(more > 0 ? [`and ${more} more`] : [])].join(", ") };
  });
}

/**
 * The mark after or before a time; undefined where there is none.
 * @param {readonly Mark[]} marks in their order
 * @param {number} time
 * @param {1 | -1} step
 */
export function nextMark(marks, time, step) {
  return step > 0 ? marks.find(({ at }) => at > time) : marks.findLast(({ at }) => at < time);
}

/** The mark at a part of the width, if one is near. @param {readonly Mark[]} marks @param {number} time @param {number} length of the whole, milliseconds */
export function markNear(marks, time, length) {
  const near = marks.filter(({ at }) => Math.abs(at - time) <= NEAR * length);
  return near.toSorted((a, b) => Math.abs(a.at - time) - Math.abs(b.at - time))[0];
}

/** @param {Mark} mark @param {number} part of the width, 0 to 1 */
export function markElement({ kind, label }, part) {
  const mark = h("span", { class: "plot-mark", "data-kind": kind, title: label });
  mark.style.setProperty("left", `${(part * 100).toFixed(2)}%`);
  return mark;
}
