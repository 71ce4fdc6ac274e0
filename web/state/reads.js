/**
 * The parts of the state that an element read, so that it renders again only when one of them
 * changed. A view of the state always shows the newest snapshot and records every read: a whole
 * value such as `models`, one record such as `tasks[id]`, or one lookup in the workflow.
 *
 * @import { State } from "./types.js"
 * @import { Workflow } from "../document/types.js"
 */
import { recordLookups } from "../document/lookup.js";

/** @typedef {{ read: (state: State) => unknown, value: unknown }} Read */

/** Parts of the state whose records are read one by one. */
const RECORDS = new Set(["tasks", "results", "fits", "tokenCounts", "rewrites", "assets", "wordCategories"]);
const LISTS = ["bricks", "wires"];
const ALL = ""; // the whole part, as opposed to one record of it

export class Reads {
  /** @type {Map<string, Map<string, Read>>} by part of the state */
  #parts = new Map();
  /** @type {State} the snapshot of the last check */
  #checked;
  /** @type {WeakMap<object, object>} views by the object that they show */
  #views = new WeakMap();

  /** @param {() => State} current the newest snapshot */
  constructor(current) {
    this.current = current;
    this.#checked = current();
    this.view = /** @type {State} */ (new Proxy({}, {
      get: (_target, name) => this.#part(/** @type {keyof State} */ (name)),
      has: (_target, name) => name in this.current(),
      ownKeys: () => Reflect.ownKeys(this.current()),
      getOwnPropertyDescriptor: (_target, name) => ({ value: this.#part(/** @type {keyof State} */ (name)), enumerable: true, configurable: true }),
    }));
  }

  /** Forgets the reads before a new rendering. */
  clear() {
    this.#parts.clear();
    this.#checked = this.current();
  }

  /** Reports a changed value among the reads since the last check. */
  changed() {
    const before = this.#checked;
    const state = this.current();
    this.#checked = state;
    for (const [part, reads] of this.#parts) {
      const name = /** @type {keyof State} */ (part);
      if (before[name] === state[name]) continue;
      for (const { read, value } of reads.values()) if (!same(read(state), value)) return true;
    }
    return false;
  }

  /** @param {keyof State} name */
  #part(name) {
    const value = this.current()[name];
    if (name === "workflow") return this.#show(/** @type {Workflow} */ (value), (workflow) => this.#workflow(workflow));
    if (RECORDS.has(name) && value) return this.#show(/** @type {object} */ (value), () => this.#records(name));
    this.#record(name, ALL, (state) => state[name]);
    return value;
  }

  /**
   * @template {object} T
   * @param {T} shown
   * @param {(shown: T) => object} make
   */
  #show(shown, make) {
    const view = this.#views.get(shown) ?? make(shown);
    this.#views.set(shown, view);
    return view;
  }

  /**
   * @param {keyof State} part
   * @param {string} key
   * @param {(state: State) => unknown} read
   */
  #record(part, key, read) {
    let reads = this.#parts.get(part);
    if (!reads) this.#parts.set(part, (reads = new Map()));
    if (!reads.has(key)) reads.set(key, { read, value: read(this.current()) });
  }

  /** @param {keyof State} part */
  #records(part) {
    /** @param {State} state @returns {Record<string | symbol, unknown>} */
    const records = (state) => /** @type {any} */ (state[part]);
    /** @param {string | symbol} key */
    const readNamed = (key) => {
      if (typeof key === "string") this.#record(part, `.${key}`, (state) => records(state)[key]);
      return records(this.current())[key];
    };
    const all = () => {
      this.#record(part, ALL, records);
      return records(this.current());
    };
    return new Proxy({}, {
      get: (_target, key) => readNamed(key),
      has: (_target, key) => readNamed(key) !== undefined,
      ownKeys: () => Reflect.ownKeys(all()),
      getOwnPropertyDescriptor: (_target, key) => (key in all() ? { value: readNamed(key), enumerable: true, configurable: true } : undefined),
    });
  }

  /** @param {Workflow} workflow */
  #workflow(workflow) {
    const lists = Object.fromEntries(LISTS.map((name) => [name, this.#list(name, workflow)]));
    /** @param {string | symbol} name */
    const readNamed = (name) => {
      if (typeof name !== "string") return undefined;
      if (name in lists) return lists[name];
      const read = (/** @type {Record<string, any>} */ source) => source[name];
      this.#record("workflow", name, (state) => read(state.workflow));
      return read(workflow);
    };
    return new Proxy({}, {
      get: (_target, name) => readNamed(name),
      has: (_target, name) => name in workflow,
      ownKeys: () => Reflect.ownKeys(workflow),
      getOwnPropertyDescriptor: (_target, name) => (name in workflow ? { value: readNamed(name), enumerable: true, configurable: true } : undefined),
    });
  }

  /**
   * A list of the workflow: lookups by key are recorded one by one, everything else as a read of
   * the whole list.
   * @param {string} name bricks or wires
   * @param {Workflow} workflow
   */
  #list(name, workflow) {
    /** @param {Workflow} source @returns {readonly object[]} */
    const list = (source) => /** @type {any} */ (source)[name];
    const items = list(workflow);
    const view = new Proxy(/** @type {object[]} */ ([]), {
      get: (_target, key) => {
        this.#record("workflow", name, (state) => list(state.workflow));
        return Reflect.get(items, key);
      },
      has: (_target, key) => key in items,
    });
    recordLookups(view, items, (key, look) => {
      this.#record("workflow", `${name} ${key}`, (state) => look(list(state.workflow)));
    });
    return view;
  }
}

/** @param {unknown} a @param {unknown} b @returns {boolean} true also for lists of the same items */
function same(a, b) {
  if (Object.is(a, b)) return true;
  if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
  return a.every((item, index) => Object.is(item, b[index]));
}
