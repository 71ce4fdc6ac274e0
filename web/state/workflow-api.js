/**
 * Workflows over REST: wiring, runs, the library, imports and exports.
 *
 * @import { Workflow } from "../document/types.js"
 * @import { List } from "./api.js"
 * @import { BlockedBrick, BrickProblem, Preset, SavedWorkflow } from "./types.js"
 */
import { received, withFile } from "./api.js";
import { TaskApi } from "./task-api.js";

export class WorkflowApi extends TaskApi {
  /**
   * @param {object} workflow in any supported file format
   * @param {string} [append] a new brick: only it is wired, at the end of its chain
   * @returns {Promise<{ workflow: Workflow, problems: BrickProblem[] }>}
   */
  wire(workflow, append) {
    return this.call("POST", "/workflows/wire", { workflow, append });
  }

  /** @param {Workflow} workflow @param {string} [until] the last brick @param {string} [from] it and all after it run anew @returns {Promise<{ run_id: string, tasks: Record<string, string>, waits: BlockedBrick[] }>} */
  run(workflow, until, from) {
    return this.call("POST", "/workflows/run", { workflow, until, from });
  }

  /** @param {string} [query] @param {string} [tag] @returns {Promise<List<SavedWorkflow>>} */
  workflows(query = "", tag = "") {
    const search = new URLSearchParams({ ...(query && { q: query }), ...(tag && { tag }) });
    return this.call("GET", `/workflows${search.size ? `?${search}` : ""}`);
  }

  /** @param {string} name @param {{ name?: string, tags?: string[] }} changes @returns {Promise<SavedWorkflow>} */
  changeWorkflow(name, changes) {
    return this.call("PATCH", `/workflows/${encodeURIComponent(name)}`, changes);
  }

  /** @param {string} name of a saved workflow or preset @returns {Promise<SavedWorkflow>} */
  duplicateWorkflow(name) {
    return this.call("POST", `/workflows/${encodeURIComponent(name)}/duplicate`);
  }

  /** @param {string} name @param {string} [id] in the trash @returns {Promise<{ name: string }>} */
  restoreWorkflow(name, id) {
    return this.call("POST", `/workflows/${encodeURIComponent(name)}/restore`, { id });
  }

  /** @returns {Promise<List<import("./types.js").DeletedWorkflow>>} */
  deletedWorkflows() {
    return this.call("GET", "/trash/workflows");
  }

  /** @param {string} name @returns {Promise<List<import("./types.js").WorkflowVersion>>} */
  versions(name) {
    return this.call("GET", `/workflows/${encodeURIComponent(name)}/versions`);
  }

  /** @param {string} name @param {string} version @returns {Promise<Workflow>} */
  restoreVersion(name, version) {
    return this.call("POST", `/workflows/${encodeURIComponent(name)}/versions/${encodeURIComponent(version)}/restore`);
  }

  /** @param {string} name of a saved workflow or preset @returns {Promise<Workflow>} */
  async anyWorkflow(name) {
    const { items } = await this.workflows();
    return items.some((item) => item.name === name) ? (await this.workflow(name)).workflow : this.preset(name);
  }

  /** @param {string} name @returns {Promise<{ workflow: Workflow, revision: string }>} */
  async workflow(name) {
    const answer = await this.send("GET", `/workflows/${encodeURIComponent(name)}`, undefined, {});
    return { workflow: await received(answer.json()), revision: answer.headers.get("ETag") ?? "" };
  }

  /**
   * @param {string} name
   * @param {Workflow} workflow
   * @param {string | null} replaces the revision that may be replaced, empty for none, null for any
   * @returns {Promise<string>} the new revision
   */
  async saveWorkflow(name, workflow, replaces) {
    /** @type {Record<string, string>} */
    const headers = replaces === null ? {} : replaces ? { "If-Match": replaces } : { "If-None-Match": "*" };
    const answer = await this.send("PUT", `/workflows/${encodeURIComponent(name)}`, workflow, headers);
    return answer.headers.get("ETag") ?? "";
  }

  /** @param {string} name */
  deleteWorkflow(name) {
    return this.call("DELETE", `/workflows/${encodeURIComponent(name)}`);
  }

  /** @returns {Promise<List<Preset>>} */
  presets() {
    return this.call("GET", "/presets/workflows");
  }

  /** @param {string} name @returns {Promise<Workflow>} */
  preset(name) {
    return this.call("GET", `/presets/workflows/${encodeURIComponent(name)}`);
  }

  /** @param {File} file @returns {Promise<{ workflow: Workflow, problems: BrickProblem[], report: import("./types.js").ImportReport }>} */
  importFile(file) {
    return this.call("POST", "/workflows/import", withFile(file));
  }

  /** @param {Workflow} workflow @returns {Promise<{ prompt: object, report: import("./types.js").ImportReport }>} in the API format of ComfyUI */
  exportComfy(workflow) {
    return this.call("POST", "/workflows/export", { workflow });
  }
}
