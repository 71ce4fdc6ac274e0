/**
 * The requests that elements make, by name, with their detail. Elements dispatch events and never
 * call each other; the page controller performs the effect.
 *
 * @import { Json, Workflow } from "../document/types.js"
 * @import { LooseWire } from "../document/wiring.js"
 * @import { ImageFilter } from "../document/image-filter.js"
 * @import { Gallery, ImageSort, Overlay, State } from "./types.js"
 *
 * @typedef {object} Requests
 * @property {{ brick: string, name: string, value: Json | undefined }} set-prop
 * @property {{ brick: string, props: Record<string, Json | undefined>, label: string, key?: string }} set-props changes with equal keys merge in quick succession
 * @property {{ type: string, props?: Record<string, Json>, column?: number, row?: number, unwired?: string, wire?: LooseWire }} add-brick `unwired`: an input that gets no wire; `wire`: one that it takes
 * @property {{ brick: string }} remove-brick
 * @property {{ brick: string, column: number, row: number, insert?: boolean }} move-brick
 * @property {{ brick: string, dx: number, dy: number }} nudge-brick
 * @property {{ brick: string }} duplicate-brick with the selection that holds it
 * @property {{ bricks: string[], mode?: "replace" | "add" | "toggle" }} select
 * @property {{}} select-all
 * @property {{}} toggle-run-on-change
 * @property {{ format: "qpyt" | "comfyui" }} export-workflow as a file
 * @property {{ text: string }} paste-text bricks, or a workflow as JSON
 * @property {{ brick: string }} toggle-brick
 * @property {{ brick: string }} toggle-bypass
 * @property {{ brick: string, name: string }} toggle-exposed a parameter in the form of the workflow
 * @property {{ from: string, to: string, instead?: string }} connect
 * @property {{ wire: LooseWire, port?: string, side?: string, brick?: string }} drop-wire on a port, on a brick, or on an empty spot
 * @property {{ to: string, from?: string }} disconnect
 * @property {{}} wire-by-rule
 * @property {{}} tidy lays out all bricks by their wires
 * @property {{ to: number | "fit" | "in" | "out" }} zoom the wall to a scale or by a step
 * @property {{}} undo
 * @property {{}} redo
 * @property {{ name: string }} rename
 * @property {{ until?: string, from?: string, keepSeeds?: boolean }} run up to a brick, or a brick and all after it anew; else the whole workflow; `keepSeeds`: random ones of unchanged bricks
 * @property {{}} cancel-run the newest one
 * @property {{ text?: string }} cancel-all of the queue, or those whose prompt has a text
 * @property {{ task: string }} cancel-task
 * @property {{ task: string }} retry-task with the same seed
 * @property {{ task: string, before?: string, after?: string, end?: "top" | "bottom" }} move-task
 * @property {{ task: string, by: -1 | 1 }} nudge-task one place up or down
 * @property {{ task: string, held: boolean }} hold-task
 * @property {{ task: string, priority: number }} set-priority
 * @property {{ task: string, times?: number, seed?: "new" | "next" | "same", params?: Record<string, Json> }} repeat-task
 * @property {{}} retry-failed all failed tasks
 * @property {{}} release-all tasks that the user holds
 * @property {{}} clear-finished
 * @property {import("./types.js").AlertAction} recover performs a recovery action of an alert
 * @property {{}} toggle-pause
 * @property {{}} toggle-auto-run
 * @property {{ offset: number }} show-queue-part the waiting tasks from that place on
 * @property {{}} show-more-ended
 * @property {{}} toggle-cancelled
 * @property {{ filter: import("./types.js").TaskFilter | null }} search-history null ends the search
 * @property {{ task: string }} edit-task the parameters of a waiting one; empty ends it
 * @property {{ values?: Record<string, Json | undefined>, file?: { name: string, file: File } }} edit-task-values
 * @property {{}} save-task-edit
 * @property {{ asset: string, brick?: string, shownIn?: string }} edit-image
 * @property {{ values: Record<string, Json | undefined> }} edit-values
 * @property {{}} reset-edit
 * @property {{}} apply-edit
 * @property {{}} end-edit
 * @property {{ asset: string, type: string, name: string, brick: string }} send-image an empty `brick` adds a new one
 * @property {{ url: string }} copy-image
 * @property {{ asset: string }} load-asset
 * @property {{}} open-gallery loads it at its first visit
 * @property {{ filter?: ImageFilter, sort?: ImageSort }} search-images
 * @property {{ filter?: ImageFilter }} search-picker
 * @property {{ list: "gallery" | "picker", from: number, to: number }} load-images `to` is exclusive
 * @property {{ index: number, toggle?: boolean, range?: boolean, touch?: boolean }} pick-image focus and selection
 * @property {{ indices: number[], keep: boolean }} pick-box
 * @property {{}} pick-all
 * @property {{}} pick-none
 * @property {{ cell: number }} set-cell
 * @property {{ sheet: Gallery["sheet"] }} show-sheet
 * @property {{ asset: string }} find-image shows all images, with one in focus
 * @property {{ rating: number, asset?: string }} rate-images one image, else the selected ones, else the one in focus
 * @property {{ asset?: string }} toggle-favourite of the same images
 * @property {{ add?: string[], remove?: string[], asset?: string }} tag-images the same ones
 * @property {{}} reject-images by a tag, or not any more
 * @property {{ asset: string, note: string }} note-image
 * @property {{ asset?: string }} trash-images for good where they are in the trash
 * @property {{}} restore-images
 * @property {{ all?: boolean }} purge-images
 * @property {{ name: string, collect?: boolean }} new-collection `collect`: of the selected images
 * @property {{ collection: string, name: string }} rename-collection
 * @property {{ collection: string }} delete-collection
 * @property {{ collection: string, ids?: string[] }} collect-images
 * @property {{ collection: string }} uncollect-images
 * @property {{}} undo-images
 * @property {{ distance: number }} find-duplicates and show them in the gallery
 * @property {{}} more-duplicates
 * @property {{ group: import("./types.js").Duplicates["groups"][number], asset: string }} keep-duplicate trashes the others of its group
 * @property {{}} keep-best of each group shown
 * @property {{}} confirm the question that is shown
 * @property {{ asset: string }} open-on-wall with its settings
 * @property {{ assets: string[] }} use-as-input
 * @property {{ asset: string, brick: string, name: string }} send-to-brick
 * @property {{ metadata?: boolean, provenance?: boolean }} download-images the parts of the files that the zip keeps; all by default
 * @property {{}} copy-settings
 * @property {{ files: File[], collection?: string }} import-images
 * @property {{ asset: string }} replay-image
 * @property {{ asset: string }} verify-image checks its provenance
 * @property {{ file: File, brick?: string, name?: string }} upload-file
 * @property {{ brick: string, masks: { region?: number, mask: Blob | null }[] }} save-masks of a brick or of its regions; null removes one
 * @property {{ brick: string, image: Blob | null, props?: Record<string, import("../document/types.js").Json> }} save-drawing null removes it
 * @property {{ model: string }} pull-model
 * @property {{ question: string }} load-fit
 * @property {{ brick: string, question: string }} count-tokens
 * @property {{ brick: string, words: string }} add-words to the prompt of the connected operation
 * @property {{}} load-styles
 * @property {{ model: string }} load-words
 * @property {{ category: string, word: string, model: string }} add-word
 * @property {{ category: string, word: string, model: string }} remove-word
 * @property {{ brick: string, operation: string }} rewrite-prompt
 * @property {{ brick: string }} end-rewrite cancels it, or dismisses its error
 * @property {{ text: string }} use-as-prompt
 * @property {{}} save
 * @property {{ name: string }} save-as
 * @property {{ name: string }} save-over over the version that others saved
 * @property {{ name: string }} save-both under a free name like this one
 * @property {{}} end-conflict saves nothing
 * @property {{ name: string }} open-saved
 * @property {{ name: string }} open-preset
 * @property {{ name: string }} delete-saved
 * @property {{ name: string, id?: string }} restore-deleted the newest of that name without an id
 * @property {{ name: string, to: string }} rename-saved
 * @property {{ name: string }} duplicate-saved a workflow or a preset
 * @property {{ name: string, tags: string[] }} tag-saved
 * @property {{ name: string }} load-versions
 * @property {{ name: string, version: string }} restore-version
 * @property {{ query?: string, tag?: string }} search-library
 * @property {{}} load-deleted
 * @property {{ file: File }} import-workflow a JSON file of this studio or of ComfyUI
 * @property {{}} new-wall
 * @property {{ name: string }} open-form of a saved workflow or preset
 * @property {{ revision: string }} open-draft a version of another tab
 * @property {{ workflow: Workflow }} discard-draft
 * @property {{ id: string }} open-canvas a draft of the server
 * @property {{ id: string }} delete-canvas
 * @property {{ brick: string, field: string, keep: "mine" | "theirs" }} resolve-conflict
 * @property {{ place: string }} open-place by its id
 * @property {{ place: string }} show-place of the address, and close the sheets of a small screen
 * @property {{}} load-settings
 * @property {{ name: string, value: import("./system.js").SettingValue }} set-setting null resets it
 * @property {{ hours: number }} load-machine
 * @property {Partial<import("./system.js").LogFilter>} load-log its newest records, with a changed filter
 * @property {{}} older-log
 * @property {{ paused: boolean }} pause-log
 * @property {{ task: string }} show-task-log of a task
 * @property {{}} reconnect at once
 * @property {Overlay} show
 * @property {{ keys: Record<string, readonly string[]> }} set-keys chords of actions, by id; those that are left out have their defaults
 * @property {{}} toggle-theme
 * @property {{}} toggle-queue
 * @property {{ id: number }} dismiss
 * @property {{}} open-datasets loads their list
 * @property {{ id: string }} open-dataset empty closes it
 * @property {{}} more-dataset-images the next page
 * @property {{ files: import("./datasets.js").PlacedFile[], id?: string }} import-dataset into a dataset; without `id`, a new one
 * @property {{ names: readonly string[] }} select-dataset-images
 * @property {{ name: string, caption: string }} caption-image of a dataset
 * @property {import("./datasets.js").CaptionEdit} edit-captions of the selected images, or of all
 * @property {{ id: string, values: Record<string, Json | undefined> }} describe-dataset writes captions of the selected images, or of all
 * @property {{}} remove-dataset-images the selected ones
 * @property {{}} repair-dataset
 * @property {{ version: number }} restore-dataset
 * @property {{ id: string }} trash-dataset
 * @property {{}} make-dataset of the selected images of the gallery, with their prompts as captions
 * @property {{ id: string, name: string }} rename-dataset
 * @property {{ id: string, samples: number }} augment-dataset as a copy with changed images
 * @property {{}} open-dataset-trash loads it
 * @property {{ id: string }} recover-dataset from the trash
 * @property {{ id: string }} purge-dataset asks first
 * @property {{ tab: string }} show-training a tab of the place
 * @property {{}} open-runs loads the list of trainings
 * @property {{ id: string }} open-run empty for the list
 * @property {{ run: string, step: number }} use-checkpoint puts its LoRA into the library
 * @property {{ run: string, prompt: string, step: number, weight: number, seed: number }} test-prompt draws it with the base and with a checkpoint
 * @property {{ params: Record<string, Json> }} new-training opens the form with these parameters
 * @property {{}} load-training-form
 * @property {{ section: string, values: Record<string, Json | undefined> }} change-training values of a section of the configuration, or of the operation for an empty one
 * @property {{}} start-training
 * @property {{}} open-evaluations loads their list
 * @property {{ id: string }} open-evaluation empty for the list
 * @property {{ run: string }} start-evaluation of all checkpoints of a training
 * @property {{ id: string, row: number, column: number }} vote-evaluation
 * @property {{}} open-searches loads their list
 * @property {{ id: string }} open-search empty for the list
 * @property {{}} new-search opens its form
 * @property {{ part: "training" | "budget", values: Record<string, Json | undefined> }} change-search
 * @property {{ section: string, values: Record<string, Json | undefined> }} change-search-section values of the configuration that trials share
 * @property {{ ranges: import("./searches.js").RangeText[] }} change-ranges of the form
 * @property {{}} start-search
 * @property {{ id: string, action: "pause" | "resume" | "cancel" }} control-search
 * @property {{}} train-best opens the form of a training with the best settings of the open search
 * @property {{ operation: string, values?: Record<string, Json | undefined> }} open-lab a form of the LoRA lab, with these values
 * @property {{ operation: string, values: Record<string, Json | undefined> }} change-lab
 * @property {{ operation: string }} run-lab
 * @property {{ path: string }} load-lookup a list of the server that a field offers
 * @property {{ text: string, label: string }} copy-text to the clipboard; `label` names it
 * @property {{}} open-log loads the history
 * @property {{ filter: Partial<import("./types.js").LogFilter> }} filter-log
 * @property {{}} more-log the next page
 * @property {{}} unfold-log cancelled tasks
 * @property {{ task: string }} select-log
 * @property {{ task: string }} mark-log the first task of a comparison, empty for none
 * @property {{ task: string, note: string }} note-task
 * @property {{ task: string, seeds: "same" | "policy" }} restore-task as a workflow
 * @property {{ asset: string }} restore-asset as a workflow
 * @property {{}} restore-last the newest completed task
 * @property {{ of: "tasks" | "assets", a: string, b: string }} compare-snapshots
 * @property {{}} compare-images the two selected ones
 * @property {{}} undo-action the last deletion or cancel
 * @property {{}} clear-transient
 * @property {{}} open-sets loads the list at a visit
 * @property {{ set: string }} open-set empty for the list
 * @property {{ theme: string, seed?: number }} change-theme of the next run
 * @property {{}} random-theme
 * @property {{ values?: Record<string, Json | undefined>, card?: Record<string, Json | undefined>, plain?: boolean, policy?: string }} change-recipe of the next run
 * @property {{ rows?: string[] }} run-set
 * @property {{}} load-sets the list, where it is not loaded
 * @property {{ set: string, theme: string, values: Record<string, Json> }} run-batch of a brick; `values` replace those of the set
 * @property {{ batch: string }} watch-batch follows it for a brick
 * @property {{ batch: string, row: string }} show-row in the place of sets
 * @property {{ brick: string, name: string }} random-prop a random theme
 * @property {{ operation: string, params: Record<string, Json>, axes: { name: string, values: Json[] }[] }} run-matrix
 * @property {{ row: string }} focus-row
 * @property {{ pane: import("./sets.js").SetPane }} show-pane of a small screen
 * @property {{ batch: string }} open-batch empty for none
 * @property {{ step: -1 | 1 }} step-batch 1 is the older one
 * @property {{ action: "pause" | "resume" | "cancel" | "retry" }} change-batch
 * @property {{ rows?: string[] }} redo-rows without rows the marked ones
 * @property {{ rows: string[], marked: boolean }} mark-rows
 * @property {{ filter: import("./sets.js").SetsState["filter"] }} filter-rows
 * @property {{ row: string, asset: string }} choose-variant
 * @property {{ values: Record<string, Json | undefined> }} change-print
 * @property {{ file: File }} upload-back the image of the backs of a print
 * @property {{ format: "cards" | "contact_sheet" }} print-batch downloads the file
 * @property {{}} measure-harmony of the images of the batch, and mark those that stand out
 * @property {{ name?: string, csv?: string, encoding?: string }} new-set
 * @property {{ file: File }} read-table into the set that is edited, or a new one
 * @property {{ set: string, copy: boolean }} edit-set
 * @property {{ definition?: Record<string, any>, csv?: string }} change-draft
 * @property {{ section: string, values: Record<string, Json | undefined> | null }} change-draft-part a part of the definition; null: without it
 * @property {{ values: Record<string, Json | undefined> }} change-draft-print
 * @property {{ metadata: boolean, provenance: boolean }} download-batch the parts of the files that the zip keeps
 * @property {{ file: File }} upload-draft-back
 * @property {{}} save-draft
 * @property {{}} end-draft
 * @property {{ set: string }} delete-set
 * @property {{ token: string }} sign-in
 *
 * @typedef {<K extends keyof Requests>(name: K, detail: Requests[K]) => void} MakeRequest
 * @typedef {{ brickId: string, request: MakeRequest, dispatchEvent: (event: Event) => boolean }} FormHost the element around the form of a brick
 * @typedef {{ render: (state: State) => void, signal: AbortSignal }} Subscription
 */

/** The event that carries a request up to the page controller. */
export const REQUEST = "qp-request";

/** The event with which an element subscribes to snapshots. */
export const SUBSCRIBE = "qp-subscribe";
