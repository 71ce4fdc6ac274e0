/**
 * Types of the duplicates in the gallery. Types only.
 *
 * @import { Asset } from "./types.js"
 *
 * @typedef {{ asset: Asset, distance: number }} DuplicateMember `distance`: differing bits from the best image
 * @typedef {{ kind: "same" | "near", members: DuplicateMember[] }} DuplicateGroup the best image first
 *
 * @typedef {object} Duplicates
 * @property {number} distance the most bits that may differ
 * @property {readonly DuplicateGroup[]} groups
 * @property {string | null} cursor of the next groups
 * @property {number | null} total null while they are loaded
 * @property {number} analysing images that were not compared yet
 */

export {};
