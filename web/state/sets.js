/**
 * Sets and batches, as the page holds them: the list, the open set with what the user changed for
 * the next run, the table that is edited, and the batch that is shown.
 *
 * @import { FieldSchema, Json } from "../document/types.js"
 *
 * @typedef {{ level: "error" | "warning", detail: string, row: number | null, column: string | null, fix: string | null, field?: string | null }} SetFault `field` of the definition, dotted
 *
 * @typedef {object} SetEntry
 * @property {string} id
 * @property {string} name
 * @property {string} description
 * @property {boolean} own false for a shipped one
 * @property {number} rows
 * @property {number | null} width
 * @property {number | null} height
 * @property {string} example_theme
 * @property {number} errors
 * @property {number} warnings
 * @property {string | null} unreadable
 *
 * @typedef {Record<string, any>} SetDefinition
 *
 * @typedef {object} SetDetail
 * @property {string} id
 * @property {boolean} own
 * @property {SetDefinition} definition
 * @property {string} prompt_template
 * @property {string} item_name
 * @property {string[]} columns
 * @property {number} rows
 * @property {string} encoding
 *
 * @typedef {{ number: number, key: string, prompt: string, params: Record<string, Json>, card: Record<string, Json> | null }} SetRow
 * @typedef {{ items: SetRow[], total: number, columns: string[], prompt_template: string, item_name: string, faults: SetFault[] }} SetPreview
 *
 * @typedef {{ task_id: string, asset_id: string, url: string, thumbnail_url: string, drawing: string }} BatchImage `drawing` is the image below its card
 *
 * @typedef {object} BatchRow
 * @property {string} key
 * @property {string} status that of its newest task, or `missing`
 * @property {string | null} task_id
 * @property {string} prompt
 * @property {number | null} seed
 * @property {Record<string, Json>} params
 * @property {Record<string, Json>} cell values of a matrix, by axis
 * @property {BatchImage[]} images variants, oldest first
 * @property {string | null} chosen
 * @property {{ detail: string, fix?: string | null } | null} error
 *
 * @typedef {object} BatchEntry
 * @property {string} id
 * @property {string} set_id
 * @property {string} name
 * @property {string} theme
 * @property {number} seed
 * @property {string} folder
 * @property {string} created_at
 * @property {number} rows
 * @property {Record<string, number>} states
 * @property {string[]} thumbnails
 * @property {"set" | "matrix"} kind
 *
 * @typedef {BatchEntry & { unfinished: number, params: Record<string, Json>, print?: Record<string, Json>, axes: { name: string, label: string, values: Json[] }[], items: BatchRow[] }} Batch `axes` are those of a matrix, the last one counts fastest
 *
 * @typedef {object} Recipe the changes of the user for the next run of a set
 * @property {string} theme
 * @property {number | null} themeSeed of a random theme
 * @property {Record<string, Json>} values parameters that replace those of the set
 * @property {Record<string, Json>} card fields that replace those of the set's card
 * @property {boolean} plain true draws no card
 * @property {string} policy rule for seeds, empty for that of the set
 *
 * @typedef {object} SetDraft a set while it is edited
 * @property {string} replaces id of the set that it is saved over, empty for a new one
 * @property {SetDefinition} definition
 * @property {string} csv
 * @property {SetPreview | null} preview
 * @property {string} encoding
 * @property {FieldProblem[]} problems
 * @property {string} problem of no field
 *
 * @typedef {{ field: string, title: string, summary: string, optional: boolean, schema: { properties: Record<string, FieldSchema> } }} SetSection `field` of the definition that holds the part, empty for the definition itself
 * @typedef {{ section: string, field: string, detail: string }} FieldProblem
 *
 * @typedef {{ score: number | null, method: string, items: { key: string, outlier: boolean, reasons: string[] }[] }} Harmony 0 to 100
 *
 * @typedef {"recipe" | "batch" | "rows" | "card"} SetPane the part that a small screen shows
 *
 * @typedef {object} SetsState
 * @property {SetEntry[] | null} list null until it is loaded
 * @property {readonly SetSection[]} form sections of the form of a set
 * @property {BatchEntry[]} batches newest first
 * @property {string} open id of the open set, empty for the list
 * @property {SetDetail | null} detail
 * @property {SetPreview | null} preview
 * @property {Recipe} recipe
 * @property {SetDraft | null} draft
 * @property {Batch | null} batch
 * @property {string} row key of the row in focus
 * @property {Record<string, Batch>} watched batches that bricks show, by id
 * @property {ReadonlySet<string>} marked rows to redo
 * @property {"all" | "open" | "failed"} filter of the table
 * @property {SetPane} pane
 * @property {string} card address of the drawn card of the row in focus
 * @property {Harmony | null} harmony
 * @property {Record<string, Json>} print what the user changed in the form of a print
 * @property {string} busy a print or a measurement in progress, as a phrase
 * @property {boolean} starting
 * @property {boolean} visited what was open the last time is restored
 * @property {string} problem
 */

/** @type {Recipe} */
export const NEW_RECIPE = { theme: "", themeSeed: null, values: {}, card: {}, plain: false, policy: "" };

/** @type {SetsState} */
export const NO_SETS = {
  list: null,
  form: [],
  batches: [],
  open: "",
  detail: null,
  preview: null,
  recipe: NEW_RECIPE,
  draft: null,
  batch: null,
  watched: {},
  row: "",
  marked: new Set(),
  filter: "all",
  pane: "recipe",
  card: "",
  harmony: null,
  print: {},
  busy: "",
  starting: false,
  visited: false,
  problem: "",
};

/** Fields of a definition that a run sends as parameters of its operation. */
const SHARED = ["model", "width", "height", "negative_prompt"];

/**
 * The parameters of the next run: those of the set with the changes of the user.
 * @param {SetsState} sets
 * @returns {Record<string, Json | undefined>}
 */
export function runValues({ detail, recipe }) {
  const shared = Object.fromEntries(SHARED.map((name) => [name, detail?.definition[name] ?? undefined]));
  return { ...shared, seed: detail?.definition.seed?.value ?? undefined, ...recipe.values };
}

/** @param {SetsState} sets @returns {Record<string, Json> | null} null draws no card */
export function cardValues({ detail, recipe }) {
  const own = detail?.definition.overlay;
  return own && !recipe.plain ? { ...own, ...recipe.card } : null;
}

/** The rule for seeds of the next run. @param {SetsState} sets @returns {string} */
export function seedPolicy({ detail, recipe }) {
  return recipe.policy || detail?.definition.seed?.policy || "derived";
}

/**
 * The body of the request that runs the open set.
 * @param {SetsState} sets
 * @param {readonly string[]} [rows] keys; empty for all
 */
export function runRequest(sets, rows = []) {
  const { recipe, open } = sets;
  const card = cardValues(sets);
  return {
    ...recipe.values,
    set_name: open,
    user_theme: recipe.theme,
    ...(rows.length ? { rows: [...rows] } : {}),
    ...(recipe.plain ? { overlay: false } : Object.keys(recipe.card).length && card ? { overlay: card } : {}),
    ...(recipe.policy ? { seed_policy: recipe.policy } : {}),
  };
}

/** Parameters without one, or with a new value of it. @param {Record<string, Json>} values @param {Record<string, Json | undefined>} change */
export function changedValues(values, change) {
  const all = Object.entries({ ...values, ...change });
  return /** @type {Record<string, Json>} */ (Object.fromEntries(all.filter(([, value]) => value !== undefined && value !== null)));
}

/** The matrix that is shown, null without one. @param {SetsState} sets */
export function shownMatrix({ open, draft, batch }) {
  return !open && !draft && batch?.kind === "matrix" ? batch : null;
}

/** Reports whether the open set can run: it has rows and no errors, and nothing is being sent. @param {SetsState} sets */
export function runnable({ draft, preview, starting }) {
  return !draft && !starting && preview !== null && preview.total > 0 && faultCounts(preview.faults).errors === 0;
}

/** @param {readonly SetFault[]} faults */
export function faultCounts(faults) {
  const errors = faults.filter(({ level }) => level === "error").length;
  return { errors, warnings: faults.length - errors };
}

/**
 * The mistakes that belong to fields of a set, by section and field, and those that belong to none.
 * @param {readonly SetSection[]} form
 * @param {readonly { field?: string | null, detail: string }[]} errors `field`: dotted, such as `overlay.layout` or `loras.0.weight`
 * @returns {{ problems: FieldProblem[], others: string[] }}
 */
export function fieldProblems(form, errors) {
  /** @type {FieldProblem[]} */
  const problems = [];
  /** @type {string[]} */
  const others = [];
  for (const { field, detail } of errors) {
    const [head = "", second = ""] = (field ?? "").split(".");
    const nested = form.find((section) => section.field !== "" && section.field === head);
    const section = nested ?? form.find((own) => own.field === "" && head in own.schema.properties);
    if (section) problems.push({ section: section.field, field: nested ? second : head, detail });
    else others.push(detail);
  }
  return { problems, others };
}

/** The schema of a field of the form. @param {readonly SetSection[]} form @param {string} section @param {string} field @returns {FieldSchema | undefined} */
export function fieldOf(form, section, field) {
  return form.find((part) => part.field === section)?.schema.properties[field];
}

/** The place of a fault in the table, empty for the whole of it. @param {SetFault} fault */
export function faultPlace({ row, column }) {
  return [row === null ? "" : `Row ${row}`, column ?? ""].filter(Boolean).join(", ");
}

const OPEN_STATES = new Set(["pending", "held", "running"]);
const NOT_DONE = new Set([...OPEN_STATES, "failed", "cancelled", "missing"]);

/**
 * The rows of the table: those of the batch where one is shown, else those of the set.
 * @param {SetsState} sets
 * @returns {{ key: string, prompt: string, seed: Json, status: string, row: BatchRow | null }[]}
 */
export function tableRows({ batch, preview, filter }) {
  if (!batch) {
    return (preview?.items ?? []).map(({ key, prompt, params }) => ({ key, prompt, seed: params.seed ?? null, status: "", row: null }));
  }
  const rows = batch.items.map((row) => ({ key: row.key, prompt: row.prompt, seed: row.seed, status: row.status, row }));
  if (filter === "failed") return rows.filter(({ status }) => status === "failed");
  return filter === "open" ? rows.filter(({ status }) => NOT_DONE.has(status)) : rows;
}

/** Counts of a batch by what matters to its reader. @param {BatchEntry} batch */
export function batchCounts({ states, rows }) {
  const done = states.completed ?? 0;
  const failed = states.failed ?? 0;
  const running = states.running ?? 0;
  const waiting = (states.pending ?? 0) + (states.held ?? 0);
  const cancelled = states.cancelled ?? 0;
  return { rows, done, failed, running, waiting, cancelled, held: states.held ?? 0, open: running + waiting };
}

/** The image of a row that is shown: the chosen one, else the newest. @param {BatchRow | undefined} row */
export function shownImage(row) {
  return row?.images.find(({ asset_id: id }) => id === row.chosen) ?? row?.images.at(-1);
}

/** The batches of the open set, newest first. @param {SetsState} sets */
export function batchesOfSet({ batches, open, batch }) {
  const matrices = !open && batch?.kind === "matrix";
  return batches.filter(({ set_id: id, kind }) => (matrices ? kind === "matrix" : id === open && kind !== "matrix"));
}

/**
 * The batch before or after the one that is shown; -1 is the newer one.
 * @param {SetsState} sets
 * @param {-1 | 1} step
 */
export function neighbour(sets, step) {
  const all = batchesOfSet(sets);
  const at = all.findIndex(({ id }) => id === sets.batch?.id);
  return at < 0 ? undefined : all[at + step];
}

/** The values of the form of a print: those of the set, whose card counts, with the changes of the user. @param {SetsState} sets */
export function printValues({ detail, batch, print }) {
  const layout = detail?.definition.overlay?.layout;
  const { card = "auto", ...own } = batch?.print ?? {};
  return { ...(card !== "auto" ? { card } : layout ? { card: layout } : {}), ...own, ...print };
}

/** The body of the request that prints a batch. @param {SetsState} sets @param {"cards" | "contact_sheet"} format */
export function printRequest({ print }, format) {
  return format === "cards" ? { ...print, format } : { format };
}

/** The rows that stand out of the deck. @param {Harmony} harmony */
export const outliers = ({ items }) => items.filter(({ outlier }) => outlier).map(({ key }) => key);

/** Rows of the batch that can be drawn again. @param {Batch | null} batch @param {Iterable<string>} keys @returns {string[]} */
export function redoable(batch, keys) {
  const wanted = new Set(keys);
  return (batch?.items ?? []).filter(({ key, status }) => wanted.has(key) && !OPEN_STATES.has(status) && status !== "missing").map(({ key }) => key);
}

/**
 * An id for a new set: its name in small letters, with a number where one of that id exists.
 * @param {string} name
 * @param {Iterable<string>} taken
 */
export function freeSetId(name, taken) {
  const letters = name.normalize("NFKD").replace(/[\u0300-\u036F]/g, "").toLowerCase();
  const stem = (letters.match(/[a-z0-9]+/g) ?? ["set"]).join("-").slice(0, 50).replace(/-$/, "");
  const ids = new Set(taken);
  let id = stem;
  for (let number = 2; ids.has(id); number += 1) id = `${stem}-${number}`;
  return id;
}

/**
 * The text of a table and its encoding: UTF-8 or UTF-16, with or without a mark, else Latin-1.
 * @param {Uint8Array<ArrayBuffer>} bytes
 */
export function decodeTable(bytes) {
  const wide = bytes[0] === 0xff && bytes[1] === 0xfe ? "utf-16le" : bytes[0] === 0xfe && bytes[1] === 0xff ? "utf-16be" : "";
  if (wide) return { text: new TextDecoder(wide).decode(bytes), encoding: "UTF-16" };
  try {
    return { text: new TextDecoder("utf-8", { fatal: true }).decode(bytes), encoding: "UTF-8" };
  } catch {
    return { text: new TextDecoder("iso-8859-1").decode(bytes), encoding: "Latin-1" };
  }
}

/**
 * The name of a row for people: `queen-of-hearts` is `Queen of hearts`.
 * @param {string} key
 */
export function rowTitle(key) {
  const words = key.replaceAll("-", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** Reports whether a row is a cell of a matrix. @param {BatchRow} row */
export const isCell = ({ cell }) => Object.keys(cell ?? {}).length > 0;

/** A value of a matrix with the title of its axis. @param {string} title @param {import("../document/types.js").Json} value */
export const axisText = (title, value) => `${title} ${typeof value === "object" ? JSON.stringify(value) : value}`;

/** The name of a row; the values of a cell. @param {BatchRow} row @param {Batch | null} batch */
export function rowName(row, batch) {
  if (!isCell(row)) return rowTitle(row.key);
  const label = (/** @type {string} */ axis) => batch?.axes?.find(({ name }) => name === axis)?.label ?? axis;
  return Object.entries(row.cell).map(([axis, value]) => axisText(label(axis), value)).join(", ");
}
