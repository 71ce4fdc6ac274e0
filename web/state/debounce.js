/**
 * Work that only the newest wish is worth: it begins once wishes rest for a moment, one piece at a
 * time, and what was wished meanwhile is done after it, once. Knows nothing of what the work is.
 *
 * @template T
 */
export class Newest {
  /** @type {{ value: T } | null} */
  #wish = null;
  #timer = 0;
  #due = false;
  #busy = false;

  /**
   * @param {(value: T) => Promise<void>} work
   * @param {number} rest milliseconds
   */
  constructor(work, rest) {
    this.work = work;
    this.rest = rest;
  }

  /** @param {T} value takes the place of every wish before it that has not begun */
  want(value) {
    this.#wish = { value };
    this.#due = false;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#due = true;
      void this.#next();
    }, this.rest);
  }

  /** Forgets what has not begun. */
  drop() {
    clearTimeout(this.#timer);
    this.#wish = null;
    this.#due = false;
  }

  async #next() {
    while (this.#due && !this.#busy && this.#wish) {
      const { value } = this.#wish;
      this.drop();
      this.#busy = true;
      try {
        await this.work(value);
      } finally {
        this.#busy = false;
      }
    }
  }
}
