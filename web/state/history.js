/**
 * Undo and redo over frozen documents. A command holds the documents before and after; edits of
 * one field in quick succession merge into one command.
 *
 * @import { Workflow } from "../document/types.js"
 * @typedef {{ label: string, key: string, before: Workflow, after: Workflow, at: number }} Command
 */

export const MERGE_WITHIN = 500;
const MAX_COMMANDS = 200;

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
   * @param {string} label shown by Undo
   * @param {string} key commands with equal keys merge in quick succession; "" never merges
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
    this.#past = [...this.#past, { label, key, before, after, at }].slice(-MAX_COMMANDS);
  }

  /** @returns {Workflow | null} the document before, null when there is nothing to undo */
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
