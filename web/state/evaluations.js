/**
 * Evaluations of LoRAs as the page holds them, and the order of blind votes.
 *
 * @typedef {object} EvaluationEntry
 * @property {string} task_id
 * @property {import("./task-types.js").Task["status"]} status
 * @property {string} created_at
 * @property {string | null} run_id
 * @property {string} concept
 * @property {number} columns
 * @property {number} rows
 * @property {number | null} best
 * @property {string} explanation
 * @property {import("./task-types.js").Task["progress"]} progress
 *
 * @typedef {{ name: string, label: string, value: number, base: number, z: number }} Term
 * @typedef {{ share: number | null, variety: number | null, gap?: number | null, row: number | null, nearest: number | null, similarity: number | null }} Memorisation
 * @typedef {{ label: string, step: number, validation_loss: number | null, score: number | null, terms: Term[], gates: string[], memorisation: Memorisation, vendi: number | null }} Column
 * @typedef {{ prompt: string, negative_prompt: string, category: string, concept: boolean, seed: number }} Row
 * @typedef {{ adherence: number | null, similarity: number | null, copy: boolean }} Cell
 * @typedef {{ code: string, sentence: string, figure: string }} Advice
 * @typedef {{ columns: Column[], rows: Row[], cells: Cell[][], threshold: number | null, training_images: string[], best: number | null, explanation: string, advice: Advice[], missing: string[] }} Report
 *
 * @typedef {EvaluationEntry & { report: Report | null, images: string[], votes: number[][], error: { detail: string } | null }} Evaluation
 * @typedef {{ items: EvaluationEntry[] | null, open: Evaluation | null, problem: string }} EvaluationsState
 */

export const OPERATION = "evaluate_lora";

/** @type {EvaluationsState} */
export const NO_EVALUATIONS = { items: null, open: null, problem: "" };

/** The image of a cell; absent where it was not drawn. @param {Evaluation} evaluation @param {number} column @param {number} row */
export function imageAt({ images, report }, column, row) {
  return images[column * (report?.rows.length ?? 0) + row];
}

/** The term of a column. @param {Column} column @param {string} name */
export const termOf = ({ terms }, name) => terms.find((term) => term.name === name);

/** The terms that any column has, in their order. @param {readonly Column[]} columns @returns {{ name: string, label: string }[]} */
export function termsOf(columns) {
  const labels = new Map(columns.flatMap(({ terms }) => terms.map(({ name, label }) => /** @type {[string, string]} */ ([name, label]))));
  return [...labels].map(([name, label]) => ({ name, label }));
}

/** The rows to vote on: prompts that name the concept, one image of each. @param {Report} report @returns {number[]} */
export function votableRows({ rows }) {
  const prompts = new Set();
  return rows.flatMap(({ prompt, concept }, place) => {
    if (!concept || prompts.has(prompt)) return [];
    prompts.add(prompt);
    return [place];
  });
}

/** The first row without a vote; absent at the end. @param {Evaluation} evaluation */
export function nextVote({ report, votes }) {
  const done = new Set(votes.map(([row]) => row));
  return report ? votableRows(report).find((row) => !done.has(row)) : undefined;
}

/**
 * The columns in the order in which a row shows them without names: always the same for the same
 * evaluation and row, so that a reload shows nothing more.
 * @param {string} id @param {number} row @param {number} columns @returns {number[]}
 */
export function blindOrder(id, row, columns) {
  const key = (/** @type {number} */ column) => [...`${id} ${row} ${column}`].reduce((hash, letter) => Math.imul(hash ^ letter.charCodeAt(0), 0x01_00_01_93), 0x81_1c_9d_c5) >>> 0;
  return Array.from({ length: columns }, (_, column) => column).toSorted((a, b) => (Math.imul(key(a), 0x9e_37_79_b1) >>> 0) - (Math.imul(key(b), 0x9e_37_79_b1) >>> 0) || a - b);
}

/** The number of votes of each column. @param {readonly number[][]} votes @param {number} columns */
export function tally(votes, columns) {
  const counts = Array.from({ length: columns }, () => 0);
  for (const [, column] of votes) if (column !== undefined && column < columns) counts[column] = (counts[column] ?? 0) + 1;
  return counts;
}
