/** The image at an input of a brick. */
/** @import { Brick } from "../../document/types.js" */
/** @import { State } from "../types.js" */
import { entryNamed } from "../../document/lookup.js";
import { feeding, find, owner, portName } from "../../document/workflow.js";
import { tasksOfBrick, pictures } from "./tasks.js";

/** @param {unknown} asset an id, or a data URI of an image @returns {string} */
export function assetUrl(asset) {
  if (typeof asset !== "string" || asset === "") return "";
  return asset.startsWith("data:image/") ? asset : `/api/assets/${encodeURIComponent(asset)}/file`;
}

/**
 * The image at an input port: the value of the connected value brick, else the newest result;
 * without a wire the brick's own value.
 * @param {State} state
 * @param {Brick} brick
 * @param {string} port
 * @returns {string} its address, empty while there is none
 */
export function inputPreview(state, brick, port) {
  const wire = feeding(state.workflow, `${brick.id}.${port}`)[0];
  if (!wire) return assetUrl(brick.props[port]);
  const source = find(state.workflow, owner(wire.from));
  const entry = entryNamed(state.entries, source?.type);
  if (!source || !entry) return "";
  const output = portName(wire.from);
  if (entry.kind === "value") return assetUrl(source.props[output]);
  const images = tasksOfBrick(state, source.id).flatMap((task) => pictures(state, task, output));
  return images[0]?.output.url ?? "";
}
