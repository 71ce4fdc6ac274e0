/** Selectors of styles: those around a prompt. */
/** @import { Brick } from "../../document/types.js" */
/** @import { State } from "../types.js" */
import { entryNamed } from "../../document/lookup.js";
import { feeding, find, origin, owner, portName } from "../../document/workflow.js";
import { operationDownstream } from "./models.js";

/**
 * The styles around the texts of a brick: those of the operation that draws them.
 * @param {State} state
 * @param {Brick} brick an operation, or a value that one is connected to
 * @returns {string[]} ids, the closest to the text first
 */
export function stylesAround(state, brick) {
  const { entries, workflow } = state;
  const operation = entryNamed(entries, brick.type)?.kind === "operation" ? brick : operationDownstream(state, brick);
  const port = entryNamed(entries, operation?.type)?.inputs.find((input) => input.type === "styles");
  if (!operation || !port) return [];
  const wire = feeding(workflow, `${operation.id}.${port.name}`)[0];
  const end = wire && origin(entries, workflow, wire.from);
  const styles = end ? find(workflow, owner(end))?.props[portName(end)] : operation.props[port.fields[0] ?? port.name];
  return Array.isArray(styles) ? styles.map(String) : [];
}
