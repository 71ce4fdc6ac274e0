/** The facets: values with counts, each a filter; the months as bars. */
/** @import { FacetValue, State } from "../../state/types.js" */
/** @import { MakeRequest } from "../../state/requests.js" */
/** @import { ImageFilter } from "../../document/image-filter.js" */
import { daysOfMonth, isNarrowed, NO_FILTER, toggled, valuesOf, withMonths, withoutTokens, withValues } from "../../document/image-filter.js";
import { datesText } from "../../document/image-tokens.js";
import { facetsOf } from "../../state/selectors/gallery.js";
import { h, reconcile, say, show } from "../../elements/dom.js";
import { icon } from "../../elements/icons.js";

const FEW = 6; // values before "Show all"
const MONTHS = 24;
const MONTHS_OF_PHONE = 6; // bars wide enough for a finger

/** @typedef {{ element: HTMLElement, draw: (values: readonly FacetValue[], filter: ImageFilter) => void }} FacetSection */

export class FacetPanel {
  #bars = h("div", { class: "months", role: "group", "aria-label": "Months" });
  #first = h("span", {});
  #range = h("span", {});
  #dates = section("Date", this.#bars, h("p", { class: "note months-note" }, this.#first, this.#range));
  #list = h("div", { class: "facet-list" });
  #reset = h("button", { type: "button", class: "quiet small facet-reset" }, "Clear the filters");
  #indexing = h("p", { class: "note", role: "status" });
  element = h("div", { class: "facets" }, this.#dates, this.#list, this.#reset, this.#indexing);
  /** @type {WeakMap<HTMLElement, FacetSection>} */
  #sections = new WeakMap();
  /** @type {ImageFilter} */
  #filter = NO_FILTER;

  /** @param {MakeRequest} request */
  constructor(request) {
    this.request = request;
    this.#reset.addEventListener("click", () => this.#search(withoutTokens(this.#filter)));
  }

  /** @param {State} state */
  draw({ gallery }) {
    this.#filter = gallery.list.filter;
    this.#drawMonths(gallery.facets?.months ?? []);
    reconcile(this.#list, facetsOf(gallery), ({ name }) => name, ({ name, title }) => {
      const made = name === "colour" ? this.#colours(title) : this.#values(name, title);
      this.#sections.set(made.element, made);
      return made.element;
    }, (element, { values }) => this.#sections.get(element)?.draw(values, this.#filter));
    show(this.#reset, isNarrowed(this.#filter));
    const { indexing = 0 } = gallery.facets ?? {};
    say(this.#indexing, indexing ? `${indexing.toLocaleString()} images are not searchable yet.` : "");
  }

  /** @param {ImageFilter} filter */
  #search(filter) {
    this.request("search-images", { filter });
  }

  /** @param {{ month: string, count: number }[]} counted newest first */
  #drawMonths(counted) {
    const months = everyMonth(counted).slice(0, innerWidth <= 860 ? MONTHS_OF_PHONE : MONTHS).toReversed();
    show(this.#dates, months.length > 1);
    const [from = ""] = valuesOf(this.#filter, "from");
    const [to = ""] = valuesOf(this.#filter, "to");
    const most = Math.max(1, ...months.map(({ count }) => count));
    reconcile(this.#bars, months, ({ month }) => month, ({ month }) => this.#bar(month), (bar, { month, count }) => {
      bar.style.setProperty("--share", String(count && Math.max(0.06, count / most)));
      const { from: first, to: last } = daysOfMonth(month);
      const on = Boolean(from || to) && (!from || from <= last) && (!to || to >= first);
      bar.setAttribute("aria-pressed", String(on));
      const name = new Date(`${first}T00:00:00Z`).toLocaleDateString("en", { timeZone: "UTC", month: "long", year: "numeric" });
      bar.setAttribute("aria-label", `${name}: ${count.toLocaleString()}`);
      bar.title = `${name}: ${count.toLocaleString()}. Shift extends the range`;
    });
    const [oldest] = months;
    say(this.#first, oldest ? datesText(daysOfMonth(oldest.month).from, daysOfMonth(oldest.month).to) : "");
    const newest = months.at(-1);
    const whole = newest ? datesText(daysOfMonth(newest.month).from, daysOfMonth(newest.month).to) : "";
    say(this.#range, from || to ? datesText(from || undefined, to || undefined) : whole);
  }

  /** @param {string} month */
  #bar(month) {
    const bar = h("button", { type: "button", class: "month" }, h("i", {}));
    bar.addEventListener("click", (event) => {
      const [from = ""] = valuesOf(this.#filter, "from");
      const [to = ""] = valuesOf(this.#filter, "to");
      const { from: first, to: last } = daysOfMonth(month);
      if (event.shiftKey && from) this.#search(withMonths(this.#filter, from.slice(0, 7), month));
      else if (from === first && to === last) this.#search(withValues(withValues(this.#filter, "from", ""), "to", ""));
      else this.#search(withMonths(this.#filter, month, month));
    });
    return bar;
  }

  /** A list of values with counts. @param {string} name @param {string} title @returns {FacetSection} */
  #values(name, title) {
    const list = h("div", { class: "facet-values", role: "group", "aria-label": title });
    const more = h("button", { type: "button", class: "link facet-more" });
    let open = false;
    /** @type {readonly FacetValue[]} */
    let drawn = [];
    const draw = () => {
      const seen = open ? drawn : drawn.filter(({ value }, index) => index < FEW || valuesOf(this.#filter, name).includes(value));
      reconcile(list, seen, ({ value }) => value, ({ value }) => {
        const label = h("span", { class: "facet-label" });
        const button = h("button", { type: "button", class: "facet-value" }, label, h("span", { class: "count" }));
        button.addEventListener("click", () => this.#search(toggled(this.#filter, name, value)));
        if (name === "rating") label.append(...starIcons(Number(value)));
        return button;
      }, (button, { value, label, count }) => {
        const [text, number] = button.children;
        if (text && name !== "rating") say(text, label || "none");
        if (number) say(number, count.toLocaleString());
        if (name === "rating") button.setAttribute("aria-label", `${ratingText(Number(value))}, ${count.toLocaleString()}`);
        button.title = label;
        button.setAttribute("aria-pressed", String(valuesOf(this.#filter, name).includes(value)));
      });
      show(more, drawn.length > FEW);
      say(more, open ? "Show fewer" : `Show all ${drawn.length}`);
    };
    more.addEventListener("click", () => {
      open = !open;
      draw();
    });
    return {
      element: section(title, list, more),
      draw: (values) => {
        drawn = values;
        draw();
      },
    };
  }

  /** Colours as swatches. @param {string} title @returns {FacetSection} */
  #colours(title) {
    const list = h("div", { class: "swatches", role: "group", "aria-label": title });
    return {
      element: section(title, list),
      draw: (values, filter) =>
        reconcile(list, values, ({ value }) => value, ({ value }) => {
          const button = h("button", { type: "button", class: "swatch", "data-colour": value });
          button.addEventListener("click", () => this.#search(toggled(this.#filter, "colour", value)));
          return button;
        }, (button, { value, label, count }) => {
          button.title = `${label}: ${count.toLocaleString()}`;
          button.setAttribute("aria-label", `${label}, ${count.toLocaleString()}`);
          button.setAttribute("aria-pressed", String(valuesOf(filter, "colour").includes(value)));
        }),
    };
  }
}

/** @param {string} title @param {...HTMLElement} content */
function section(title, ...content) {
  return h("details", { class: "facet", open: true }, h("summary", {}, h("span", {}, title), icon("fold")), ...content);
}

/** @param {number} rating */
function starIcons(rating) {
  return Array.from({ length: 5 }, (_, index) => {
    const star = icon("star");
    star.classList.add("mini-star");
    star.classList.toggle("on", index < rating);
    return star;
  });
}

/** @param {number} rating */
function ratingText(rating) {
  return rating ? `${rating} of 5 stars` : "Not rated";
}

/**
 * The months between the first and the last, those without images too.
 * @param {{ month: string, count: number }[]} counted newest first
 */
export function everyMonth(counted) {
  const [last] = counted;
  const first = counted.at(-1);
  if (!last || !first) return [];
  const counts = new Map(counted.map(({ month, count }) => [month, count]));
  const months = [];
  for (let { month } = last; month >= first.month && months.length < MONTHS; month = monthBefore(month)) {
    months.push({ month, count: counts.get(month) ?? 0 });
  }
  return months;
}

/** @param {string} month */
function monthBefore(month) {
  const [year = 0, number = 1] = month.split("-").map(Number);
  return new Date(Date.UTC(year, number - 2, 1)).toISOString().slice(0, 7);
}
