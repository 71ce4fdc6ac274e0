/**
 * Operations, models, LoRAs, styles and words over REST.
 *
 * @import { Entry } from "../document/types.js"
 * @import { List } from "./api.js"
 * @import { Model } from "./types.js"
 */
import { Client } from "./api.js";

export class ModelApi extends Client {
  /** @returns {Promise<List<Entry> & { kinds: import("../document/types.js").Kind[] }>} */
  operations() {
    return this.call("GET", "/operations");
  }

  /** @returns {Promise<List<Model> & Partial<Pick<import("./types.js").State, "companions" | "refused">>>} */
  models() {
    return this.call("GET", "/models");
  }

  /** @param {string} id @returns {Promise<{ task_id: string }>} */
  pullModel(id) {
    return this.call("POST", `/models/${encodeURIComponent(id)}/pull`);
  }

  /** @param {string} question @returns {Promise<import("./types.js").Fit>} */
  fit(question) {
    return this.call("GET", `/models/${question}`);
  }

  /** @returns {Promise<List<import("./types.js").Lora>>} */
  loras() {
    return this.call("GET", "/loras");
  }

  /** @returns {Promise<List<import("./types.js").Style>>} */
  styles() {
    return this.call("GET", "/styles");
  }

  /** @param {string} model empty for none @returns {Promise<List<import("./types.js").WordCategory>>} */
  words(model) {
    return this.call("GET", `/vocabulary${forModel(model)}`);
  }

  /** @param {string} model empty for none @returns {Promise<List<{ name: string, token: string, drawable: boolean }>>} */
  lists(model) {
    return this.call("GET", `/wildcards${forModel(model)}`);
  }

  /** @param {string} category @param {string} word @returns {Promise<List<import("./types.js").WordCategory>>} */
  addWord(category, word) {
    return this.call("POST", "/vocabulary", { category, word });
  }

  /** @param {string} category @param {string} word */
  removeWord(category, word) {
    return this.call("DELETE", `/vocabulary/${encodeURIComponent(category)}/${encodeURIComponent(word)}`);
  }
}

/** @param {string} model empty for none */
function forModel(model) {
  return model ? `?model=${encodeURIComponent(model)}` : "";
}
