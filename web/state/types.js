/**
 * The types of the server's records and of the state of the page. Types only: nothing here runs.
 *
 * @import { Entry, Json, Kind, Workflow } from "../document/types.js"
 * @import { ImageFilter } from "../document/image-filter.js"
 *
 * @typedef {object} ModelMode
 * @property {string[]} parameters
 * @property {Record<string, Json>} defaults
 *
 * @typedef {object} Model
 * @property {string} id
 * @property {string} label
 * @property {string} family
 * @property {string} family_label
 * @property {string} note
 * @property {boolean} present
 * @property {"present" | "incomplete" | "missing"} state
 * @property {string | null} licence
 * @property {{ label: string, commercial: "yes" | "conditional" | "no" | "unknown", outputs: string, terms: string | null, url: string | null, sentence: string } | null} licence_details
 * @property {boolean} gated the download needs an account
 * @property {number | null} size_bytes
 * @property {{ id: string | null, label: string, command: string | null, path: string, bytes: number | null }[]} lacks missing parts
 * @property {string | null} problem
 * @property {{ id: string, label: string }[]} samplers
 * @property {{ id: string, label: string }[]} vaes compatible with the model
 * @property {Record<string, ModelMode>} modes
 * @property {[number, number][]} sizes
 * @property {number} size_multiple
 * @property {Record<string, string[]>} vocabulary
 * @property {string[]} examples
 * @property {Fit | null} memory at its usual size
 * @property {number | null} seconds_per_image
 *
 * @typedef {object} Lora
 * @property {string} id
 * @property {string} label
 * @property {string} folder
 * @property {string[]} families ids of compatible families
 * @property {string} family_label
 * @property {string | null} refusal reason why it cannot be loaded
 * @property {string[]} trigger_words
 * @property {string | null} thumbnail_url
 *
 * @typedef {object} AuxiliaryModel an upscaler, background remover or text model
 * @property {string} id
 * @property {string} label
 * @property {string} task operation kind that it serves
 * @property {boolean} present
 * @property {number} size_bytes
 * @property {Model["licence_details"]} licence_details
 * @property {Model["lacks"]} lacks
 *
 * @typedef {object} Style a prompt template
 * @property {string} id
 * @property {string} name
 * @property {string} category
 * @property {string} prompt
 * @property {string} negative_prompt
 * @property {string | null} unavailable the LoRAs that it lacks
 * @property {string} thumbnail_url
 *
 * @typedef {object} WordCategory a category of the word list
 * @property {string} id
 * @property {string} label
 * @property {string[]} words
 * @property {string[]} own
 * @property {string[]} unknown words of both lists that the model cannot draw
 * @property {boolean} of_model a group of the model's own vocabulary
 *
 * @typedef {object} Rewrite a prompt that an operation rewrites
 * @property {string} operation
 * @property {string} task empty until the server created it
 * @property {TaskError | null} trouble
 *
 * @typedef {object} Fit
 * @property {boolean} fits
 * @property {string} sentence
 * @property {{ id: string, label: string } | null} plan
 * @property {number} needed_bytes
 * @property {number} free_bytes
 * @property {number} total_bytes
 * @property {number | null} [seconds]
 *
 * @typedef {object} TokenCount
 * @property {number} tokens
 * @property {boolean} varies a seed decides the text
 * @property {string | null} ignored a weight that has no effect with the model
 * @property {{ word: string, nearest: string | null }[]} unknown words that the model cannot draw
 *
 * @typedef {object} TokenCounts
 * @property {string} question parameters of the count, as JSON
 * @property {number} window tokens that the text encoder reads at once
 * @property {"chunks" | "cut"} long_prompt
 * @property {Record<string, TokenCount>} texts by parameter
 *
 * @typedef {object} Progress
 * @property {string} phase
 * @property {number} step
 * @property {number} steps
 * @property {number} image
 * @property {number} images
 * @property {number | null} fraction
 * @property {number | null} eta_seconds
 * @property {string | null} preview_url
 * @property {{ port: string, index: number, kind: string, url: string }[]} [outputs] the images that are stored already
 * @property {Record<string, number | null>} [metrics] the newest value of each metric
 *
 * @typedef {object} Output
 * @property {string} port
 * @property {number} index
 * @property {string} kind
 * @property {string} asset_id
 * @property {string} url
 * @property {string} thumbnail_url
 * @property {Json} value
 * @property {number | null} width
 * @property {number | null} height
 * @property {number | null} seed
 *
 * @typedef {{ code?: string, title?: string, detail: string, field?: string | null, fix?: string | null, pull?: Download[] }} TaskError
 * @typedef {{ id: string, label: string, bytes: number }} Download an entry of the catalogue that provides a missing model
 *
 * @typedef {object} Task
 * @property {string} id
 * @property {string} operation
 * @property {string} title
 * @property {"pending" | "held" | "running" | "completed" | "failed" | "cancelled"} status
 * @property {string[]} hold_reasons
 * @property {string | null} run_id
 * @property {string | null} brick_id
 * @property {string | null} [project_id]
 * @property {number} [priority] 0, 10, 20 or 30; lower runs first
 * @property {number} version
 * @property {Record<string, Json>} params
 * @property {Progress | null} progress
 * @property {Output[]} outputs
 * @property {{ code: string, field: string | null, detail: string }[]} warnings
 * @property {TaskError | null} error
 * @property {{ label: string, params: Record<string, Json> | null, seed: "new" | "next" | "same" }[]} [fixes] of a failed one
 * @property {Record<string, number | null | undefined>} timings seconds, by phase
 * @property {boolean} cancel_requested
 * @property {boolean} cached
 * @property {string} created_at
 * @property {string | null} [note]
 * @property {string | null} finished_at
 *
 * @typedef {{ name: string, state: string, detail: string | null, concurrency?: number }} Lane
 *
 * @typedef {object} TaskFilter
 * @property {string} text part of a prompt, an operation or an error
 * @property {string} status empty for all
 * @property {string} operation empty for all
 * @property {string} model empty for all
 * @property {string} project_id empty for all
 *
 * @typedef {{ filter: TaskFilter, items: string[], next: string | null, total: number }} TaskHistory
 * @typedef {{ task: string, version: number, values: Record<string, Json | undefined>, field: string, problem: string, busy: boolean }} TaskEdit
 *
 * @typedef {Omit<Queue, "running"> & { event_id: string, running: Task[], offset: number, waiting: Task[], starts_in_seconds: (number | null)[], ended: Task[] }} QueueSnapshot
 *
 * @typedef {object} Queue
 * @property {boolean} paused
 * @property {boolean} auto_run submitted tasks start by themselves
 * @property {string | null} cleared_at tasks that finished up to then are not listed
 * @property {Record<string, number>} counts
 * @property {number | null} eta_seconds
 * @property {Lane[]} lanes
 *
 * @typedef {{ label: string, path: string | null, body: Record<string, Json> | null, show: "failed" | null }} AlertAction
 * @typedef {{ code: string, severity: "error" | "warning" | "info", detail: string, fix: string, actions: AlertAction[] }} Alert
 *
 * @typedef {object} System
 * @property {string} version
 * @property {string} [page] version of the page's own files
 * @property {{ kind: string, name: string, memory_bytes?: number, free_bytes?: number }} device
 * @property {{ total_bytes: number, used_bytes: number }} memory
 * @property {{ free_bytes: number, total_bytes: number }} disk
 * @property {{ lane: string, state: string, detail: string | null, restarts: number }[]} workers
 * @property {number} failures_last_hour
 * @property {Alert[]} [alerts]
 * @property {{ waiting: number, stale: boolean, eta_seconds: number | null }} queue
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
 *
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
 * @typedef {{ distance: number, groups: readonly { kind: "same" | "near", members: { asset: Asset, distance: number }[] }[], cursor: string | null, total: number | null, analysing: number }} Duplicates the best image first; `distance`: bits that differ
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
 * @typedef {{ node: string, type: string, title: string, status: "mapped" | "approximated" | "unmapped" | "skipped", becomes: string, detail: string, bricks: string[] }} ImportedNode
 * @typedef {{ source: string, mapped: number, approximated: number, unmapped: number, skipped: number, nodes: ImportedNode[], missing: { kind: string, name: string, detail: string, fix: string }[] }} ImportReport
 * @typedef {{ brick: string, field: string, detail: string, fix?: string, pull?: Download[] }} BrickProblem
 * @typedef {{ brick: string, needs: string, detail: string, fix: string, field: string }} BlockedBrick a brick that the run skipped until the user fills in `needs`, its own `field` where it has one
 * @typedef {{ name: string, description: string, tags: string[], bricks: number, exposed: number, updated_at: string, thumbnail_url: string | null }} SavedWorkflow
 * @typedef {{ id: string, name: string, deleted_at: string }} DeletedWorkflow
 * @typedef {{ id: string, saved_at: string, bricks: number }} WorkflowVersion
 * @typedef {{ brick: string, field: string, name: string, detail: string, fix: string, pull: Download[] }} MissingModel
 * @typedef {{ name: string, title: string, description: string, tags: string[], exposed: number, missing: MissingModel[] }} Preset
 * @typedef {{ label: string, perform: () => void }} ToastAction
 * @typedef {{ id: number, tone: "calm" | "good" | "warn" | "bad", text: string, fix: string, action?: ToastAction }} Toast
 * @typedef {Pick<State, "draftId" | "savedName" | "savedRevision" | "savedWorkflow" | "savedAt" | "results">} WallState attributes of the open workflow
 * @typedef {Pick<State, "workflow"> & WallState} DraftState
 * @typedef {DraftState & { revision: string, tab: string, at: number }} Draft a version of the canvas, by the tab that wrote it, at milliseconds
 * @typedef {{ output: Output, task: Task }} Picture
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
 *
 * @typedef {{ title: string, text: string, verb: string, perform: () => Promise<void> }} Question before something that cannot be undone
 *
 * @typedef {{ max: number, mean: number, changed: number, pixels: number }} PixelDifference in levels of 0 to 255
 *
 * @typedef {object} ComparedField
 * @property {"task" | "parameters" | "environment"} group
 * @property {string} name
 * @property {string} label
 * @property {any} a
 * @property {any} b
 * @property {boolean} differs
 * @property {{ change: "equal" | "removed" | "added", text: string }[] | null} words
 *
 * @typedef {{ a: string | null, b: string | null, pixels: PixelDifference | null, fields: ComparedField[] }} Comparison images by asset
 *
 * @typedef {object} ReplayReport of the last replay of an image
 * @property {boolean} identical
 * @property {PixelDifference | null} pixels null where the sizes differ
 * @property {number[]} size
 * @property {number[]} other_size
 * @property {{ label: string, before: string | null, after: string | null }[]} changes
 *
 * @typedef {{ text: string, status: string, operation: string, model: string, date: string }} LogFilter
 *
 * @typedef {object} TaskLog tasks of the history
 * @property {LogFilter} filter
 * @property {readonly { date: string, total: number }[]} days
 * @property {readonly Task[]} tasks newest first
 * @property {string | null} next cursor of the next page
 * @property {number} total
 * @property {string} selected a task, empty for none
 * @property {string} marked the first task of a comparison
 * @property {boolean} unfolded cancelled tasks are shown one by one
 *
 * @typedef {object} Overlay
 * @property {"" | "palette" | "library" | "import-report" | "shortcuts" | "lightbox" | "photo-editor" | "mask-editor" | "image-picker" | "viewer" | "confirm" | "comparison" | "matrix"} name
 * @property {Picture[]} [pictures] images of the lightbox, restored when the picker closes
 * @property {number} [index]
 * @property {Question} [question] to confirm
 * @property {Comparison} [comparison] of two snapshots
 * @property {ImportReport} [report] of the last import
 * @property {Asset} [beside] comparison image of the lightbox
 * @property {string} [brick] brick whose mask is painted, or that needs an image
 * @property {string} [field] parameter that takes the image
 * @property {import("../document/wiring.js").LooseWire} [wire] that the brick of the palette takes
 *
 * @typedef {object} State a frozen snapshot, from which elements render
 * @property {Entry[]} entries
 * @property {readonly Kind[]} kinds
 * @property {Model[]} models
 * @property {{ name: string, detail: string, fix: string | null }[]} refused unusable files of the model folders
 * @property {Lora[]} loras
 * @property {AuxiliaryModel[]} companions
 * @property {Style[] | null} styles null until a brick requests them
 * @property {Record<string, WordCategory[]>} wordCategories by model, from when the word list opens
 * @property {Record<string, Rewrite>} rewrites by brick
 * @property {Record<string, Fit>} fits estimates by query
 * @property {Record<string, TokenCounts>} tokenCounts by brick
 * @property {Record<string, Asset | null>} assets loaded assets, null where deleted
 * @property {Gallery} gallery
 * @property {ImageList | null} picker images to choose one from, null until they are asked for
 * @property {string[]} uploading "brick.parameter" of uploads in progress
 * @property {Workflow} workflow
 * @property {string | null} savedName name in the library
 * @property {string} savedRevision of the file that was opened or saved under that name, empty without one
 * @property {Workflow | null} savedWorkflow the workflow saved under that name
 * @property {number | null} savedAt milliseconds
 * @property {Record<string, string[]>} results brick id → task ids, newest first
 * @property {{ name: string } | null} saveConflict a save that would replace a version of others
 * @property {readonly string[]} selected ids of bricks
 * @property {boolean} runOnChange runs after each change
 * @property {string} draftId of the open canvas on the server
 * @property {import("../document/merge.js").MergeConflict[]} conflicts fields that another page changed, too
 * @property {Draft[]} otherDrafts versions of other tabs that the server lacks, listed in the library
 * @property {import("./draft-types.js").DraftEntry[]} openDrafts canvases on the server, listed in the library
 * @property {BrickProblem[]} problems
 * @property {string | null} added id of the newest brick, until the next edit
 * @property {{ to: number | "fit" | "in" | "out" } | null} zoomTo the last request of zoom of the wall: a scale or a step
 * @property {BlockedBrick[]} blocked bricks that the last run skipped
 * @property {Record<string, Task>} tasks
 * @property {string[]} waiting ids of the listed waiting tasks, in the order of the queue
 * @property {number} waitingOffset number of waiting tasks before those
 * @property {number} queueOffset the same, as the lists of the queue request it
 * @property {Record<string, number | null>} startsIn seconds until a listed task starts, null if unknown
 * @property {string[]} ended ids of the listed ended tasks, the last one first
 * @property {number} endedCount number of ended tasks to list
 * @property {boolean} showCancelled cancelled tasks are listed too
 * @property {TaskHistory | null} history tasks of a search, instead of the lists
 * @property {string} announcement the newest sentence for screen readers alone
 * @property {TaskEdit | null} taskEdit the waiting task whose parameters are edited
 * @property {Queue | null} queue
 * @property {System | null} system
 * @property {import("./system.js").SystemViews} views the settings, the log and the machine
 * @property {import("./sets.js").SetsState} sets
 * @property {"connecting" | "online" | "offline"} connection
 * @property {{ since: number, retryAt: number } | null} away last contact with the server and next try, milliseconds
 * @property {boolean} ready the first responses have arrived
 * @property {boolean} locked the server requires its token
 * @property {string} signInError
 * @property {boolean} starting a run is being submitted
 * @property {SavedWorkflow[]} library
 * @property {{ query: string, tag: string, names: string[] | null }} librarySearch names of the matches, null while nothing is searched
 * @property {{ name: string, items: WorkflowVersion[] } | null} versions of a saved workflow
 * @property {DeletedWorkflow[]} deletedWorkflows
 * @property {Preset[]} presets
 * @property {string} place the id of the view that is shown
 * @property {TaskLog | null} log the history, from its first visit on
 * @property {Overlay} overlay
 * @property {Edit | null} edit open in the photo editor
 * @property {boolean} queueOpen the panel at the side; the bottom sheet of a small screen
 * @property {"system" | "light" | "dark"} theme
 * @property {Record<string, readonly string[]>} keys chords that the user gave to actions, by the id of the action
 * @property {Toast[]} toasts
 * @property {string} undoLabel the step that Undo reverts, empty for none
 * @property {string} redoLabel
 */

export {};
