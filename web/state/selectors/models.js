/** Which model a brick means, and what that model can use. Answered from its record alone. */
/** @import { Brick, Entry, Json } from "../../document/types.js" */
/** @import { Model, State } from "../types.js" */
import { entryNamed } from "../../document/lookup.js";
import { find, owner } from "../../document/workflow.js";

/**
 * What an operation wants its model to be able to do: usually itself.
 * @param {State} state
 * @param {string} operation
 */
export function modeOf(state, operation) {
  const entry = entryNamed(state.entries, operation);
  return entry?.schema.properties.model?.ui?.mode ?? operation;
}

/**
 * The models that can do one operation, those on this machine first.
 * @param {State} state
 * @param {string} operation
 * @returns {Model[]}
 */
export function candidates(state, operation) {
  const mode = modeOf(state, operation);
  const able = state.models.filter((model) => mode in model.modes);
  return able.sort((a, b) => Number(b.present) - Number(a.present));
}

/**
 * @param {State} state
 * @param {Brick} brick an operation brick
 * @returns {Model | undefined}
 */
export function chosen(state, brick) {
  const able = candidates(state, brick.type);
  return able.find((model) => model.id === brick.props.model) ?? able[0];
}

/**
 * The model at the end of a value brick's wires, so that prompt and settings can speak of it.
 * @param {State} state
 * @param {Brick} brick
 * @returns {{ model: Model, operation: string } | null}
 */
export function downstream(state, brick) {
  const wires = state.workflow.wires.filter((wire) => owner(wire.from) === brick.id);
  for (const wire of wires) {
    const target = find(state.workflow, owner(wire.to));
    const model = target && chosen(state, target);
    if (model) return { model, operation: modeOf(state, target.type) };
  }
  const model = state.models.find((other) => other.present) ?? state.models[0];
  const operation = model && Object.keys(model.modes)[0];
  return model && operation ? { model, operation } : null;
}

/**
 * @param {Model | undefined} model
 * @param {string} operation
 * @param {string} name a parameter
 * @returns {Json | undefined}
 */
export function modelDefault(model, operation, name) {
  return model?.modes[operation]?.defaults?.[name];
}

/**
 * Whether a parameter has an effect.
 * @param {Model | undefined} model
 * @param {Entry} entry
 * @param {string} name a parameter
 */
export function usable(model, entry, name) {
  const hints = entry.schema.properties[name]?.ui;
  const lent = entry.schema.properties.model?.ui?.mode;
  const list = hints?.from_list;
  // A list of the model's that is empty leaves nothing to choose.
  if (model && list === "vaes") return model.vaes.length > 0;
  if (!model || !entry.model_fields.includes(name)) return true;
  return model.modes[lent ?? entry.name]?.parameters.includes(name) ?? true;
}
