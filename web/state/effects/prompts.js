/** What helps to write a prompt: styles, words, and operations that rewrite it in place. */
/** @import { Context } from "./context.js" */
/** @import { Rewrite, Task } from "../types.js" */
import { entryNamed } from "../../document/lookup.js";
import * as doc from "../../document/workflow.js";
import { Problem } from "../api.js";
import { placeBrick, defaultPosition } from "./wall.js";
import { unfinished } from "../selectors/tasks.js";

const LOOK = 400; // milliseconds
const PROMPT = "prompt";

/** @param {Context} context @param {string} brick @param {Rewrite | null} rewrite */
function mark({ store }, brick, rewrite) {
  const { [brick]: _old, ...rest } = store.state.rewrites;
  store.set({ rewrites: rewrite ? { ...rest, [brick]: rewrite } : rest });
}

/**
 * The task once it ended.
 * @param {Context} context
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
 * @param {Context} context
 * @param {string} brick
 * @param {string} operation
 * @param {[string, string][]} texts by field
 */
async function answers(context, brick, operation, texts) {
  /** @type {Record<string, string>} */
  const found = {};
  for (const [name, text] of texts) {
    const { task_id } = await context.api.submit(operation, { prompt: text });
    mark(context, brick, { operation, task: task_id, trouble: null });
    const task = await ended(context, task_id);
    if (task.status === "cancelled") return null;
    if (task.status === "failed") throw new Problem(409, task.error ?? {});
    found[name] = String(task.outputs[0]?.value ?? text);
  }
  return found;
}

/** The words by category, the lists as one more. @param {Context} context */
async function readWords({ store, api }) {
  const [words, lists] = await Promise.all([api.words(), api.lists()]);
  const tokens = lists.items.map((list) => list.token);
  store.set({ wordCategories: [...words.items, { id: "", label: "Lists", words: tokens, own: [] }] });
}

/**
 * @param {Context} context
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

/** @satisfies {Partial<import("./context.js").Effects>} */
export const promptEffects = {
  "load-styles": async ({ store, api }) => {
    if (store.state.styles) return;
    store.set({ styles: (await api.styles()).items });
  },

  "load-words": readWords,

  "add-word": async (context, { category, word }) => {
    await context.api.addWord(category, word);
    await readWords(context);
  },

  "remove-word": async (context, { category, word }) => {
    await context.api.removeWord(category, word);
    await readWords(context);
  },

  "rewrite-prompt": async (context, { brick, operation, names }) => {
    const { store } = context;
    const before = written(context, brick, names);
    const running = store.state.rewrites[brick];
    if (running && !running.trouble) return;
    if (!before.length) {
      store.toast("calm", "Write a prompt first.");
      return;
    }
    mark(context, brick, { operation, task: "", trouble: null });
    try {
      const found = await answers(context, brick, operation, before);
      mark(context, brick, null);
      if (!found) return;
      const same = JSON.stringify(written(context, brick, names)) === JSON.stringify(before);
      const title = entryNamed(store.state.entries, operation)?.title ?? operation;
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
      mark(context, brick, { operation, task: "", trouble: { detail, fix, pull } });
    }
  },

  "end-rewrite": async (context, { brick }) => {
    const rewrite = context.store.state.rewrites[brick];
    if (rewrite?.task) await context.api.cancel(rewrite.task);
    else mark(context, brick, null);
  },

  "use-as-prompt": async (context, { text }) => {
    const { store } = context;
    const { workflow } = store.state;
    const target = workflow.bricks.find((other) => other.type === PROMPT)?.id;
    if (target) store.commit("Use as prompt", doc.setProps(workflow, target, { prompt: text }));
    else {
      const brick = { id: doc.freshId(PROMPT), type: PROMPT, props: { prompt: text }, ...defaultPosition(context, PROMPT) };
      await placeBrick(context, brick, "Use as prompt");
    }
    store.toast("good", "The text is the prompt now.", "Ctrl+Z brings the one before back.");
  },
};
