/**
 * Undo and redo over frozen documents. A command holds the documents before and after; edits of
 * one field in quick succession merge into one command. A command that opens another document also
 * holds the attributes of the one that it replaced.
 *
 * @import { Workflow } from "../document/types.js"
 * @import { WallState } from "./types.js"
 * @typedef {{ label: string, key: string, before: Workflow, after: Workflow, at: number, other: WallState | null }} Command
 * @typedef {{ workflow: Workflow, wall: WallState | null }} Step `wall`: attributes of a document that was open before
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
   * @param {WallState | null} [other] attributes of the document before, if the command opens another
   */
  push(label, key, before, after, at, other = null) {
    this.#future = [];
    const last = this.#past.at(-1);
    if (last && key && last.key === key && at - last.at < MERGE_WITHIN) {
      this.#past[this.#past.length - 1] = { ...last, after, at };
      return;
    }
    this.#past = [...this.#past, { label, key, before, after, at, other }].slice(-MAX_COMMANDS);
  }

  /**
   * Applies a change of another page to the documents of the steps since the open one was opened.
   * @param {(document: Workflow) => Workflow} change
   */
  rebase(change) {
    /** @type {Map<Workflow, Workflow>} */
    const changed = new Map();
    const apply = (/** @type {Workflow} */ document) => {
      const next = changed.get(document) ?? change(document);
      changed.set(document, next);
      return next;
    };
    const opened = this.#past.findLastIndex((command) => command.other);
    this.#past = this.#past.map((command, place) => {
      if (place < opened) return command;
      return { ...command, before: place === opened ? command.before : apply(command.before), after: apply(command.after) };
    });
    const leaving = this.#future.findLastIndex((command) => command.other);
    this.#future = this.#future.map((command, place) => {
      if (place < leaving) return command;
      return { ...command, before: apply(command.before), after: place === leaving ? command.after : apply(command.after) };
    });
  }

  /**
   * @param {WallState} wall attributes of the open document
   * @returns {Step | null} the document before, null when there is nothing to undo
   */
  undo(wall) {
    const command = this.#past.pop();
    if (!command) return null;
    this.#future.push(exchanged(command, wall));
    return { workflow: command.before, wall: command.other };
  }

  /**
   * @param {WallState} wall attributes of the open document
   * @returns {Step | null}
   */
  redo(wall) {
    const command = this.#future.pop();
    if (!command) return null;
    this.#past.push({ ...exchanged(command, wall), at: 0 });
    return { workflow: command.after, wall: command.other };
  }
}

/** @param {Command} command @param {WallState} wall @returns {Command} */
function exchanged(command, wall) {
  return command.other ? { ...command, other: wall } : command;
}
