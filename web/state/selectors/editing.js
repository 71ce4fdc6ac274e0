/**
 * Questions about editing a picture, answered from a snapshot: what an operation's fields say of
 * its sliders and handles, and which picture a brick would edit. Pure functions.
 *
 * @import { Brick, Entry, FieldSchema, Json } from "../../document/types.js"
 * @import { Edit, State } from "../types.js"
 */
import { entryNamed } from "../../document/lookup.js";
import { feeding, find, owner, portName } from "../../document/workflow.js";
import { arrivals } from "./tasks.js";

/**
 * The operation that edits images with live previews: transient, with one image input.
 * @param {State} state
 * @returns {Entry | undefined}
 */
export function editorEntry(state) {
  return state.entries.find(edits);
}

/** @param {Entry} entry */
export function edits(entry) {
  return Boolean(entry.transient && pictureField(entry));
}

/**
 * The parameter that takes the picture.
 * @param {Entry} entry
 */
export function pictureField(entry) {
  return entry.inputs.find((input) => input.type === "image")?.fields[0] ?? "";
}

/**
 * The parameters that a person sets, by group, in the schema's order.
 * @param {Entry} entry
 * @returns {Map<string, [string, FieldSchema][]>}
 */
export function groups(entry) {
  const fed = new Set(entry.inputs.flatMap((input) => input.fields));
  /** @type {Map<string, [string, FieldSchema][]>} */
  const found = new Map();
  for (const [name, schema] of Object.entries(entry.schema.properties)) {
    if (fed.has(name) || schema.ui?.widget === "hidden") continue;
    const group = schema.ui?.group ?? "Settings";
    found.set(group, [...(found.get(group) ?? []), [name, schema]]);
  }
  return found;
}

/**
 * The parameter that each handle on the picture moves: `top`, `left`, `bottom`, `right`, `angle`.
 * @param {Entry} entry
 * @returns {Record<string, string>}
 */
export function handles(entry) {
  const named = Object.entries(entry.schema.properties).flatMap(([name, { ui }]) =>
    ui?.handle ? [[ui.handle, name]] : [],
  );
  return Object.fromEntries(named);
}

/**
 * Values without those that are neutral.
 * @param {Entry} entry
 * @param {Record<string, Json | undefined>} values
 * @returns {Record<string, Json>}
 */
export function touched(entry, values) {
  const known = Array.from(groups(entry).values()).flat();
  return Object.fromEntries(
    known.flatMap(([name, schema]) => {
      const value = values[name];
      return value === undefined || value === null || value === schema.default ? [] : [[name, value]];
    }),
  );
}

/**
 * The picture that a brick would edit: what last came over its wire, else its own.
 * @param {State} state
 * @param {Brick} brick
 * @returns {string} an asset, empty while there is none
 */
export function pictureOf(state, brick) {
  const entry = entryNamed(state.entries, brick.type);
  const port = entry?.inputs.find((input) => input.type === "image");
  if (!port) return "";
  const made = arrivals(state, brick, [port.name])[0];
  if (made) return made.output.asset_id;
  const wire = feeding(state.workflow, `${brick.id}.${port.name}`)[0];
  const value = wire
    ? find(state.workflow, owner(wire.from))?.props[portName(wire.from)]
    : brick.props[port.fields[0] ?? ""];
  return typeof value === "string" && !value.startsWith("data:") ? value : "";
}

/**
 * The view that shows a task's pictures, else the brick that made them.
 * @param {State} state
 * @param {string} task
 */
export function viewOf(state, task) {
  const maker = Object.entries(state.results).find(([, ids]) => ids.includes(task))?.[0] ?? "";
  const { bricks, wires } = state.workflow;
  const view = bricks.find(
    ({ id, type }) =>
      entryNamed(state.entries, type)?.kind === "view" &&
      (id === maker || wires.some((wire) => owner(wire.from) === maker && owner(wire.to) === id)),
  );
  return view?.id ?? maker;
}

/** @param {string} asset */
export function fileOf(asset) {
  return `/api/assets/${encodeURIComponent(asset)}/file`;
}

/** @param {Edit} edit whether Apply would do anything */
export function changesAnything(edit) {
  return edit.brick !== "" || Object.keys(edit.values).length > 0;
}
