/**
 * Tasks, the queue, and the state of the studio. Types only: nothing here runs.
 *
 * @import { Json } from "../document/types.js"
 * @import { Download } from "./model-types.js"
 *
 * @typedef {object} Rewrite a prompt that an operation rewrites
 * @property {string} operation
 * @property {string} task empty until the server created it
 * @property {TaskError | null} trouble
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
 * @typedef {{ output: Output, task: Task }} Picture
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
 */

export {};
