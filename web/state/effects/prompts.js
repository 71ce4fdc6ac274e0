/** What helps to write a prompt: styles, words, and operations that rewrite it in place. */
/** @import { Studio } from "../controller.js" */
/** @import { Rewrite, Task } from "../types.js" */
import { Problem } from "../api.js";
import { unfinished } from "../selectors/tasks.js";
import * as doc from "../../document/workflow.js";
import { place, spot } from "./wall.js";

const LOOK = 400; // milliseconds
const PROMPT = "prompt";

/** @param {Studio} studio @param {string} brick @param {Rewrite | null} rewrite */
function mark({ store }, brick, rewrite) {
  const { [brick]: _old, ...rest } = store.state.rewrites;
  store.set({ rewrites: rewrite ? { ...rest, [brick]: rewrite } : rest });
}

/**
 * The task once it ended.
 * @param {Studio} studio
 * @param {string} id
 * @returns {Promise<Task>}
 */
async function ended({ store, api }, id) {
  for (;;) {
    const heard = store.state.tasks[id];
    const task = heard && !unfinished(heard) ? heard : await api.task(id);
    if (!unfinished(task)) return task;
    await new Promise((resolve) => {
      setTimeout(resolve, LOOK);
    });
  }
}

/**
 * What an operation makes of each text; null where it was cancelled.
 * @param {Studio} studio
 * @param {string} brick
 * @param {string} operation
 * @param {[string, string][]} texts by field
 */
async function answers(studio, brick, operation, texts) {
  /** @type {Record<string, string>} */
  const found = {};
  for (const [name, text] of texts) {
    const { task_id } = await studio.api.submit(operation, { prompt: text });
    mark(studio, brick, { operation, task: task_id, trouble: null });
    const task = await ended(studio, task_id);
    if (task.status === "cancelled") return null;
    if (task.status === "failed") throw new Problem(409, task.error ?? {});
    found[name] = String(task.outputs[0]?.value ?? text);
  }
  return found;
}

/** The words by category, the lists as one more. @param {Studio} studio */
async function readWords({ store, api }) {
  const [words, lists] = await Promise.all([api.words(), api.lists()]);
  const tokens = lists.items.map((list) => list.token);
  store.set({ shelves: [...words.items, { id: "", label: "Lists", words: tokens, own: [] }] });
}

/**
 * @param {Studio} studio
 * @param {string} brick
 * @param {string[]} names
 * @returns {[string, string][]} the fields of them that hold a text
 */
function written({ store }, brick, names) {
  const props = doc.find(store.state.workflow, brick)?.props ?? {};
  /** @type {[string, string][]} */
  const all = names.map((name) => [name, String(props[name] ?? "")]);
  return all.filter(([, text]) => text.trim());
}

/** @satisfies {Partial<import("../controller.js").Effects>} */
export const promptEffects = {
  "read-styles": async ({ store, api }) => {
    if (store.state.styles) return;
    store.set({ styles: (await api.styles()).items });
  },

  "read-words": readWords,

  "add-word": async (studio, { category, word }) => {
    await studio.api.addWord(category, word);
    await readWords(studio);
  },

  "remove-word": async (studio, { category, word }) => {
    await studio.api.removeWord(category, word);
    await readWords(studio);
  },

  "rewrite-prompt": async (studio, { brick, operation, names }) => {
    const { store } = studio;
    const before = written(studio, brick, names);
    const running = store.state.rewrites[brick];
    if (running && !running.trouble) return;
    if (!before.length) {
      store.toast("calm", "Write a prompt first.");
      return;
    }
    mark(studio, brick, { operation, task: "", trouble: null });
    try {
      const found = await answers(studio, brick, operation, before);
      mark(studio, brick, null);
      if (!found) return;
      const same = JSON.stringify(written(studio, brick, names)) === JSON.stringify(before);
      const title = store.state.entries.find((entry) => entry.name === operation)?.title ?? operation;
      if (!same) store.toast("calm", "You went on writing, so nothing was replaced.");
      else if (before.every(([name, text]) => found[name] === text)) {
        store.toast("calm", operation === "translate" ? "It is English already." : "Nothing was changed.");
      } else {
        store.commit(title, doc.setProps(store.state.workflow, brick, found));
        store.toast("good", `${title} is done.`, "Ctrl+Z brings your words back.");
      }
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      const { message: detail, fix, pull } = error;
      mark(studio, brick, { operation, task: "", trouble: { detail, fix, pull } });
    }
  },

  "end-rewrite": async (studio, { brick }) => {
    const rewrite = studio.store.state.rewrites[brick];
    if (rewrite?.task) await studio.api.cancel(rewrite.task);
    else mark(studio, brick, null);
  },

  "use-as-prompt": async (studio, { text }) => {
    const { store } = studio;
    const { workflow } = store.state;
    const target = workflow.bricks.find((other) => other.type === PROMPT)?.id;
    if (target) store.commit("Use as prompt", doc.setProps(workflow, target, { prompt: text }));
    else {
      const brick = { id: doc.freshId(PROMPT), type: PROMPT, props: { prompt: text }, ...spot(studio, PROMPT) };
      await place(studio, brick, "Use as prompt");
    }
    store.toast("good", "The text is the prompt now.", "Ctrl+Z brings the one before back.");
  },
};
