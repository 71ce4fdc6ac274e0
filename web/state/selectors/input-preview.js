/** The picture that a brick would work on, as far as the page knows it. */
/** @import { Brick } from "../../document/types.js" */
/** @import { State } from "../types.js" */
import { entryNamed } from "../../document/lookup.js";
import { feeding, find, owner, portName } from "../../document/workflow.js";
import { ofBrick, pictures } from "./tasks.js";

/** @param {unknown} asset an id, or the picture itself as a data URI @returns {string} */
export function address(asset) {
  if (typeof asset !== "string" || asset === "") return "";
  return asset.startsWith("data:image/") ? asset : `/api/assets/${encodeURIComponent(asset)}/file`;
}

/**
 * What comes in at a port: what a value brick holds, else the newest result; without a wire the
 * brick's own choice. Empty when there is none yet.
 * @param {State} state
 * @param {Brick} brick
 * @param {string} port
 * @returns {string} its address
 */
export function arriving(state, brick, port) {
  const wire = feeding(state.workflow, `${brick.id}.${port}`)[0];
  if (!wire) return address(brick.props[port]);
  const source = find(state.workflow, owner(wire.from));
  const entry = entryNamed(state.entries, source?.type);
  if (!source || !entry) return "";
  const output = portName(wire.from);
  if (entry.kind === "value") return address(source.props[output]);
  const made = ofBrick(state, source.id).flatMap((task) => pictures(task, output));
  return made[0]?.output.url ?? "";
}
