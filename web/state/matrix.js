/**
 * Matrix runs: parameters with several values each, as text that the user types, and the parameters
 * that every cell shares.
 *
 * @import { Brick, Entry, FieldSchema, Json } from "../document/types.js"
 *
 */
import { entryNamed } from "../document/lookup.js";
import { feeding, find, owner } from "../document/workflow.js";

/**
 * @typedef {{ name: string, text: string }} AxisText a parameter and its values as typed
 * @typedef {{ name: string, values: Json[], problem: string }} Axis
 */

/** The axes and cells that the server takes at most. */
export const AXES_MOST = 4;
export const CELLS_MOST = 400;
const RANGE = /^(-?[\d.]+)\s*\.\.\s*(-?[\d.]+)(?:\s*:\s*([\d.]+))?$/;
const LORA = /^loras\..+\.weight$/;
const TEXTS = new Set(["text", "textarea"]);

/** The parameters of an operation that can have several values. @param {Entry} entry @param {Record<string, Json | undefined>} params @returns {{ name: string, title: string }[]} */
export function axisChoices(entry, params) {
  const ports = new Set(entry.inputs.filter(({ type }) => type !== "text").flatMap(({ fields }) => fields));
  const fields = Object.entries(entry.schema.properties)
    .filter(([name, schema]) => !ports.has(name) && (schema.ui?.widget ?? "") !== "hidden" && name !== "num_images")
    .map(([name, schema]) => ({ name, title: schema.title ?? name }));
  const loras = /** @type {{ name?: string }[]} */ (Array.isArray(params.loras) ? params.loras : []);
  return [...fields, ...loras.flatMap(({ name }) => (name ? [{ name: `loras.${name}.weight`, title: `Weight of ${name}` }] : []))];
}

/**
 * The values of an axis from a text: a list, or a range such as `1..9:2`.
 * @param {AxisText} axis
 * @param {FieldSchema | undefined} schema absent for the weight of a LoRA
 * @returns {Axis}
 */
export function readAxis({ name, text }, schema) {
  const numeric = LORA.test(name) || isNumeric(schema);
  const parts = text.split(TEXTS.has(schema?.ui?.widget ?? "") ? ";" : ",").map((part) => part.trim()).filter(Boolean);
  if (!parts.length) return { name, values: [], problem: "Give its values." };
  if (!numeric) return { name, values: [...new Set(parts)].map(word), problem: "" };
  const values = parts.flatMap(numbers);
  const wrong = parts.find((part) => numbers(part).some(Number.isNaN));
  if (wrong !== undefined) return { name, values: [], problem: `${wrong} is neither a number nor a range such as 1..9:2.` };
  const { minimum = -Infinity, maximum = Infinity } = LORA.test(name) ? { minimum: -4, maximum: 4 } : (schema ?? {});
  const outside = values.find((value) => value < minimum || value > maximum);
  if (outside !== undefined) return { name, values: [], problem: `${outside} is outside ${minimum} to ${maximum}.` };
  return { name, values: [...new Set(values)], problem: "" };
}

/** @param {string} part a number or a range @returns {number[]} NaN where it is neither */
function numbers(part) {
  const range = RANGE.exec(part);
  if (!range) return [Number(part)];
  const [from, to, step] = [Number(range[1]), Number(range[2]), Number(range[3] ?? 1)];
  if (!(step > 0) || to < from || (to - from) / step > CELLS_MOST) return [Number.NaN];
  return Array.from({ length: Math.floor((to - from) / step + 1e-9) + 1 }, (_, index) => Number((from + index * step).toFixed(6)));
}

/** @param {FieldSchema | undefined} schema */
function isNumeric(schema) {
  const types = [schema?.type ?? []].flat();
  return types.includes("integer") || types.includes("number");
}

/** @param {string} part @returns {Json} */
function word(part) {
  return part === "true" ? true : part === "false" ? false : part;
}

/** The number of cells. @param {readonly Axis[]} axes */
export const cellCount = (axes) => axes.reduce((product, { values }) => product * values.length, axes.length ? 1 : 0);

/** The reason why a matrix cannot run, empty where it can. @param {readonly Axis[]} axes */
export function matrixProblem(axes) {
  const wrong = axes.find(({ problem }) => problem);
  if (wrong) return wrong.problem;
  const names = axes.map(({ name }) => name);
  if (new Set(names).size < names.length) return "A parameter is there twice.";
  const cells = cellCount(axes);
  return cells > CELLS_MOST ? `${cells} images are too many; ${CELLS_MOST} are the most.` : "";
}

/**
 * The parameters that every cell shares: those of the brick, and of the values wired to it.
 * @param {import("./types.js").State} state
 * @param {Brick} brick
 * @returns {Record<string, Json>}
 */
export function sharedParams(state, brick) {
  const entry = entryNamed(state.entries, brick.type);
  const params = { ...brick.props };
  for (const { name, fields } of entry?.inputs ?? []) {
    for (const wire of feeding(state.workflow, `${brick.id}.${name}`)) {
      const source = find(state.workflow, owner(wire.from));
      if (source && entryNamed(state.entries, source.type)?.kind === "value") {
        for (const field of fields) if (source.props[field] != null) params[field] = source.props[field];
      } else if (source) {
        const image = (state.results[source.id] ?? []).map((id) => state.tasks[id]?.outputs.find((output) => output.asset_id)?.asset_id).find(Boolean);
        if (image) for (const field of fields) params[field] = image;
      }
    }
  }
  const known = Object.entries(params).filter(([name, value]) => value != null && name !== "num_images" && name in (entry?.schema.properties ?? {}));
  return /** @type {Record<string, Json>} */ (Object.fromEntries(known));
}
