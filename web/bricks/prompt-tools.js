/** The small tools under a prompt: words to insert, and operations that rewrite it in place. */
/** @import { Rewrite, State } from "../state/types.js" */
/** @import { BrickElement } from "./brick.js" */
import { insert } from "../document/insertion.js";
import { entryNamed } from "../document/lookup.js";
import { phase } from "../state/words.js";
import { h, say, show } from "../elements/dom.js";
import { icon } from "../elements/icons.js";
import { DownloadActions } from "./download-actions.js";
import { WordList } from "./word-list.js";

/** Which fields an operation rewrites. @type {Record<string, string[]>} */
const REWRITERS = { translate: ["prompt", "negative_prompt"], enhance: ["prompt"] };

export class PromptTools {
  #book;
  #ways;
  #status = h("span", { class: "stage-text" });
  #stop = h("button", { type: "button", class: "bare", "aria-label": "Stop", title: "Stop" }, icon("close"));
  #line = h("div", { class: "stage-line", role: "status", hidden: true }, this.#status, this.#stop);
  #wrong = h("p");
  #fix = h("p", { class: "fix" });
  #trouble = h("div", { class: "trouble", role: "alert", hidden: true }, this.#wrong, this.#fix);
  /** @type {Map<string, HTMLElement>} */
  #buttons = new Map();
  element = h("div", { class: "prompt-tools" });
  #into = "prompt";

  /** @param {BrickElement} brick */
  constructor(brick) {
    this.brick = brick;
    this.#ways = new DownloadActions((name, detail) => brick.request(name, detail));
    const gone = h("button", { type: "button", class: "quiet slim", onclick: () => this.#end() }, "Not now");
    this.#trouble.append(this.#ways.element, gone);
    this.#book = new WordList({
      opened: () => brick.request("load-words", {}),
      take: (word) => this.#insert(word),
      add: (category, word) => brick.request("add-word", { category, word }),
      remove: (category, word) => brick.request("remove-word", { category, word }),
    });
    const row = h("div", { class: "tool-row", role: "toolbar", "aria-label": "Prompt tools" }, this.#book.button);
    for (const operation of Object.keys(REWRITERS)) row.append(this.#rewriter(operation));
    this.#stop.addEventListener("click", () => this.#end());
    this.element.append(row, this.#line, this.#trouble, this.#book.popover);
    brick.body.addEventListener("focusin", (event) => {
      const field = /** @type {HTMLElement} */ (event.target).closest("[data-field]");
      if (field instanceof HTMLElement && field.querySelector("textarea")) this.#into = field.dataset.field ?? "prompt";
    });
  }

  /** @param {State} state */
  draw(state) {
    this.#book.draw(state);
    const rewrite = state.rewrites[this.brick.brickId];
    const busy = Boolean(rewrite && !rewrite.trouble);
    for (const [operation, button] of this.#buttons) {
      const entry = entryNamed(state.entries, operation);
      show(button, Boolean(entry));
      say(button, entry?.title ?? operation);
      button.title = entry?.summary ?? "";
      button.toggleAttribute("disabled", busy);
    }
    show(this.#line, busy);
    const task = rewrite && state.tasks[rewrite.task];
    if (busy) say(this.#status, task?.status === "running" ? phase(task) : "waits for its turn");
    this.#drawTrouble(state, rewrite?.trouble ?? null);
  }

  /** @param {string} operation */
  #rewriter(operation) {
    const button = h("button", { type: "button", class: "quiet slim", hidden: true });
    button.addEventListener("click", () => {
      const names = REWRITERS[operation] ?? [];
      this.brick.request("rewrite-prompt", { brick: this.brick.brickId, operation, names });
    });
    this.#buttons.set(operation, button);
    return button;
  }

  #end() {
    this.brick.request("end-rewrite", { brick: this.brick.brickId });
  }

  /** @param {State} state @param {Rewrite["trouble"]} trouble */
  #drawTrouble(state, trouble) {
    const pull = trouble?.pull ?? [];
    show(this.#trouble, trouble !== null);
    say(this.#wrong, trouble?.detail ?? "");
    say(this.#fix, pull.length ? "" : (trouble?.fix ?? ""));
    this.#ways.draw(state, pull);
  }

  /** @param {string} word where the caret stands in the field that was used last */
  #insert(word) {
    const field = this.brick.body.querySelector(`[data-field="${CSS.escape(this.#into)}"] textarea`);
    if (!(field instanceof HTMLTextAreaElement)) return;
    const { text, caret } = insert(field.value, field.selectionEnd, word);
    field.value = text;
    field.setSelectionRange(caret, caret);
    this.brick.request("set-props", {
      brick: this.brick.brickId,
      props: { [this.#into]: text },
      label: "Insert words",
    });
  }
}
