/**
 * The event stream: a WebSocket that reconnects with back-off and resumes after the last event id.
 *
 * @typedef {{ id: string, type: string, data: any }} StreamEvent
 */

const MIN_DELAY = 400; // milliseconds
const MAX_DELAY = 5000; // milliseconds

export class Stream extends EventTarget {
  /** Id of the newest event. */
  #last = "";
  #delay = MIN_DELAY;
  #timer = 0;
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
    this.#socket?.close();
    this.#socket = null;
  }

  #connect() {
    const address = new URL("/api/ws", location.href);
    address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    if (this.#last) address.searchParams.set("after", this.#last);
    const socket = new WebSocket(address);
    this.#socket = socket;
    socket.addEventListener("message", (event) => this.#receive(String(event.data)));
    socket.addEventListener("close", () => this.#closed(socket));
  }

  /** @param {string} text */
  #receive(text) {
    /** @type {StreamEvent} */
    const event = JSON.parse(text);
    if (event.type === "hello") {
      this.#delay = MIN_DELAY;
      // With an id the missed events follow; without one the stream starts here.
      this.#last ||= event.id;
      this.dispatchEvent(new Event("open"));
      return;
    }
    if (event.id) this.#last = event.id;
    this.dispatchEvent(new CustomEvent("event", { detail: event }));
  }

  /** @param {WebSocket} socket */
  #closed(socket) {
    if (this.#stopped || socket !== this.#socket) return;
    this.dispatchEvent(new Event("lost"));
    this.#timer = setTimeout(() => this.#connect(), this.#delay);
    this.#delay = Math.min(this.#delay * 1.7, MAX_DELAY);
  }
}
