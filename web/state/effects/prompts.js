/** Prompts: styles, the word list, and operations that rewrite a prompt in place. */
/** @import { Context } from "./context.js" */
/** @import { Model, Rewrite, Task, TokenCount, TokenCounts, WordCategory } from "../types.js" */
import { entryNamed, valueEntry } from "../../document/lookup.js";
import * as doc from "../../document/workflow.js";
import { Problem } from "../api.js";
import { Debounce } from "../debounce.js";
import { placeBrick } from "./wall.js";
import { modelDownstream } from "../selectors/models.js";
import { unfinished } from "../selectors/tasks.js";

const POLL_INTERVAL = 400; // milliseconds
const COUNT_DELAY = 400; // milliseconds
const PAGE = Math.random().toString(36).slice(2, 10); // two pages may hold bricks of one id

/** @param {Context} context @param {string} brick @param {Rewrite | null} rewrite */
function setRewrite({ store }, brick, rewrite) {
  const { [brick]: _previous, ...others } = store.state.rewrites;
  store.set({ rewrites: rewrite ? { ...others, [brick]: rewrite } : others });
}

/**
 * Waits until a task has ended.
 * @param {Context} context
 * @param {string} id
 * @returns {Promise<Task>}
 */
async function waitForTask({ store, api }, id) {
  for (;;) {
    const stored = store.state.tasks[id];
    const task = stored && !unfinished(stored) ? stored : await api.task(id);
    if (!unfinished(task)) return task;
    await new Promise((resolve) => {
      setTimeout(resolve, POLL_INTERVAL);
    });
  }
}

/**
 * Runs an operation on each text.
 * @param {Context} context
 * @param {string} brick
 * @param {string} operation
 * @param {[string, string][]} texts by field
 * @returns {Promise<Record<string, string> | null>} texts by field, null after a cancellation
 */
async function rewriteTexts(context, brick, operation, texts) {
  /** @type {Record<string, string>} */
  const rewritten = {};
  const { wall } = context.store;
  for (const [name, text] of texts) {
    if (context.store.wall !== wall) return null;
    const { task_id } = await context.api.submit(operation, { prompt: text });
    setRewrite(context, brick, { operation, task: task_id, trouble: null });
    const task = await waitForTask(context, task_id);
    if (task.status === "cancelled") return null;
    if (task.status === "failed") throw new Problem(409, task.error ?? {});
    rewritten[name] = String(task.outputs[0]?.value ?? text);
  }
  return rewritten;
}

/**
 * Loads the word list for a model; the wildcard lists are one more category.
 * @param {Context} context
 * @param {string} model
 * @param {Record<string, WordCategory[]>} others lists of other models that are still current
 */
async function loadWords({ store, api }, model, others) {
  const [words, lists] = await Promise.all([api.words(model), api.lists(model)]);
  const unknown = lists.items.filter((list) => !list.drawable).map((list) => list.token);
  const tokens = lists.items.map((list) => list.token);
  const wildcards = { id: "wildcards", label: "Wildcards", words: tokens, own: [], unknown, of_model: false };
  store.set({ wordCategories: { ...others, [model]: [...words.items, wildcards] } });
}

/**
 * The fields of a brick that hold text.
 * @param {Context} context
 * @param {string} brick
 * @param {readonly string[]} names
 * @returns {[string, string][]}
 */
function textFields({ store }, brick, names) {
  const props = doc.find(store.state.workflow, brick)?.props ?? {};
  /** @type {[string, string][]} */
  const texts = names.map((name) => [name, String(props[name] ?? "")]);
  return texts.filter(([, text]) => text.trim());
}

/**
 * Writes the rewritten texts into the brick, unless the user kept typing.
 * @param {Context} context
 * @param {string} brick
 * @param {string} title of the operation
 * @param {[string, string][]} before
 * @param {Record<string, string>} rewritten
 */
function applyRewrite(context, brick, title, before, rewritten) {
  const { store } = context;
  const fields = before.map(([name]) => name);
  if (JSON.stringify(textFields(context, brick, fields)) !== JSON.stringify(before)) {
    store.toast("calm", "You kept typing, so your prompt was left unchanged.");
  } else if (before.every(([name, text]) => rewritten[name] === text)) {
    store.toast("calm", `${title} made no changes.`);
  } else {
    store.commit(title, doc.setProps(store.state.workflow, brick, rewritten));
    store.toast("good", `${title} finished.`, "Ctrl+Z restores the previous text.");
  }
}

/**
 * The words in texts that a model cannot draw; none for a model without a vocabulary of its own.
 * @param {Context} context
 * @param {Model} model
 * @param {Record<string, string>} texts by field
 * @param {string} slot
 * @returns {Promise<string[]>}
 */
async function unknownWords({ api }, model, texts, slot) {
  const { window: _window, long_prompt: _long, model: _model, ...counts } = await api.countTokens({ model: model.id, ...texts }, slot);
  return Object.values(/** @type {Record<string, TokenCount>} */ (counts)).flatMap(({ unknown }) => unknown.map(({ word }) => word));
}

/**
 * Words of a rewritten prompt that its model cannot draw, where they are more than before.
 * @param {Context} context
 * @param {string} brick
 * @param {[string, string][]} before
 * @param {Record<string, string>} rewritten
 * @returns {Promise<{ model: Model, words: string[] } | null>}
 */
async function undrawable(context, brick, before, rewritten) {
  const owner = doc.find(context.store.state.workflow, brick);
  const model = owner && modelDownstream(context.store.state, owner)?.model;
  if (!model?.present || !Object.keys(model.vocabulary).length) return null;
  const [old, words] = await Promise.all([
    unknownWords(context, model, Object.fromEntries(before), `${PAGE}-before`),
    unknownWords(context, model, rewritten, `${PAGE}-after`),
  ]);
  return words.length > old.length ? { model, words } : null;
}

/**
 * Counts the tokens of a brick's prompts; after a failure the form keeps the last count.
 * @param {Context} context
 * @param {string} brick
 * @param {string} question
 */
async function countTokens({ store, api }, brick, question) {
  const counted = await api.countTokens(JSON.parse(question), `${PAGE}-${brick}`.slice(0, 64)).catch(() => null);
  if (!counted) return;
  const { window, long_prompt, model: _model, ...texts } = counted;
  const counts = /** @type {TokenCounts} */ ({ question, window, long_prompt, texts });
  store.set({ tokenCounts: { ...store.state.tokenCounts, [brick]: counts } });
}

/** @satisfies {Partial<import("./context.js").Effects>} */
export const promptEffects = {
  "load-styles": async ({ store, api }) => {
    store.set({ styles: (await api.styles()).items });
  },

  "load-words": (context, { model }) => loadWords(context, model, context.store.state.wordCategories),

  "add-word": async (context, { category, word, model }) => {
    await context.api.addWord(category, word);
    await loadWords(context, model, {});
  },

  "remove-word": async (context, { category, word, model }) => {
    await context.api.removeWord(category, word);
    await loadWords(context, model, {});
  },

  "count-tokens": (context, { brick, question }) => {
    const count = context.counts.get(brick) ?? new Debounce((newest) => countTokens(context, brick, newest), COUNT_DELAY);
    context.counts.set(brick, count);
    count.schedule(question);
  },

  "rewrite-prompt": async (context, { brick, operation }) => {
    const { store } = context;
    const running = store.state.rewrites[brick];
    if (running && !running.trouble) return;
    const entry = entryNamed(store.state.entries, operation);
    const before = textFields(context, brick, entry?.rewrites ?? []);
    if (!before.length) {
      store.toast("calm", "Write a prompt first.");
      return;
    }
    setRewrite(context, brick, { operation, task: "", trouble: null });
    const { wall } = store;
    try {
      const rewritten = await rewriteTexts(context, brick, operation, before);
      if (store.wall !== wall) return;
      setRewrite(context, brick, null);
      if (!rewritten) return;
      const title = entry?.title ?? operation;
      const hidden = await undrawable(context, brick, before, rewritten);
      if (!hidden) applyRewrite(context, brick, title, before, rewritten);
      else
        store.toast(
          "calm",
          `${title}: the text was hidden, because ${hidden.model.label} cannot draw ${hidden.words.slice(0, 5).join(", ")}.`,
          "Your prompt was left unchanged. Choose a model that understands free text.",
        );
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (store.wall !== wall) return;
      const { message: detail, fix, pull } = error;
      setRewrite(context, brick, { operation, task: "", trouble: { detail, fix, pull } });
    }
  },

  "end-rewrite": async (context, { brick }) => {
    const rewrite = context.store.state.rewrites[brick];
    if (rewrite?.task) await context.api.cancel(rewrite.task);
    else setRewrite(context, brick, null);
  },

  "use-as-prompt": async (context, { text }) => {
    const { store } = context;
    const { entries, workflow } = store.state;
    const type = valueEntry(entries, (output) => output.name === "prompt")?.name;
    const target = workflow.bricks.find((brick) => brick.type === type)?.id;
    if (target) store.commit("Use as prompt", doc.setProps(workflow, target, { prompt: text }));
    else if (type) {
      const brick = { id: doc.freshId(type), type, props: { prompt: text } };
      await placeBrick(context, brick, "Use as prompt");
    }
    store.toast("good", "The text is the prompt now.", "Ctrl+Z restores the previous prompt.");
  },
};
