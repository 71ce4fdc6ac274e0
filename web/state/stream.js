/**
 * The live line to the server: one WebSocket that comes back by itself and asks for what it
 * missed. It knows event ids and patience; what an event means is for its listeners.
 *
 * @typedef {{ id: string, type: string, data: any }} StreamEvent
 */

const FIRST_WAIT = 400;
const LONGEST_WAIT = 5000;

export class Stream extends EventTarget {
  /** The id of the newest event seen. */
  #last = "";
  #wait = FIRST_WAIT;
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
      this.#wait = FIRST_WAIT;
      // What was missed since an older id follows; without one, this is where we begin.
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
    this.#timer = setTimeout(() => this.#connect(), this.#wait);
    this.#wait = Math.min(this.#wait * 1.7, LONGEST_WAIT);
  }
}
