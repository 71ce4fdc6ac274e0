/**
 * Every request an element can make, by name, with what it carries.
 * Elements dispatch, the studio answers; no element ever calls another.
 *
 * @import { Json } from "../document/types.js"
 * @import { Overlay, Picture, State } from "./types.js"
 *
 * @typedef {object} Requests
 * @property {{ brick: string, name: string, value: Json | undefined }} set-prop
 * @property {{ brick: string, props: Record<string, Json | undefined>, label: string, key?: string }} set-props changes with one key merge while they follow closely
 * @property {{ type: string, props?: Record<string, Json>, column?: number, row?: number, free?: string }} add-brick free: an input that is not wired
 * @property {{ brick: string }} remove-brick
 * @property {{ brick: string, column: number, row: number, insert?: boolean }} move-brick
 * @property {{ brick: string, dx: number, dy: number }} nudge-brick
 * @property {{ brick: string }} toggle-brick
 * @property {{ from: string, to: string, instead?: string }} connect
 * @property {{ to: string, from?: string }} disconnect
 * @property {{}} wire-by-rule
 * @property {{}} undo
 * @property {{}} redo
 * @property {{ name: string }} rename
 * @property {{}} run
 * @property {{}} cancel-run
 * @property {{ task: string }} cancel-task
 * @property {{ task: string }} retry-task
 * @property {{ task: string }} move-to-front
 * @property {{}} clear-waiting
 * @property {{}} toggle-pause
 * @property {{ picture: Picture }} restore
 * @property {{ asset: string, brick?: string, shownIn?: string }} edit-picture
 * @property {{ values: Record<string, Json | undefined> }} edit-values
 * @property {{}} reset-edit
 * @property {{}} apply-edit
 * @property {{}} end-edit
 * @property {{ asset: string, type: string, name: string, brick: string }} send-picture a new brick of the type when none is named
 * @property {{ url: string }} copy-picture
 * @property {{ asset: string }} ask-asset
 * @property {{}} more-pictures of the gallery
 * @property {{ recipe: import("../document/image-metadata.js").Recipe }} restore-recipe
 * @property {{ file: File, brick?: string, name?: string }} take-file
 * @property {{ brick: string, mask: Blob | null }} keep-mask null takes it away
 * @property {{ model: string }} pull-model
 * @property {{ question: string }} ask-fit
 * @property {{ brick: string, words: string }} add-words to the prompt of what the brick feeds
 * @property {{}} read-styles
 * @property {{}} read-words
 * @property {{ category: string, word: string }} add-word
 * @property {{ category: string, word: string }} remove-word
 * @property {{ brick: string, operation: string, names: string[] }} rewrite-prompt
 * @property {{ brick: string }} end-rewrite stops it, or puts its message away
 * @property {{ text: string }} use-as-prompt
 * @property {{}} save
 * @property {{ name: string }} save-as
 * @property {{ name: string }} open-saved
 * @property {{ name: string }} open-preset
 * @property {{ name: string }} delete-saved
 * @property {{}} new-wall
 * @property {Overlay} show
 * @property {{}} toggle-theme
 * @property {{}} toggle-queue
 * @property {{ id: number }} dismiss
 * @property {{ token: string }} sign-in
 *
 * @typedef {<K extends keyof Requests>(name: K, detail: Requests[K]) => void} MakeRequest
 * @typedef {{ render: (state: State) => void, signal: AbortSignal }} Subscription
 */

/** The one event that carries a request up to the studio. */
export const REQUEST = "qp-request";

/** The one event with which an element subscribes to snapshots. */
export const SUBSCRIBE = "qp-subscribe";
