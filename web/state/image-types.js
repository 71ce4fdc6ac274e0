/**
 * Images and the gallery. Types only: nothing here runs.
 *
 * @import { ImageFilter } from "../document/image-filter.js"
 * @import { Json } from "../document/types.js"
 * @import { ReplayReport } from "./task-types.js"
 *
 * @typedef {object} Asset
 * @property {string} id
 * @property {string} url
 * @property {string} thumbnail_url
 * @property {number | null} width
 * @property {number | null} height
 * @property {string | null} name original file name
 * @property {import("../document/image-metadata.js").Metadata} metadata
 * @property {string} created_at
 * @property {string} kind
 * @property {number} rating 0 to 5
 * @property {boolean} favourite
 * @property {string[]} tags
 * @property {string | null} note
 * @property {string[]} collections ids
 * @property {string | null} deleted_at
 * @property {string | null} task_id
 * @property {string | null} operation `upload` and `import` where no task made it
 * @property {string} prompt
 * @property {string} negative_prompt
 * @property {{ id: string, label: string } | null} model
 * @property {number | null} seed
 * @property {{ name: string, weight: number }[]} loras
 * @property {Licence | null} licence
 * @property {ReplayReport | null} [replay]
 * @property {{ sentences: string[], contradicted: boolean }} [verification] of its provenance, once it was checked
 * @property {{ id: string, thumbnail_url: string }[]} [parents] absent in lists
 * @property {{ id: string, thumbnail_url: string }[]} [children] absent in lists
 *
 * @typedef {{ label: string, commercial: "yes" | "conditional" | "no", terms?: string | null, url: string | null, sentence?: string }} Licence
 * @typedef {{ value: string, label: string, count: number }} FacetValue
 *
 * @typedef {object} Facets
 * @property {number} total
 * @property {number} all without the filter
 * @property {number} trash
 * @property {number} favourites
 * @property {Record<string, FacetValue[]>} facets
 * @property {{ month: string, count: number }[]} months
 * @property {number} indexing images that words do not find yet
 *
 * @typedef {{ id: string, name: string, count: number, cover_url: string | null }} Collection
 * @typedef {{ id: string, state: "running" | "done" | "failed" | "cancelled", done: number, total: number, added: number, duplicates: number, failed: { name: string, detail: string }[] }} ImageImport
 * @typedef {"newest" | "oldest" | "rating" | "largest"} ImageSort
 * @typedef {{ day: string, count: number, offset: number }} Day images of a day, and the place of the first
 *
 * @typedef {object} ImageList
 * @property {ImageFilter} filter
 * @property {ImageSort} sort
 * @property {number | null} total null until it is known
 * @property {readonly Day[]} days empty where the order is not by date
 * @property {ReadonlyMap<number, Asset>} items by their place
 * @property {number} inserted images that appeared at the top since the list was opened
 * @property {number} generation a new one for each filter: later answers of an earlier one are dropped
 * @property {{ text: string, fix: string } | null} problem
 * @property {number} milliseconds of the last search
 *
 * @typedef {object} ImageSelection
 * @property {ReadonlySet<string>} ids
 * @property {boolean} all everything that the filter matches
 * @property {boolean} explicit chosen image by image: a further click adds to it on a touch screen
 * @property {number} anchor the place that Shift extends from
 *
 * @typedef {{ distance: number, groups: readonly { kind: "same" | "near", members: { asset: Asset, distance: number }[] }[], cursor: string | null, total: number | null, analysing: number }} Duplicates the best image first; `distance`: bits that differ
 *
 * @typedef {object} Gallery
 * @property {ImageList} list
 * @property {number} focus the place of the image in focus, -1 for none
 * @property {ImageSelection} selection
 * @property {Facets | null} facets
 * @property {Collection[]} collections
 * @property {number} cell the least side of a cell, pixels
 * @property {"" | "filters" | "detail"} sheet the panel over the grid of a small screen
 * @property {ImageImport | null} importing
 * @property {Duplicates | null} duplicates the groups that are shown in place of the images
 *
 * @typedef {object} Edit an image in the photo editor, stored by Apply only
 * @property {string} operation
 * @property {string} asset the original image
 * @property {string} brick whose settings are edited, empty for an image alone
 * @property {string} shownIn the brick that gets the new image as a result
 * @property {Record<string, Json>} values those that differ from their defaults
 * @property {string} preview object URL of the newest preview, empty while all values are neutral
 * @property {boolean} busy a preview is being rendered
 * @property {string} problem
 */

export {};
