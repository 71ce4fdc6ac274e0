/**
 * The event stream: a WebSocket that reconnects with back-off and resumes after the last event id.
 *
 * Numbered events arrive exactly once and in order: one that came before is dropped, and where
 * numbers are missing, `gap` is dispatched, upon which everything must be read anew. A heartbeat of
 * the server carries the last number, so that a lost last event is noticed; without any message for
 * `SILENCE` the connection is opened again.
 *
 * @typedef {{ id: string, type: string, data: any }} StreamEvent
 */

const MIN_DELAY = 400; // milliseconds
const MAX_DELAY = 5000; // milliseconds
const SILENCE = 16_000; // milliseconds, three heartbeats
/** Types that carry the number of the last event, and have none of their own. */
const UNNUMBERED = new Set(["draft", "heartbeat", "import", "log", "progress"]);

export class Stream extends EventTarget {
  /** Id of the newest event. */
  #last = "";
  #delay = MIN_DELAY;
  #timer = 0;
  #silence = 0;
  #stopped = true;
  /** @type {WebSocket | null} */
  #socket = null;

  start() {
    if (!this.#stopped) return;
    this.#stopped = false;
    this.#connect();
  }

  stop() {
    this.#stopped = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#silence);
    this.#socket?.close();
    this.#socket = null;
  }

  /** Milliseconds at which the next try begins. */
  retryAt = 0;

  /** Tries now instead of after the delay. */
  retry() {
    if (this.#stopped || this.#socket?.readyState === WebSocket.OPEN) return;
    clearTimeout(this.#timer);
    this.#delay = MIN_DELAY;
    this.#connect();
  }

  #connect() {
    const address = new URL("/api/ws", location.href);
    address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    if (this.#last) address.searchParams.set("after", this.#last);
    const socket = new WebSocket(address);
    this.#socket = socket;
    socket.addEventListener("message", (event) => socket === this.#socket && this.#receive(socket, String(event.data)));
    socket.addEventListener("close", () => this.#closed(socket));
  }

  /** @param {WebSocket} socket @param {string} text */
  #receive(socket, text) {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.#closed(socket), SILENCE);
    /** @type {StreamEvent} */
    const event = JSON.parse(text);
    if (event.type === "hello") {
      this.#delay = MIN_DELAY;
      // With an id the missed events follow; without one the stream starts here.
      this.#last ||= event.id;
      this.dispatchEvent(new Event("open"));
      return;
    }
    if (!this.#follow(event)) return;
    if (event.type !== "heartbeat" && event.type !== "reset") this.dispatchEvent(new CustomEvent("event", { detail: event }));
  }

  /** Takes in the number of an event; false where it came before. @param {StreamEvent} event */
  #follow({ id, type }) {
    const [last, next] = [placeOf(this.#last), placeOf(id)];
    const known = last.epoch === next.epoch;
    if (UNNUMBERED.has(type)) {
      if (!known || next.number > last.number) this.#missed(id);
      return true;
    }
    if (known && type !== "reset" && next.number <= last.number) return false;
    if (!known || type === "reset" || next.number > last.number + 1) this.#missed(id);
    this.#last = id;
    return true;
  }

  /** @param {string} id of the newest event */
  #missed(id) {
    this.#last = id;
    this.dispatchEvent(new Event("gap"));
  }

  /** @param {WebSocket} socket */
  #closed(socket) {
    if (this.#stopped || socket !== this.#socket) return;
    this.#socket = null;
    clearTimeout(this.#silence);
    socket.close();
    this.retryAt = Date.now() + this.#delay;
    this.dispatchEvent(new Event("lost"));
    this.#timer = setTimeout(() => this.#connect(), this.#delay);
    this.#delay = Math.min(this.#delay * 1.7, MAX_DELAY);
  }
}

/** The epoch and the number of an event's id. @param {string} id */
export function placeOf(id) {
  const end = id.lastIndexOf("-");
  return { epoch: id.slice(0, end), number: Number(id.slice(end + 1)) };
}
