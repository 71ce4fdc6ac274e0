/** Tools under a prompt: the word list, and operations that rewrite the prompt in place. */
/** @import { Entry } from "../document/types.js" */
/** @import { Model, Rewrite, State } from "../state/types.js" */
/** @import { BrickElement } from "./brick.js" */
import { insert } from "../document/insertion.js";
import { phase } from "../state/words.js";
import { h, say, show } from "../elements/dom.js";
import { icon } from "../elements/icons.js";
import { DownloadActions } from "./download-actions.js";
import { WordList } from "./word-list.js";

export class PromptTools {
  #wordList;
  #downloads;
  #status = h("span", { class: "stage-text" });
  #stop = h("button", { type: "button", class: "bare", "aria-label": "Cancel", title: "Cancel" }, icon("close"));
  #progress = h("div", { class: "stage-line", role: "status", hidden: true }, this.#status, this.#stop);
  #detail = h("p");
  #fix = h("p", { class: "fix" });
  #trouble = h("div", { class: "trouble", role: "alert", hidden: true }, this.#detail, this.#fix);
  #row = h("div", { class: "tool-row", role: "toolbar", "aria-label": "Prompt tools" });
  /** @type {Map<string, HTMLElement>} */
  #buttons = new Map();
  element = h("div", { class: "prompt-tools" });
  #focused = "prompt";

  /** @param {BrickElement} brick @param {(text: string) => void} replace the prompt */
  constructor(brick, replace) {
    this.brick = brick;
    this.#downloads = new DownloadActions((name, detail) => brick.request(name, detail));
    const dismiss = h("button", { type: "button", class: "quiet slim", onclick: () => this.#end() }, "Dismiss");
    this.#trouble.append(this.#downloads.element, dismiss);
    this.#wordList = new WordList({
      opened: (model) => brick.request("load-words", { model }),
      take: (word) => this.#insert(word),
      replace,
      add: (category, word, model) => brick.request("add-word", { category, word, model }),
      remove: (category, word, model) => brick.request("remove-word", { category, word, model }),
    });
    this.#row.append(this.#wordList.button);
    this.#stop.addEventListener("click", () => this.#end());
    this.element.append(this.#row, this.#progress, this.#trouble, this.#wordList.popover);
    brick.body.addEventListener("focusin", (event) => {
      const field = /** @type {HTMLElement} */ (event.target).closest("[data-field]");
      if (field instanceof HTMLElement && field.querySelector("textarea")) this.#focused = field.dataset.field ?? "prompt";
    });
  }

  /** @param {State} state @param {Model | null} model that draws the prompt */
  draw(state, model) {
    this.#wordList.draw(state, model);
    const rewrite = state.rewrites[this.brick.brickId];
    const busy = Boolean(rewrite && !rewrite.trouble);
    for (const entry of state.entries.filter(({ rewrites }) => rewrites.length)) {
      const button = this.#button(entry);
      say(button, entry.title);
      button.title = entry.summary;
      button.toggleAttribute("disabled", busy);
    }
    show(this.#progress, busy);
    const task = rewrite && state.tasks[rewrite.task];
    if (busy) say(this.#status, task?.status === "running" ? phase(task) : "queued");
    this.#drawTrouble(state, rewrite?.trouble ?? null);
  }

  /** The button of a rewriting operation, added on first use. @param {Entry} entry */
  #button({ name: operation }) {
    let button = this.#buttons.get(operation);
    if (!button) {
      button = h("button", { type: "button", class: "quiet slim" });
      button.addEventListener("click", () => {
        this.brick.request("rewrite-prompt", { brick: this.brick.brickId, operation });
      });
      this.#buttons.set(operation, button);
      this.#row.append(button);
    }
    return button;
  }

  #end() {
    this.brick.request("end-rewrite", { brick: this.brick.brickId });
  }

  /** @param {State} state @param {Rewrite["trouble"]} trouble */
  #drawTrouble(state, trouble) {
    const pull = trouble?.pull ?? [];
    show(this.#trouble, trouble !== null);
    say(this.#detail, trouble?.detail ?? "");
    say(this.#fix, pull.length ? "" : (trouble?.fix ?? ""));
    this.#downloads.draw(state, pull);
  }

  /** @param {string} word inserted at the caret of the field focused last */
  #insert(word) {
    const field = this.brick.body.querySelector(`[data-field="${CSS.escape(this.#focused)}"] textarea`);
    if (!(field instanceof HTMLTextAreaElement)) return;
    const { text, caret } = insert(field.value, field.selectionEnd, word);
    field.value = text;
    field.setSelectionRange(caret, caret);
    this.brick.request("set-props", {
      brick: this.brick.brickId,
      props: { [this.#focused]: text },
      label: "Insert words",
    });
  }
}
