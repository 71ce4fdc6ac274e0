/**
 * The REST client of the gallery: lists, facets, bulk changes, collections, imports.
 *
 * @import { ImageFilter } from "../document/image-filter.js"
 * @import { List } from "./api.js"
 * @import { Api } from "./studio-api.js"
 * @import { Asset, Collection, Day, Duplicates, Facets, ImageImport, ImageSort } from "./types.js"
 *
 * @typedef {{ ids: readonly string[] } | { filter: ImageFilter }} Targets images of a bulk request
 * @typedef {{ rating?: number, favourite?: boolean, note?: string, add_tags?: string[], remove_tags?: string[] }} ImageChanges
 * @typedef {{ changed: number }} Changed
 */
import { received } from "./api.js";
import { bulkFilter, filterQuery } from "../document/image-filter.js";

export class ImageApi {
  /** @param {Api} api */
  constructor(api) {
    this.api = api;
  }

  /** @param {ImageFilter} filter @param {ImageSort} sort @param {number} offset @param {number} limit @returns {Promise<List<Asset>>} */
  list(filter, sort, offset, limit) {
    return this.api.call("GET", `/assets?${filterQuery(filter, { sort, offset, limit })}`);
  }

  /** @param {ImageFilter} filter @returns {Promise<{ total: number, days: Day[] }>} newest first */
  days(filter) {
    return this.api.call("GET", `/assets/days?${filterQuery(filter)}`);
  }

  /** @param {ImageFilter} filter @returns {Promise<Facets>} */
  facets(filter) {
    return this.api.call("GET", `/assets/facets?${filterQuery(filter)}`);
  }

  /** @param {number} distance @param {number} limit @param {string} cursor empty for the first page @returns {Promise<List<Duplicates["groups"][number]> & { analysing: number }>} */
  duplicates(distance, limit, cursor) {
    const query = filterQuery({ kind: ["image"] }, { distance, limit, ...(cursor ? { cursor } : {}) });
    return this.api.call("GET", `/assets/duplicates?${query}`);
  }

  /** @param {Targets} targets @param {ImageChanges} changes @returns {Promise<Changed>} */
  annotate(targets, changes) {
    return this.#bulk("/assets/annotate", targets, { changes });
  }

  /** @param {Targets} targets @returns {Promise<Changed>} */
  trash(targets) {
    return this.#bulk("/assets/trash", targets);
  }

  /** @param {Targets} targets @returns {Promise<Changed>} */
  restore(targets) {
    return this.#bulk("/assets/restore", targets);
  }

  /** Deletes images of the trash for good. @param {Targets} targets @returns {Promise<Changed>} */
  purge(targets) {
    return this.#bulk("/assets/purge", targets);
  }

  /**
   * @param {Targets} targets
   * @param {{ metadata?: boolean, provenance?: boolean }} kept parts of the files; all by default
   * @returns {Promise<{ url: string, images: number, bytes: number }>}
   */
  archive(targets, kept) {
    return this.#bulk("/assets/archive", targets, kept);
  }

  /** @returns {Promise<List<Collection>>} */
  collections() {
    return this.api.call("GET", "/collections");
  }

  /** @param {string} name @returns {Promise<Collection>} */
  createCollection(name) {
    return this.api.call("POST", "/collections", { name });
  }

  /** @param {string} id @param {string} name @returns {Promise<Collection>} */
  renameCollection(id, name) {
    return this.api.call("PATCH", `/collections/${encodeURIComponent(id)}`, { name });
  }

  /** @param {string} id */
  deleteCollection(id) {
    return this.api.call("DELETE", `/collections/${encodeURIComponent(id)}`);
  }

  /** @param {string} id @param {"add" | "remove"} change @param {Targets} targets @returns {Promise<Changed>} */
  collect(id, change, targets) {
    return this.#bulk(`/collections/${encodeURIComponent(id)}/${change}`, targets);
  }

  /** @param {readonly File[]} files images and zip archives @param {string} collection empty for none @returns {Promise<ImageImport>} */
  importFiles(files, collection) {
    const form = new FormData();
    for (const file of files) form.append("file", file);
    form.append("dates", JSON.stringify(files.map((file) => new Date(file.lastModified).toISOString())));
    if (collection) form.append("collection", collection);
    return this.api.call("POST", "/assets/import", form);
  }

  /** Runs an image again from its snapshot. @param {string} id @returns {Promise<{ task_id: string }>} of the comparison */
  replay(id) {
    return this.api.call("POST", `/assets/${encodeURIComponent(id)}/replay`);
  }

  /** The claims of an image about its origin, checked. @param {string} id @returns {Promise<{ sentences: string[], contradicted: boolean }>} */
  verify(id) {
    return this.api.call("GET", `/assets/${encodeURIComponent(id)}/provenance`);
  }

  /** @param {string} id @returns {Promise<ImageImport>} */
  importState(id) {
    return this.api.call("GET", `/assets/imports/${encodeURIComponent(id)}`);
  }

  /** The file of an image, with its metadata. @param {Asset} asset @returns {Promise<File>} */
  async file({ id, url, name }) {
    const blob = await received(fetch(url).then((answer) => answer.blob()));
    return new File([blob], name ?? `${id}.png`, { type: blob.type });
  }

  /** @param {string} path @param {Targets} targets @param {object} [more] @returns {Promise<any>} */
  #bulk(path, targets, more = {}) {
    const body = "filter" in targets ? { filter: bulkFilter(targets.filter) } : targets;
    return this.api.call("POST", path, { ...body, ...more });
  }
}
