/**
 * Undo and redo over frozen documents. A command is two documents and a name, so it
 * serialises as it is; typing in one field merges into one command while it goes on.
 *
 * @import { Workflow } from "../document/types.js"
 * @typedef {{ label: string, key: string, before: Workflow, after: Workflow, at: number }} Command
 */

export const MERGE_WITHIN = 500;
const LONGEST = 200;

export class History {
  /** @type {Command[]} */
  #past = [];
  /** @type {Command[]} */
  #future = [];

  get undoLabel() {
    return this.#past.at(-1)?.label ?? "";
  }

  get redoLabel() {
    return this.#future.at(-1)?.label ?? "";
  }

  /**
   * @param {string} label what Undo would say
   * @param {string} key commands with one key merge while they follow each other closely; "" never does
   * @param {Workflow} before
   * @param {Workflow} after
   * @param {number} at milliseconds
   */
  push(label, key, before, after, at) {
    this.#future = [];
    const last = this.#past.at(-1);
    if (last && key && last.key === key && at - last.at < MERGE_WITHIN) {
      this.#past[this.#past.length - 1] = { ...last, after, at };
      return;
    }
    this.#past = [...this.#past, { label, key, before, after, at }].slice(-LONGEST);
  }

  /** @returns {Workflow | null} the document to show, null when there is nothing to take back */
  undo() {
    const command = this.#past.pop();
    if (!command) return null;
    this.#future.push(command);
    return command.before;
  }

  /** @returns {Workflow | null} */
  redo() {
    const command = this.#future.pop();
    if (!command) return null;
    this.#past.push({ ...command, at: 0 });
    return command.after;
  }
}
