/** Tokens of the search field: what narrows a list of images, in words. */
/** @import { ImageFilter } from "./image-filter.js" */
import { FACETS, valuesOf, withValues, toggled } from "./image-filter.js";

/** @typedef {{ name: string, value: string, text: string }} Token */
/** @typedef {Readonly<Record<string, readonly { value: string, label: string }[]>>} FacetLabels */

/** @param {ImageFilter} filter @param {FacetLabels} labels of the values by facet @returns {Token[]} */
export function tokensOf(filter, labels) {
  const ofFacets = FACETS.flatMap(({ name, prefix }) =>
    valuesOf(filter, name).map((value) => {
      const label = labels[name]?.find((item) => item.value === value)?.label ?? value;
      return { name, value, text: prefix ? `${prefix} ${label || "none"}` : label };
    }),
  );
  const [seed] = valuesOf(filter, "seed");
  const [least] = valuesOf(filter, "min_rating");
  return [
    ...ofFacets,
    ...(seed ? [{ name: "seed", value: seed, text: `Seed ${seed}` }] : []),
    ...(least ? [{ name: "min_rating", value: least, text: `Rating ≥ ${least}` }] : []),
    ...datesToken(filter),
  ];
}

/** @param {ImageFilter} filter @param {Token} token @returns {ImageFilter} */
export function withoutToken(filter, { name, value }) {
  if (name === "dates") return withValues(withValues(filter, "from", ""), "to", "");
  return toggled(filter, name, value);
}

/** @param {ImageFilter} filter @returns {Token[]} */
function datesToken(filter) {
  const [from] = valuesOf(filter, "from");
  const [to] = valuesOf(filter, "to");
  if (!from && !to) return [];
  return [{ name: "dates", value: `${from ?? ""}/${to ?? ""}`, text: datesText(from, to) }];
}

/**
 * Dates in words: whole months by their names.
 * @param {string | undefined} from
 * @param {string | undefined} to
 */
export function datesText(from, to) {
  const first = from && dayText(from, "-01");
  const last = to && dayText(to, lastDay(to));
  if (!first) return `until ${last}`;
  if (!last) return `since ${first}`;
  return first === last ? last : `${first} – ${last}`;
}

/** @param {string} date @param {string} bound the ending of a date that stands for its whole month */
function dayText(date, bound) {
  const whole = date.endsWith(bound);
  const year = date.slice(0, 4) === String(new Date().getFullYear()) ? undefined : "numeric";
  const words = new Date(`${date.slice(0, 10)}T00:00:00Z`);
  return words.toLocaleDateString("en", { timeZone: "UTC", month: "short", year, day: whole ? undefined : "numeric" });
}

/** @param {string} date */
function lastDay(date) {
  const [year = 0, month = 1] = date.split("-").map(Number);
  return `-${new Date(Date.UTC(year, month, 0)).getUTCDate()}`;
}
