/**
 * The state of the page, and the types of the server's records by their concern. Types only: nothing
 * here runs.
 *
 * @import { Entry, Kind, Workflow } from "../document/types.js"
 *
 * @typedef {import("./model-types.js").ModelMode} ModelMode
 * @typedef {import("./model-types.js").Model} Model
 * @typedef {import("./model-types.js").Lora} Lora
 * @typedef {import("./model-types.js").AuxiliaryModel} AuxiliaryModel
 * @typedef {import("./model-types.js").Style} Style
 * @typedef {import("./model-types.js").WordCategory} WordCategory
 * @typedef {import("./model-types.js").Fit} Fit
 * @typedef {import("./model-types.js").TokenCount} TokenCount
 * @typedef {import("./model-types.js").TokenCounts} TokenCounts
 * @typedef {import("./model-types.js").Download} Download
 * @typedef {import("./task-types.js").Rewrite} Rewrite
 * @typedef {import("./task-types.js").Progress} Progress
 * @typedef {import("./task-types.js").Output} Output
 * @typedef {import("./task-types.js").TaskError} TaskError
 * @typedef {import("./task-types.js").Task} Task
 * @typedef {import("./task-types.js").Lane} Lane
 * @typedef {import("./task-types.js").TaskFilter} TaskFilter
 * @typedef {import("./task-types.js").TaskHistory} TaskHistory
 * @typedef {import("./task-types.js").TaskEdit} TaskEdit
 * @typedef {import("./task-types.js").QueueSnapshot} QueueSnapshot
 * @typedef {import("./task-types.js").Queue} Queue
 * @typedef {import("./task-types.js").AlertAction} AlertAction
 * @typedef {import("./task-types.js").Alert} Alert
 * @typedef {import("./task-types.js").System} System
 * @typedef {import("./task-types.js").Picture} Picture
 * @typedef {import("./task-types.js").PixelDifference} PixelDifference
 * @typedef {import("./task-types.js").ComparedField} ComparedField
 * @typedef {import("./task-types.js").Comparison} Comparison
 * @typedef {import("./task-types.js").ReplayReport} ReplayReport
 * @typedef {import("./task-types.js").LogFilter} LogFilter
 * @typedef {import("./task-types.js").TaskLog} TaskLog
 * @typedef {import("./image-types.js").Asset} Asset
 * @typedef {import("./image-types.js").Licence} Licence
 * @typedef {import("./image-types.js").FacetValue} FacetValue
 * @typedef {import("./image-types.js").Facets} Facets
 * @typedef {import("./image-types.js").Collection} Collection
 * @typedef {import("./image-types.js").ImageImport} ImageImport
 * @typedef {import("./image-types.js").ImageSort} ImageSort
 * @typedef {import("./image-types.js").Day} Day
 * @typedef {import("./image-types.js").ImageList} ImageList
 * @typedef {import("./image-types.js").ImageSelection} ImageSelection
 * @typedef {import("./image-types.js").Duplicates} Duplicates
 * @typedef {import("./image-types.js").Gallery} Gallery
 * @typedef {import("./image-types.js").Edit} Edit
 * @typedef {import("./workflow-types.js").ImportedNode} ImportedNode
 * @typedef {import("./workflow-types.js").ImportReport} ImportReport
 * @typedef {import("./workflow-types.js").BrickProblem} BrickProblem
 * @typedef {import("./workflow-types.js").BlockedBrick} BlockedBrick
 * @typedef {import("./workflow-types.js").SavedWorkflow} SavedWorkflow
 * @typedef {import("./workflow-types.js").DeletedWorkflow} DeletedWorkflow
 * @typedef {import("./workflow-types.js").WorkflowVersion} WorkflowVersion
 * @typedef {import("./workflow-types.js").MissingModel} MissingModel
 * @typedef {import("./workflow-types.js").Preset} Preset
 *
 * @typedef {{ label: string, perform: () => void }} ToastAction
 * @typedef {{ id: number, tone: "calm" | "good" | "warn" | "bad", text: string, fix: string, action?: ToastAction }} Toast
 * @typedef {Pick<State, "draftId" | "savedName" | "savedRevision" | "savedWorkflow" | "savedAt" | "results">} WallState attributes of the open workflow
 * @typedef {Pick<State, "workflow"> & WallState} DraftState
 * @typedef {DraftState & { revision: string, tab: string, at: number }} Draft a version of the canvas, by the tab that wrote it, at milliseconds
 * @typedef {{ title: string, text: string, verb: string, perform: () => Promise<void> }} Question before something that cannot be undone
 *
 * @typedef {{ width: number, height: number, title: string, levels: boolean }} CanvasSize pixels; with `levels` grey is painted
 *
 * @typedef {object} Overlay
 * @property {"" | "palette" | "library" | "import-report" | "shortcuts" | "lightbox" | "photo-editor" | "mask-editor" | "pose-editor" | "image-picker" | "viewer" | "confirm" | "comparison" | "matrix" | "sweep"} name
 * @property {Picture[]} [pictures] images of the lightbox, restored when the picker closes
 * @property {number} [index]
 * @property {Question} [question] to confirm
 * @property {Comparison} [comparison] of two snapshots
 * @property {ImportReport} [report] of the last import
 * @property {Asset} [beside] comparison image of the lightbox
 * @property {string} [brick] brick whose mask is painted, or that needs an image
 * @property {string} [field] parameter that takes the image
 * @property {CanvasSize} [canvas] of a drawing without an image under it
 * @property {string} [lora] LoRA whose weight is swept
 * @property {"change-print" | "change-recipe" | "change-draft-print"} [takes] request that takes the image of a form outside the wall
 * @property {import("../document/wiring.js").LooseWire} [wire] that the brick of the palette takes
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
 * @property {import("./training.js").TrainingState} training the tab, the runs, the open run and the form of a new one
 * @property {import("./evaluations.js").EvaluationsState} evaluations their list and the open one
 * @property {import("./searches.js").SearchesState} searches their list, the open one and the form of a new one
 * @property {import("./lab.js").LabState} lab the open form of the LoRA lab, and the last task of each
 * @property {Record<string, Record<string, import("../document/types.js").Json>[]>} lookups items of lists of the server that fields offer, by path
 * @property {import("./datasets.js").DatasetsState | null} datasets from the first visit on
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
