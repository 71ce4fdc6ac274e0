/**
 * The models, LoRAs, styles and words that the server lists. Types only: nothing here runs.
 *
 * @import { Json } from "../document/types.js"
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
 * @property {"chunks" | "cut" | "whole"} long_prompt
 * @property {Record<string, TokenCount>} texts by parameter
 *
 * @typedef {{ id: string, label: string, bytes: number }} Download an entry of the catalogue that provides a missing model
 */

export {};
