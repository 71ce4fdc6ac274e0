/**
 * The parameters that the form of a workflow may show.
 *
 * @import { Brick, Entry, Workflow } from "./types.js"
 */
import { portOfField } from "./lookup.js";
import { feeding } from "./workflow.js";

/**
 * The parameters of a brick with a control or an editor, each with its title: without those that a
 * wire fills. The hidden ones of a value have an editor.
 * @param {Workflow} workflow
 * @param {Brick} brick
 * @param {Entry | undefined} entry
 * @returns {[string, string][]}
 */
export function exposableFields(workflow, brick, entry) {
  if (!entry) return [];
  const fields = Object.entries(entry.schema.properties);
  return fields
    .filter(([, schema]) => schema.ui?.widget !== "hidden" || entry.kind === "value")
    .filter(([name]) => !isFilled(workflow, brick, entry, name))
    .map(([name, schema]) => [name, schema.title ?? name]);
}

/**
 * The names of the parameters that the form shows; none of a bypassed brick.
 * @param {Workflow} workflow
 * @param {Brick} brick
 * @param {Entry | undefined} entry
 */
export function exposedFields(workflow, brick, entry) {
  if (brick.bypassed) return [];
  return exposableFields(workflow, brick, entry).flatMap(([name]) => (brick.exposed?.includes(name) ? [name] : []));
}

/** Reports whether a wire fills a parameter alone. @param {Workflow} workflow @param {Brick} brick @param {Entry} entry @param {string} name */
function isFilled(workflow, brick, entry, name) {
  const port = portOfField(entry, name);
  return port?.fields.length === 1 && feeding(workflow, `${brick.id}.${port.name}`).length > 0;
}
