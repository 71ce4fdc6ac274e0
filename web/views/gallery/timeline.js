/** The timeline beside the grid: months, each a way to its images. */
/** @import { Group, GridLayout } from "../../elements/grid/layout.js" */
import { h, reconcile, say, show } from "../../elements/dom.js";

const LEAST = 34; // pixels between two labels

/** @typedef {{ key: string, text: string, title: string, group: number, y: number }} Mark */

export class Timeline {
  element = h("nav", { class: "timeline", "aria-label": "Timeline", hidden: true });

  /** @type {Mark[]} */
  #marks = [];
  /** @type {{ layout: GridLayout | null, height: number }} that the marks were made for */
  #made = { layout: null, height: 0 };

  /** @param {(group: number) => void} open scrolls to a group */
  constructor(open) {
    this.open = open;
  }

  /** @param {readonly Group[]} groups days, by their dates @param {GridLayout} layout @param {number} top that is scrolled away */
  draw(groups, layout, top) {
    const height = this.element.parentElement?.clientHeight ?? 0;
    if (layout !== this.#made.layout || height !== this.#made.height) this.#marks = marksOf(groups, layout, height);
    this.#made = { layout, height };
    const marks = this.#marks;
    show(this.element, marks.length > 1);
    if (marks.length < 2) return;
    const now = marks.findLast(({ group }) => (layout.tops[group] ?? 0) <= top + 1) ?? marks[0];
    reconcile(this.element, marks, ({ key }) => key, (mark) => this.#button(mark), (button, mark) => {
      say(button, mark.text);
      button.style.transform = `translateY(${mark.y}px)`;
      button.dataset.group = String(mark.group);
      if (mark === now) button.setAttribute("aria-current", "true");
      else button.removeAttribute("aria-current");
    });
  }

  /** @param {Mark} mark */
  #button({ title }) {
    const button = h("button", { type: "button", title, "aria-label": title });
    button.addEventListener("click", () => this.open(Number(button.dataset.group)));
    return button;
  }
}

/**
 * The labels of months, as many as have room.
 * @param {readonly Group[]} groups
 * @param {GridLayout} layout
 * @param {number} height
 * @returns {Mark[]}
 */
export function marksOf(groups, layout, height) {
  /** @type {Mark[]} */
  const marks = [];
  let month = "";
  let year = groups[0]?.key.slice(0, 4) ?? "";
  groups.forEach(({ key }, group) => {
    if (key.slice(0, 7) === month) return;
    month = key.slice(0, 7);
    const y = Math.round(((layout.tops[group] ?? 0) / Math.max(1, layout.height)) * (height - LEAST)) + 8;
    if (marks.length && y - (marks.at(-1)?.y ?? 0) < LEAST) return;
    const date = new Date(`${month}-01T00:00:00Z`);
    const name = date.toLocaleDateString("en", { timeZone: "UTC", month: "short" });
    const title = date.toLocaleDateString("en", { timeZone: "UTC", month: "long", year: "numeric" });
    const fresh = key.slice(0, 4) !== year;
    year = key.slice(0, 4);
    marks.push({ key: month, text: fresh ? year : name, title: fresh ? `${year}: ${title}` : `${name}: ${title}`, group, y });
  });
  return marks;
}
