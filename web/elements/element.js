/**
 * The base class of every custom element: built once, rendered again when a part of the state that
 * it read has changed while it is in the page, with requests as events and listeners that end when it leaves.
 *
 * @import { State } from "../state/types.js"
 * @import { Requests, Subscription } from "../state/requests.js"
 */
import { REQUEST, SUBSCRIBE } from "../state/requests.js";

export class QpElement extends HTMLElement {
  #built = false;
  #life = new AbortController();

  connectedCallback() {
    this.#life = new AbortController();
    if (!this.#built) {
      this.#built = true;
      this.build();
    }
    this.connected(this.#life.signal);
    /** @type {Subscription} */
    const detail = { render: (state) => this.render(state), signal: this.#life.signal };
    this.dispatchEvent(new CustomEvent(SUBSCRIBE, { bubbles: true, detail }));
  }

  disconnectedCallback() {
    this.#life.abort();
  }

  /** Creates the children; called once. */
  build() {}

  /**
   * Adds listeners outside this element, with the signal.
   * @param {AbortSignal} _signal aborted when the element leaves the page
   */
  connected(_signal) {}

  /**
   * Draws a snapshot.
   * @param {State} _state
   */
  render(_state) {}

  /**
   * Dispatches a request to the page controller.
   * @template {keyof Requests} K
   * @param {K} name
   * @param {Requests[K]} detail
   */
  request(name, detail) {
    this.dispatchEvent(new CustomEvent(REQUEST, { bubbles: true, detail: { name, detail } }));
  }
}
