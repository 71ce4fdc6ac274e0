/** Selectors of models: candidates, selection, defaults and supported parameters. */
/** @import { Brick, Entry, Json } from "../../document/types.js" */
/** @import { Model, State } from "../types.js" */
import { entryNamed, withId } from "../../document/lookup.js";
import { feeding, find, owner, wiresOutOf } from "../../document/workflow.js";

/** Parameters that are refused, not ignored, where a model has no use for them. */
const GUIDES = ["control", "reference", "regions"];
/** @type {WeakMap<Model[], Map<string, Model[]>>} */
const BY_MODE = new WeakMap();

/**
 * The mode that an operation requires of its model; usually its own name.
 * @param {State} state
 * @param {string} operation
 */
export function modeOf(state, operation) {
  const entry = entryNamed(state.entries, operation);
  return entry?.schema.properties.model?.ui?.mode ?? operation;
}

/**
 * The models that support an operation, downloaded ones first.
 * @param {State} state
 * @param {string} operation
 * @returns {Model[]}
 */
export function modelsFor(state, operation) {
  const mode = modeOf(state, operation);
  const { models } = state;
  const byMode = BY_MODE.get(models) ?? new Map();
  BY_MODE.set(models, byMode);
  if (!byMode.has(mode)) {
    const supporting = models.filter((model) => mode in model.modes);
    byMode.set(mode, Object.freeze(supporting.sort((a, b) => Number(b.present) - Number(a.present))));
  }
  return byMode.get(mode);
}

/**
 * @param {State} state
 * @param {Brick} brick an operation brick
 * @returns {Model | undefined}
 */
export function chosenModel(state, brick) {
  const models = modelsFor(state, brick.type);
  return withId(models, brick.props.model) ?? models[0];
}

/**
 * The operation with a model that a value brick is connected to.
 * @param {State} state
 * @param {Brick} brick
 * @returns {Brick | undefined}
 */
export function operationDownstream(state, brick) {
  const targets = wiresOutOf(state.workflow, brick.id).map((wire) => find(state.workflow, owner(wire.to)));
  return targets.find((target) => target && chosenModel(state, target));
}

/**
 * The model of the operation that a value brick is connected to, else the first available one.
 * @param {State} state
 * @param {Brick} brick
 * @returns {{ model: Model, operation: string } | null}
 */
export function modelDownstream(state, brick) {
  const target = operationDownstream(state, brick);
  const chosen = target && chosenModel(state, target);
  if (chosen) return { model: chosen, operation: modeOf(state, target.type) };
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
 * The titles of the connected inputs that the model of an operation has no use for.
 * @param {State} state
 * @param {Brick} brick an operation brick
 * @param {Entry} entry
 */
export function uselessInputs(state, brick, entry) {
  const model = chosenModel(state, brick);
  const ports = entry.inputs.filter((port) => feeding(state.workflow, `${brick.id}.${port.name}`).length > 0);
  const names = ports.flatMap((port) => port.fields).filter((name) => !modelSupports(model, entry, name));
  // A negative prompt is wired by rule, also to models without one.
  return names.filter((name) => GUIDES.includes(name)).map((name) => entry.schema.properties[name]?.title ?? name);
}

/**
 * Reports whether a parameter has an effect with a model.
 * @param {Model | undefined} model
 * @param {Entry} entry
 * @param {string} name a parameter
 */
export function modelSupports(model, entry, name) {
  const hints = entry.schema.properties[name]?.ui;
  const mode = entry.schema.properties.model?.ui?.mode;
  const list = hints?.from_list;
  // An empty list leaves nothing to choose.
  if (model && list === "vaes") return model.vaes.length > 0;
  if (!model || !entry.model_fields.includes(name)) return true;
  return model.modes[mode ?? entry.name]?.parameters.includes(name) ?? true;
}
