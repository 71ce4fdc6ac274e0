/**
 * Work of which only the newest request counts: it starts after a pause in the requests, one call
 * at a time. Requests made during a call are merged into one call after it.
 *
 * @template T
 */
export class Debounce {
  /** @type {{ value: T } | null} */
  #pending = null;
  #timer = 0;
  #due = false;
  #busy = false;

  /**
   * @param {(value: T) => Promise<void>} work
   * @param {number} delay milliseconds
   */
  constructor(work, delay) {
    this.work = work;
    this.delay = delay;
  }

  /** @param {T} value replaces every earlier value whose work has not started */
  schedule(value) {
    this.#pending = { value };
    this.#due = false;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#due = true;
      void this.#drain();
    }, this.delay);
  }

  /** Drops the value whose work has not started. */
  cancel() {
    clearTimeout(this.#timer);
    this.#pending = null;
    this.#due = false;
  }

  async #drain() {
    while (this.#due && !this.#busy && this.#pending) {
      const { value } = this.#pending;
      this.cancel();
      this.#busy = true;
      try {
        await this.work(value);
      } finally {
        this.#busy = false;
      }
    }
  }
}
