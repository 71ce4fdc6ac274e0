/**
 * Selectors of the photo editor: the operation's fields and handles, and the image to edit.
 *
 * @import { Brick, Entry, FieldSchema, Json } from "../../document/types.js"
 * @import { Edit, State } from "../types.js"
 */
import { entryNamed } from "../../document/lookup.js";
import { feeding, find, owner, portName } from "../../document/workflow.js";
import { inputPictures } from "./tasks.js";

/**
 * The operation of the photo editor: with live previews and handles on the image.
 * @param {State} state
 * @returns {Entry | undefined}
 */
export function editorEntry(state) {
  return state.entries.find((entry) => isEditor(entry) && hasHandles(entry));
}

/** The operation has live previews: transient, with one image input. @param {Entry} entry */
export function isEditor(entry) {
  return Boolean(entry.transient && imageField(entry));
}

/** @param {Entry} entry */
export function hasHandles(entry) {
  return Object.keys(handles(entry)).length > 0;
}

/** The default values change the image: no field names a neutral value. @param {Entry} entry */
export function changesByDefault(entry) {
  return Object.values(entry.schema.properties).every(({ ui }) => ui?.neutral === undefined);
}

/**
 * The parameter that takes the image.
 * @param {Entry} entry
 */
export function imageField(entry) {
  return entry.inputs.find((input) => input.type === "image")?.fields[0] ?? "";
}

/**
 * The visible parameters by group, in the schema's order.
 * @param {Entry} entry
 * @returns {Map<string, [string, FieldSchema][]>}
 */
export function fieldGroups(entry) {
  const wired = new Set(entry.inputs.flatMap((input) => input.fields));
  /** @type {Map<string, [string, FieldSchema][]>} */
  const byGroup = new Map();
  for (const [name, schema] of Object.entries(entry.schema.properties)) {
    if (wired.has(name) || schema.ui?.widget === "hidden") continue;
    const group = schema.ui?.group ?? "Settings";
    byGroup.set(group, [...(byGroup.get(group) ?? []), [name, schema]]);
  }
  return byGroup;
}

/**
 * The parameters by their handle on the image: `top`, `left`, `bottom`, `right`, `angle`,
 * `mirror`, `aspect`.
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
 * Values that differ from their defaults.
 * @param {Entry} entry
 * @param {Record<string, Json | undefined>} values
 * @returns {Record<string, Json>}
 */
export function changedValues(entry, values) {
  const fields = Array.from(fieldGroups(entry).values()).flat();
  return Object.fromEntries(
    fields.flatMap(([name, schema]) => {
      const value = values[name];
      return value === undefined || value === null || value === schema.default ? [] : [[name, value]];
    }),
  );
}

/**
 * The image that a brick would edit: the newest one over its wire, else its own.
 * @param {State} state
 * @param {Brick} brick
 * @returns {string} asset id, empty while there is none
 */
export function inputAsset(state, brick) {
  const entry = entryNamed(state.entries, brick.type);
  const port = entry?.inputs.find((input) => input.type === "image");
  if (!port) return "";
  const newest = inputPictures(state, brick, [port.name])[0];
  if (newest) return newest.output.asset_id;
  const wire = feeding(state.workflow, `${brick.id}.${port.name}`)[0];
  const value = wire
    ? find(state.workflow, owner(wire.from))?.props[portName(wire.from)]
    : brick.props[port.fields[0] ?? ""];
  return typeof value === "string" && !value.startsWith("data:") ? value : "";
}

/**
 * The view that shows a task's images, else the brick that made them.
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

/** @param {Edit} edit */
export function hasChanges(edit) {
  return edit.brick !== "" || Object.keys(edit.values).length > 0;
}
