/**
 * The types of a workflow document and of the declarations that its bricks follow.
 * Types only: nothing here runs.
 *
 * @typedef {string | number | boolean | null | Json[] | { [key: string]: Json }} Json
 *
 * @typedef {object} Kind a kind of thing that wires carry and tasks make
 * @property {string} name
 * @property {string} noun
 * @property {"image" | "text" | "value" | "file" | "none"} display element that shows a result
 * @property {string} ending of its files, empty for values
 * @property {{ light: string, dark: string }} wire CSS colours by theme
 *
 * @typedef {object} InputPort
 * @property {string} name
 * @property {string} type
 * @property {string[]} fields parameters that a wire to this port sets
 * @property {boolean} required
 * @property {boolean} many
 *
 * @typedef {{ name: string, type: string, many: boolean }} OutputPort
 *
 * @typedef {object} FieldHints
 * @property {string} [widget]
 * @property {number} [step]
 * @property {string} [side] side of the image: top, bottom, left or right
 * @property {string} [unit]
 * @property {boolean} [advanced]
 * @property {boolean} [tokens] a prompt, shown with the number of its tokens
 * @property {boolean} [from_model] the default is the selected model's
 * @property {string} [group] heading in a large form
 * @property {string} [handle] handle on the image that changes it
 * @property {number} [neutral] value from which a slider is filled
 * @property {string} [from_list] a select of this list in the selected model's record
 * @property {string} [task] task of the auxiliary models to choose from
 * @property {string} [placeholder] placeholder of an empty field
 * @property {string} [none] label of the option for no value
 * @property {Record<string, string>} [choices] labels of a select's options, by value
 * @property {Record<string, Json[]>} [when] visible only while these parameters have one of these values
 * @property {string} [path] list of the REST API that a lookup offers
 * @property {string} [value] field of its items that is the value
 * @property {string} [title] field of its items that is the label
 * @property {boolean} [closed] no other value is allowed
 * @property {string} [mode] mode that a model must support, if not the operation's own
 *
 * @typedef {object} FieldSchema
 * @property {string | string[]} [type]
 * @property {string} [title]
 * @property {string} [description]
 * @property {number} [minimum]
 * @property {number} [maximum]
 * @property {number} [multipleOf]
 * @property {number} [maxLength]
 * @property {FieldSchema} [items]
 * @property {FieldSchema[]} [anyOf]
 * @property {Json} [default]
 * @property {Json[]} [enum]
 * @property {number} [maxItems]
 * @property {FieldHints} [ui]
 *
 * @typedef {object} Entry declaration of an operation, a value or a view
 * @property {string} name
 * @property {"operation" | "value" | "view"} kind
 * @property {string} title
 * @property {string} summary
 * @property {string} category
 * @property {string | null} lane
 * @property {boolean} transient runs without a task, for previews
 * @property {boolean} has_brick has a brick
 * @property {boolean} [in_lab] has a form in the LoRA lab
 * @property {string[]} rewrites fields of a prompt that its text output may replace
 * @property {InputPort[]} inputs
 * @property {OutputPort[]} outputs
 * @property {string[]} model_fields parameters that some models do not support
 * @property {{ properties: Record<string, FieldSchema>, required?: string[] }} schema
 *
 * @typedef {object} Brick
 * @property {string} id
 * @property {string} type
 * @property {Record<string, Json>} props
 * @property {number} column
 * @property {number} row
 * @property {boolean} [bypassed] it passes on its input and does not run
 * @property {boolean} [collapsed] shown as its header with a summary
 * @property {string[]} [exposed] parameters that the form of the workflow shows
 *
 * @typedef {{ from: string, to: string }} Wire "brick.port" on both ends
 *
 * @typedef {object} Workflow
 * @property {string} format
 * @property {string} name
 * @property {string} description
 * @property {string[]} [tags] words to find it by
 * @property {Brick[]} bricks
 * @property {Wire[]} wires
 */

export {};
