/**
 * Normalization of JSON schemas: an optional value, `anyOf` with null, becomes the plain field.
 *
 * @import { Entry, FieldSchema } from "./types.js"
 */

/**
 * @param {any} schema
 * @returns {FieldSchema}
 */
function flatten(schema) {
  const options = schema.anyOf ?? schema.oneOf;
  if (!Array.isArray(options)) return schema;
  const real = options.filter((option) => option.type !== "null");
  return real.length === 1 ? { ...real[0], ...schema, anyOf: undefined } : schema;
}

/** @param {Entry} entry @returns {Entry} */
export function readEntry(entry) {
  const properties = Object.fromEntries(
    Object.entries(entry.schema?.properties ?? {}).map(([name, schema]) => [name, flatten(schema)]),
  );
  return { ...entry, schema: { ...entry.schema, properties } };
}

/**
 * Fields that belong to no brick, as the declaration from which a form is made.
 * @param {string} name
 * @param {{ title: string, summary: string, schema: Entry["schema"] }} section
 * @returns {Entry}
 */
export function formEntry(name, { title, summary, schema }) {
  const none = { lane: null, transient: false, has_brick: false, rewrites: [], inputs: [], outputs: [], model_fields: [] };
  return readEntry({ name, kind: "value", title, summary, category: "setting", ...none, schema });
}
