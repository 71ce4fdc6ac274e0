/** Queries for the memory estimate of a brick's settings. */
/** @import { Brick, Json } from "../../document/types.js" */
/** @import { State } from "../types.js" */
import { entryNamed, portOfField } from "../../document/lookup.js";
import { feeding, find, owner } from "../../document/workflow.js";
import { chosenModel } from "./models.js";

/**
 * The value of a parameter, set in the brick or over a wire.
 * @param {State} state
 * @param {Brick} brick
 * @param {string} name
 * @returns {Json | undefined}
 */
function valueOf(state, brick, name) {
  const entry = entryNamed(state.entries, brick.type);
  const port = portOfField(entry, name);
  const wire = port && feeding(state.workflow, `${brick.id}.${port.name}`)[0];
  const source = wire && find(state.workflow, owner(wire.from));
  return (source ?? brick).props[name];
}

/**
 * The ControlNets on this machine whose bricks are wired to a brick.
 * @param {State} state
 * @param {Brick} brick
 */
function controlsOf(state, brick) {
  const present = new Set(
    state.companions.filter((model) => model.task === "control" && model.present).map((model) => model.id),
  );
  return feeding(state.workflow, `${brick.id}.control`)
    .map((wire) => String(find(state.workflow, owner(wire.from))?.props.model ?? ""))
    .filter((id) => present.has(id));
}

/**
 * The query for a brick's model, size, steps, LoRAs and ControlNets: an address below /models, or null.
 * @param {State} state
 * @param {Brick} brick an operation brick
 * @returns {string | null}
 */
export function fitQuery(state, brick) {
  const model = chosenModel(state, brick);
  if (!model?.present) return null;
  const query = new URLSearchParams();
  for (const [name, least] of /** @type {const} */ ([["width", 16], ["height", 16], ["num_images", 2], ["num_inference_steps", 1]])) {
    const value = valueOf(state, brick, name);
    if (typeof value === "number" && value >= least) query.set(name, String(Math.round(value)));
  }
  const available = new Set(state.loras.map((lora) => lora.id));
  const loras = /** @type {{ name: string, enabled?: boolean }[]} */ (valueOf(state, brick, "loras") ?? [])
    .filter((use) => use.enabled !== false && available.has(use.name))
    .map((use) => use.name);
  if (loras.length) query.set("loras", loras.join(","));
  const controls = controlsOf(state, brick);
  if (controls.length) query.set("controls", controls.join(","));
  return `${encodeURIComponent(model.id)}/fit?${query}`;
}
