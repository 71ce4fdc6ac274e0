/**
 * The types of a workflow document and of the declarations that its bricks follow.
 * Types only: nothing here runs.
 *
 * @typedef {string | number | boolean | null | Json[] | { [key: string]: Json }} Json
 *
 * @typedef {object} InputPort
 * @property {string} name
 * @property {string} type
 * @property {string[]} fields names of the parameters that a wire here feeds
 * @property {boolean} required
 * @property {boolean} many
 *
 * @typedef {{ name: string, type: string, many: boolean }} OutputPort
 *
 * @typedef {object} FieldHints
 * @property {string} [widget]
 * @property {number} [step]
 * @property {string} [side] of a frame: top, bottom, left or right
 * @property {string} [unit]
 * @property {boolean} [advanced]
 * @property {boolean} [from_model] an absent value means the chosen model's default
 * @property {string} [group] the heading that it stands under in a large form
 * @property {string} [handle] the handle on a picture that moves it
 * @property {string} [from_list] a select offers this list of the chosen model's record
 * @property {string} [task] what a companion must be able to do
 * @property {string} [placeholder] what an empty field says
 * @property {Record<string, string>} [choices] what a select offers, with its words
 * @property {Record<string, Json[]>} [when] shown only while these parameters have one of these values
 * @property {string} [mode] of a model field: what the model must be able to do, if not the operation itself
 *
 * @typedef {object} FieldSchema
 * @property {string | string[]} [type]
 * @property {string} [title]
 * @property {string} [description]
 * @property {number} [minimum]
 * @property {number} [maximum]
 * @property {number} [multipleOf]
 * @property {number} [maxLength]
 * @property {Json} [default]
 * @property {Json[]} [enum]
 * @property {number} [maxItems]
 * @property {FieldHints} [ui]
 *
 * @typedef {object} Entry one operation, value or view that can stand on the wall
 * @property {string} name
 * @property {"operation" | "value" | "view"} kind
 * @property {string} title
 * @property {string} summary
 * @property {string} category
 * @property {string | null} lane
 * @property {boolean} transient whether it can run without a trace, for a look
 * @property {boolean} on_wall whether it can stand on the wall
 * @property {InputPort[]} inputs
 * @property {OutputPort[]} outputs
 * @property {string[]} model_fields parameters that a model may have no use for
 * @property {{ properties: Record<string, FieldSchema>, required?: string[] }} schema
 *
 * @typedef {object} Brick
 * @property {string} id
 * @property {string} type
 * @property {Record<string, Json>} props
 * @property {number} column
 * @property {number} row
 *
 * @typedef {{ from: string, to: string }} Wire "brick.port" on both ends
 *
 * @typedef {object} Workflow
 * @property {string} format
 * @property {string} name
 * @property {string} description
 * @property {Brick[]} bricks
 * @property {Wire[]} wires
 */

export {};
