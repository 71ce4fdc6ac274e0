/**
 * Saved workflows, imports, and the problems of a run. Types only: nothing here runs.
 *
 * @import { Download } from "./model-types.js"
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
 */

export {};
