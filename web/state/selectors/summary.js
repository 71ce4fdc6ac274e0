/** The summary of a collapsed brick: the state of its task, and the values that matter most. */
/** @import { Brick, FieldSchema, Json } from "../../document/types.js" */
/** @import { State } from "../types.js" */
import { entryNamed } from "../../document/lookup.js";
import { count, quantity } from "../words.js";
import { brickState } from "./brick-state.js";
import { chosenModel } from "./models.js";
import { inputPictures } from "./tasks.js";

const MAX_VALUES = 4;

/**
 * @param {State} state
 * @param {Brick} brick
 * @returns {string} never empty for a known type
 */
export function brickSummary(state, brick) {
  const entry = entryNamed(state.entries, brick.type);
  if (!entry) return "";
  const fields = Object.entries(entry.schema.properties).map(([name, schema]) => fieldSummary(state, brick, name, schema));
  const images = entry.kind === "view" ? inputPictures(state, brick, entry.inputs.map(({ name }) => name)).length : 0;
  const parts = [taskSummary(state, brick), images ? count(images, "image") : "", ...fields.filter(Boolean).slice(0, MAX_VALUES)];
  return parts.filter(Boolean).join(" · ") || entry.summary;
}

/** @param {State} state @param {Brick} brick */
function taskSummary(state, brick) {
  const { name, text, aside } = brickState(state, brick.id);
  if (name === "running" || name === "queued") return [text, aside].filter(Boolean).join(" · ");
  return name === "failed" ? "failed" : "";
}

/** @param {State} state @param {Brick} brick @param {string} name @param {FieldSchema} schema */
function fieldSummary(state, brick, name, schema) {
  const { widget = "", choices = {}, unit = "" } = schema.ui ?? {};
  if (widget === "hidden") return "";
  if (widget === "model") return chosenModel(state, brick)?.label ?? "";
  const value = brick.props[name];
  if (!isSet(value) || value === schema.default) return "";
  if (Array.isArray(value)) return count(value.length, schema.title ?? name, schema.title ?? name);
  if (widget === "image") return state.assets[String(value)]?.name ?? schema.title ?? name;
  if (typeof value === "number") return `${schema.title ?? name} ${unit ? quantity(value, unit) : value}`;
  if (value === true) return schema.title ?? name;
  return typeof value === "string" ? (choices[value] ?? value.trim()) : "";
}

/** @param {Json | undefined} value */
function isSet(value) {
  return value !== undefined && value !== null && value !== "" && value !== false && !(Array.isArray(value) && !value.length);
}
