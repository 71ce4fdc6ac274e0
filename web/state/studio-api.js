/**
 * The REST client of the page, one class for each kind of resource: these are drafts, assets and the
 * session.
 *
 * @import { List } from "./api.js"
 * @import { Asset } from "./types.js"
 */
import { Problem, received, withFile } from "./api.js";
import { WorkflowApi } from "./workflow-api.js";

export class Api extends WorkflowApi {
  /** @returns {Promise<List<import("./draft-types.js").DraftEntry>>} */
  drafts() {
    return this.call("GET", "/drafts");
  }

  /** @param {string} id @returns {Promise<import("./draft-types.js").ServerDraft | null>} null where the server has none */
  draft(id) {
    return this.call("GET", `/drafts/${encodeURIComponent(id)}`).catch((error) => {
      if (error instanceof Problem && error.status === 404) return null;
      throw error;
    });
  }

  /** @param {string} name of a saved workflow @returns {Promise<import("./draft-types.js").ServerDraft>} */
  draftOf(name) {
    return this.call("GET", `/workflows/${encodeURIComponent(name)}/draft`);
  }

  /**
   * @param {string} id
   * @param {object} content
   * @param {number} replaces the revision that may be replaced, 0 for none
   * @returns {Promise<number>} the new revision
   */
  async putDraft(id, content, replaces) {
    /** @type {Record<string, string>} */
    const headers = replaces ? { "If-Match": `"${replaces}"` } : {};
    const answer = await this.send("PUT", `/drafts/${encodeURIComponent(id)}`, content, headers);
    return (await received(answer.json())).revision;
  }

  /** @param {string} id */
  deleteDraft(id) {
    return this.call("DELETE", `/drafts/${encodeURIComponent(id)}`);
  }

  /**
   * @param {Blob} file
   * @param {"image" | "mask"} [kind]
   * @returns {Promise<Asset & { warnings?: { detail: string }[] }>}
   */
  upload(file, kind = "image") {
    return this.call("POST", `/assets?kind=${kind}`, withFile(file));
  }

  /** @param {string} id @returns {Promise<Asset>} */
  asset(id) {
    return this.call("GET", `/assets/${encodeURIComponent(id)}`);
  }

  /** @param {string} token */
  signIn(token) {
    return this.call("POST", "/session", { token });
  }
}
