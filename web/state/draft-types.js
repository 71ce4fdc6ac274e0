/**
 * The types of drafts on the server. Types only: nothing here runs.
 *
 * @import { Workflow } from "../document/types.js"
 *
 * @typedef {{ name: string, revision: string, at: number | null, edited: boolean }} SavedState the saved workflow that a draft edits
 * @typedef {{ id: string, revision: number, updated_at: string, workflow: Workflow, results: Record<string, string[]>, saved: SavedState | null }} ServerDraft
 * @typedef {{ id: string, revision: number, updated_at: string, name: string, bricks: number, saved_name: string | null }} DraftEntry
 */

export {};
