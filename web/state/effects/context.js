/**
 * The parts of the page that effects work with, and the shape of an effect: one function a
 * request. Types only.
 *
 * @import { Api } from "../studio-api.js"
 * @import { Debounce } from "../debounce.js"
 * @import { ImageApi } from "../image-api.js"
 * @import { KeptSeeds } from "../kept-seeds.js"
 * @import { Live } from "../live.js"
 * @import { Requests } from "../requests.js"
 * @import { Store } from "../store.js"
 * @import { Edit } from "../types.js"
 *
 * @typedef {object} Context
 * @property {Store} store
 * @property {Api} api
 * @property {ImageApi} images
 * @property {Live} live
 * @property {KeptSeeds} seeds random seeds that runs on change keep
 * @property {Debounce<Edit>} previews previews of the photo editor
 * @property {Map<string, Debounce<string>>} counts counts of tokens, by brick
 *
 * @typedef {{ [K in keyof Requests]: (context: Context, detail: Requests[K]) => void | Promise<void> }} Effects
 */

export {};
