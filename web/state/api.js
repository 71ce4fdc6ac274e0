/**
 * The REST client: addresses, JSON and problem documents.
 *
 * @import { Entry, Json, Workflow } from "../document/types.js"
 * @import { Asset, BrickProblem, Model, Preset, Queue, SavedWorkflow, System, Task, BlockedBrick } from "./types.js"
 */

/** A problem document of the server, or its absence. */
export class Problem extends Error {
  /**
   * @param {number} status 0 when the server is unreachable
   * @param {Record<string, any>} body
   */
  constructor(status, body) {
    super(body.detail || body.title || `The server responded with status ${status}.`);
    this.status = status;
    this.code = String(body.code ?? "");
    this.fix = String(body.fix ?? "");
    /** @type {string} */
    this.field = body.field ?? "";
    /** @type {import("./types.js").Download[]} */
    this.pull = body.pull ?? [];
    /** @type {{ brick?: string, field?: string, detail: string, fix?: string }[]} */
    this.errors = body.errors ?? [];
  }
}

const OFFLINE = { detail: "The server is not responding.", fix: "Your workflow is kept. The page reconnects automatically." };

/** The number of waiting tasks that the page lists at once. */
export const WINDOW = 60;

/** @template T @typedef {{ items: T[], next_cursor?: string | null, total?: number }} List */

export class Api {
  /** Called when the server requires its token. */
  onLocked = () => {};

  /**
   * @param {string} method
   * @param {string} path below /api @param {Json | FormData | object} [body]
   * @returns {Promise<any>}
   */
  async call(method, path, body) {
    const answer = await this.#fetch(method, path, body, {});
    return answer.status === 204 ? null : answer.json();
  }

  /** @param {string} path below `/api` @returns {Promise<string>} the body as text */
  text = async (path) => (await this.#fetch("GET", path, undefined, {})).text();

  /**
   * @param {string} method
   * @param {string} path below `/api`
   * @param {any} body
   * @param {Record<string, string>} more headers
   * @returns {Promise<Response>} a successful one
   */
  async #fetch(method, path, body, more) {
    const form = body instanceof FormData;
    const answer = await fetch(`/api${path}`, {
      method,
      body: body === undefined ? undefined : form ? body : JSON.stringify(body),
      headers: { ...more, ...(body === undefined || form ? {} : { "Content-Type": "application/json" }) },
    }).catch(() => null);
    if (!answer) throw new Problem(0, OFFLINE);
    if (answer.ok) return answer;
    const problem = new Problem(answer.status, await answer.json().catch(() => ({})));
    if (answer.status === 401 && problem.code === "token_required") this.onLocked();
    throw problem;
  }

  /**
   * Queues one task of an operation, which starts also while auto-run is off: the user waits for it.
   * @param {string} operation
   * @param {Record<string, Json>} params
   * @returns {Promise<{ task_id: string }>}
   */
  submit(operation, params) {
    return this.call("POST", `/${encodeURIComponent(operation)}`, { ...params, hold: false });
  }

  /**
   * The first image of a transient run: no task, no stored file. A newer run of the same slot supersedes it.
   * @param {string} operation
   * @param {Record<string, Json>} params
   * @param {string} slot
   * @returns {Promise<Blob>}
   */
  async preview(operation, params, slot) {
    const body = { ...params, transient: true, slot };
    const { outputs } = await this.call("POST", `/${encodeURIComponent(operation)}`, body);
    const answer = await fetch(outputs[0].url).catch(() => null);
    if (!answer?.ok) throw new Problem(answer?.status ?? 0, OFFLINE);
    return answer.blob();
  }

  /**
   * @param {Record<string, Json>} params
   * @param {string} slot
   * @returns {Promise<Record<string, Json>>}
   */
  async countTokens(params, slot) {
    const { outputs } = await this.call("POST", "/count_tokens", { ...params, transient: true, slot });
    return outputs[0].value;
  }

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

  /** @returns {Promise<System>} */
  system() {
    return this.call("GET", "/system");
  }

  /** @param {number} offset @param {number} ended @param {boolean} cancelled @returns {Promise<import("./types.js").QueueSnapshot>} */
  snapshot(offset, ended, cancelled) {
    return this.call("GET", `/queue/snapshot?offset=${offset}&limit=${WINDOW}&ended=${ended}&cancelled=${cancelled}`);
  }

  /** @param {string[]} ids @returns {Promise<List<Task>>} */
  tasksById(ids) {
    return this.call("GET", `/tasks?${new URLSearchParams([["limit", String(ids.length)], ...ids.map((id) => ["id", id])])}`);
  }

  /**
   * A page of the history, newest first.
   * @param {import("./types.js").TaskFilter} filter
   * @param {string | null} cursor
   * @returns {Promise<List<Task>>}
   */
  history(filter, cursor) {
    const set = Object.entries({ ...filter, cursor: cursor ?? "" }).filter(([, value]) => value);
    return this.call("GET", `/tasks?${new URLSearchParams([["limit", "50"], ...set])}`);
  }

  /** @param {string} id @returns {Promise<Task>} */
  task(id) {
    return this.call("GET", `/tasks/${encodeURIComponent(id)}`);
  }

  /** @param {string} id @returns {Promise<Task>} */
  cancel(id) {
    return this.call("POST", `/tasks/${encodeURIComponent(id)}/cancel`);
  }

  /** @param {string} id @returns {Promise<Task>} */
  retry(id) {
    return this.call("POST", `/tasks/${encodeURIComponent(id)}/retry`);
  }

  /** @param {string} id @param {Record<string, Json>} change @returns {Promise<Task>} */
  changeTask(id, change) {
    return this.call("PATCH", `/tasks/${encodeURIComponent(id)}`, change);
  }

  /** @param {string} id @param {Record<string, Json>} repetition @returns {Promise<{ task_ids: string[] }>} */
  repeat(id, repetition) {
    return this.call("POST", `/tasks/${encodeURIComponent(id)}/repeat`, repetition);
  }

  /** @param {Record<string, Json>} selection @returns {Promise<{ cancelled: number }>} */
  cancelTasks(selection) {
    return this.call("POST", "/tasks/cancel", selection);
  }

  /** @param {Record<string, Json>} selection @returns {Promise<{ retried: number }>} */
  retryTasks(selection) {
    return this.call("POST", "/tasks/retry", selection);
  }

  /** @param {Record<string, Json>} selection @returns {Promise<{ released: number }>} */
  releaseTasks(selection) {
    return this.call("POST", "/tasks/release", selection);
  }

  /** @param {Partial<Pick<Queue, "paused" | "auto_run" | "cleared_at">>} change @returns {Promise<Queue>} */
  changeQueue(change) {
    return this.call("PATCH", "/queue", change);
  }

  /** @returns {Promise<Queue>} */
  clearFinished() {
    return this.call("POST", "/queue/clear");
  }

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
    const answer = await this.#fetch("GET", `/workflows/${encodeURIComponent(name)}`, undefined, {});
    return { workflow: await answer.json(), revision: answer.headers.get("ETag") ?? "" };
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
    const answer = await this.#fetch("PUT", `/workflows/${encodeURIComponent(name)}`, workflow, headers);
    return answer.headers.get("ETag") ?? "";
  }

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
    const answer = await this.#fetch("PUT", `/drafts/${encodeURIComponent(id)}`, content, headers);
    return (await answer.json()).revision;
  }

  /** @param {string} id */
  deleteDraft(id) {
    return this.call("DELETE", `/drafts/${encodeURIComponent(id)}`);
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

  /** @param {File} file @returns {Promise<{ workflow: Workflow, problems: BrickProblem[], report: import("./types.js").ImportReport }>} */
  importFile(file) {
    return this.call("POST", "/workflows/import", withFile(file));
  }

  /** @param {Workflow} workflow @returns {Promise<{ prompt: object, report: import("./types.js").ImportReport }>} in the API format of ComfyUI */
  exportComfy(workflow) {
    return this.call("POST", "/workflows/export", { workflow });
  }

  /** @param {string} token */
  signIn(token) {
    return this.call("POST", "/session", { token });
  }
}

/** @param {Blob} file */
function withFile(file) {
  const form = new FormData();
  form.append("file", file);
  return form;
}

/** @param {string} model empty for none */
function forModel(model) {
  return model ? `?model=${encodeURIComponent(model)}` : "";
}
