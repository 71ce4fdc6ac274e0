/**
 * Answers to questions of one kind, of which several may be on their way: an answer that is older
 * than one already taken is dropped, whatever the order in which they arrive.
 */
export class Newest {
  #asked = 0;
  #taken = 0;

  /**
   * The answer to a question; null where a later one was answered before. An error of such a
   * question is dropped with it.
   * @template T
   * @param {() => Promise<T>} ask
   * @returns {Promise<T | null>}
   */
  async of(ask) {
    const number = (this.#asked += 1);
    try {
      const answer = await ask();
      if (number < this.#taken) return null;
      this.#taken = number;
      return answer;
    } catch (error) {
      if (number < this.#taken) return null;
      throw error;
    }
  }

  /** Drops the answers that are on their way. */
  drop() {
    this.#asked += 1;
    this.#taken = this.#asked;
  }
}
