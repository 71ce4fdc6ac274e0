/**
 * The filter of a list of images: words, values of facets, dates and a source. Names and values are
 * those of the REST API; the same record is the query of a list and the `filter` of a bulk request.
 *
 * @typedef {Readonly<Record<string, string | readonly string[]>>} ImageFilter
 *
 * @typedef {object} FacetKind
 * @property {string} name of the filter
 * @property {string} title
 * @property {string} [prefix] of its tokens where the value alone says too little
 * @property {boolean} [joint] an image has several values: further values narrow the list
 */

/** Facets in the order of the panel. @type {readonly FacetKind[]} */
export const FACETS = [
  { name: "rating", title: "Rating", prefix: "Rating" },
  { name: "operation", title: "Operation" },
  { name: "model", title: "Model" },
  { name: "lora", title: "LoRA", prefix: "LoRA", joint: true },
  { name: "tag", title: "Tag", prefix: "Tag", joint: true },
  { name: "project", title: "Project", prefix: "Project" },
  { name: "size", title: "Size" },
  { name: "colour", title: "Colour", joint: true },
];

/** Filters that stand for a source of images instead of a property. */
const SOURCES = ["favourite", "deleted", "collection"];
/** Filters of one value that a typed token sets, such as `seed:701`. */
const SINGLE = ["seed", "from", "to", "min_rating"];
/** Kinds that the gallery shows. */
const KINDS = ["image", "svg"];

/** @type {ImageFilter} */
export const NO_FILTER = Object.freeze({});

/** @param {ImageFilter} filter @param {string} name @returns {readonly string[]} */
export function valuesOf(filter, name) {
  const value = filter[name];
  if (value === undefined) return [];
  return typeof value === "string" ? [value] : value;
}

/**
 * @param {ImageFilter} filter
 * @param {string} name
 * @param {readonly string[] | string} values none removes it
 * @returns {ImageFilter}
 */
export function withValues(filter, name, values) {
  const { [name]: _former, ...rest } = filter;
  return Object.freeze(values.length ? { ...rest, [name]: values } : rest);
}

/**
 * Adds a value of a facet, or removes it.
 * @param {ImageFilter} filter
 * @param {string} name
 * @param {string} value
 */
export function toggled(filter, name, value) {
  const values = valuesOf(filter, name);
  const others = values.filter((other) => other !== value);
  if (others.length < values.length) return withValues(filter, name, SINGLE.includes(name) ? "" : others);
  return withValues(filter, name, SINGLE.includes(name) ? value : [...values, value]);
}

/**
 * The filter of a source alone: all images, favourites, the trash, or a collection.
 * @param {string} name empty for all images
 * @param {string} [value]
 * @returns {ImageFilter}
 */
export function sourceFilter(name, value = "true") {
  return name ? Object.freeze({ [name]: name === "collection" ? [value] : value }) : NO_FILTER;
}

/** @param {ImageFilter} filter @returns {{ name: string, value: string }} an empty name for all images */
export function sourceOf(filter) {
  const name = SOURCES.find((source) => valuesOf(filter, source).length > 0) ?? "";
  return { name, value: valuesOf(filter, name)[0] ?? "" };
}

/** The filter of the same source without words and facets. @param {ImageFilter} filter */
export function withoutTokens(filter) {
  const { name, value } = sourceOf(filter);
  return sourceFilter(name, value);
}

/**
 * Reports whether words, facets or dates narrow the source.
 * @param {ImageFilter} filter
 */
export function isNarrowed(filter) {
  return Object.keys(filter).some((name) => !SOURCES.includes(name));
}

/**
 * The query of a request, with the time zone that its dates are in.
 * @param {ImageFilter} filter
 * @param {Record<string, string | number>} [more]
 */
export function filterQuery(filter, more = {}) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(bulkFilter(filter))) {
    for (const item of typeof value === "string" ? [value] : value) query.append(name, item);
  }
  for (const [name, value] of Object.entries(more)) query.set(name, String(value));
  return query;
}

/** The `filter` of a bulk request. @param {ImageFilter} filter @returns {ImageFilter} */
export function bulkFilter(filter) {
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  return { ...filter, kind: KINDS, ...(timeZone ? { timezone: timeZone } : {}) };
}

/**
 * A typed token such as `tag:night` or `#night`, null for words.
 * @param {string} text
 * @returns {{ name: string, value: string } | null}
 */
export function parseToken(text) {
  const tag = /^#(?<value>\S+)$/u.exec(text)?.groups;
  if (tag) return { name: "tag", value: String(tag.value) };
  const groups = /^(?<name>[a-z_]+):(?<value>\S.*)$/iu.exec(text)?.groups;
  const name = groups?.name?.toLowerCase() ?? "";
  const known = FACETS.some((facet) => facet.name === name) || SINGLE.includes(name);
  return known ? { name, value: String(groups?.value).trim() } : null;
}

/** The days of a month, as filter values. @param {string} month `2026-09` @returns {{ from: string, to: string }} */
export function daysOfMonth(month) {
  const [year = 0, number = 1] = month.split("-").map(Number);
  const last = new Date(Date.UTC(year, number, 0)).getUTCDate();
  return { from: `${month}-01`, to: `${month}-${String(last).padStart(2, "0")}` };
}

/** @param {ImageFilter} filter @param {string} from a month @param {string} to a month @returns {ImageFilter} */
export function withMonths(filter, from, to) {
  const first = from < to ? from : to;
  const last = from < to ? to : from;
  return withValues(withValues(filter, "from", daysOfMonth(first).from), "to", daysOfMonth(last).to);
}
