/**
 * Requests to the REST API: addresses, JSON and problem documents.
 *
 * @import { Json } from "../document/types.js"
 */

/** The number of waiting tasks that the page lists at once. */
export const WINDOW = 60;

/** @template T @typedef {{ items: T[], next_cursor?: string | null, total?: number }} List */

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

export const OFFLINE = { detail: "The server is not responding.", fix: "Your workflow is kept. The page reconnects automatically." };

export class Client {
  /** Called when the server requires its token. */
  onLocked = () => {};

  /**
   * @param {string} method
   * @param {string} path below /api @param {Json | FormData | object} [body]
   * @returns {Promise<any>}
   */
  async call(method, path, body) {
    const answer = await this.send(method, path, body, {});
    return answer.status === 204 ? null : received(answer.json());
  }

  /** @param {string} path below `/api` @returns {Promise<string>} the body as text */
  async text(path) {
    return received((await this.send("GET", path, undefined, {})).text());
  }

  /**
   * @param {string} method
   * @param {string} path below `/api`
   * @param {any} body
   * @param {Record<string, string>} more headers
   * @returns {Promise<Response>} a successful one
   */
  async send(method, path, body, more) {
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
}

/**
 * The body of an answer. Throws a `Problem` where the connection ends within it.
 * @template T
 * @param {Promise<T>} body
 * @returns {Promise<T>}
 */
export function received(body) {
  return body.catch(() => {
    throw new Problem(0, OFFLINE);
  });
}

/** A file as the body of a request. @param {Blob} file */
export function withFile(file) {
  const form = new FormData();
  form.append("file", file);
  return form;
}
