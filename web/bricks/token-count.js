/**
 * The tokens of a brick's prompts beside the limit of the model, and the words that it cannot draw.
 *
 * @import { Brick } from "../document/types.js"
 * @import { Model, State, TokenCount, TokenCounts } from "../state/types.js"
 * @import { FormHost } from "../state/requests.js"
 */
import { replaceWord } from "../document/insertion.js";
import { stylesAround } from "../state/selectors/styles.js";
import { fill, h, say, show } from "../elements/dom.js";
import { UnknownWords } from "./unknown-words.js";

export class TokenNotes {
  /** @type {Map<string, HTMLElement>} */
  #notes = new Map();
  /** @type {Map<string, UnknownWords>} */
  #unknown = new Map();
  #requested = "";

  /** @param {FormHost} brick */
  constructor(brick) {
    this.brick = brick;
  }

  /** Adds the notes of a text field. @param {string} name @param {HTMLElement} field */
  add(name, field) {
    const note = h("p", { class: "token-count", hidden: true });
    const unknown = new UnknownWords((word, nearest) => this.#replace(name, field, word, nearest));
    this.#notes.set(name, note);
    this.#unknown.set(name, unknown);
    field.append(note, unknown.element);
  }

  /** @param {Brick} brick @param {State} state @param {Model | undefined} model */
  draw(brick, state, model) {
    if (!this.#notes.size) return;
    const question = model?.present ? questionOf(brick, model, [...this.#notes.keys()], stylesAround(state, brick)) : "";
    const counts = state.tokenCounts[brick.id];
    for (const [name, note] of this.#notes) {
      const count = question && brick.props[name] ? counts?.texts[name] : undefined;
      const view = counts && count ? describe(counts, count) : { text: "", warn: false };
      say(note, view.text);
      note.classList.toggle("warn", view.warn);
      show(note, view.text !== "");
      this.#unknown.get(name)?.draw(model?.label ?? "", count?.unknown ?? []);
    }
    if (!question || question === counts?.question || question === this.#requested) return;
    this.#requested = question;
    this.brick.request("count-tokens", { brick: brick.id, question });
  }

  /** @param {string} name @param {HTMLElement} field @param {string} word @param {string} nearest */
  #replace(name, field, word, nearest) {
    const control = field.querySelector("textarea");
    if (!control) return;
    const text = replaceWord(control.value, word, nearest);
    fill(control, text);
    this.brick.request("set-props", { brick: this.brick.brickId, props: { [name]: text }, label: `Replace ${word}` });
    control.focus();
  }
}

/**
 * The parameters of the count as JSON; empty without a text.
 * @param {Brick} brick
 * @param {Model} model
 * @param {string[]} names
 * @param {string[]} styles
 */
function questionOf(brick, model, names, styles) {
  const texts = names.map((name) => [name, String(brick.props[name] ?? "")]);
  if (texts.every(([, text]) => !text)) return "";
  const around = styles.length ? { styles } : {};
  return JSON.stringify({ model: model.id, ...Object.fromEntries(texts), ...around });
}

/**
 * @param {TokenCounts} counts
 * @param {TokenCount} count
 * @returns {{ text: string, warn: boolean }} `warn`: a part of the text has no effect
 */
export function describe({ window, long_prompt }, { tokens, varies, ignored }) {
  const parts = [`${varies ? "about " : ""}${tokens} / ${window} tokens`];
  const long = tokens > window;
  const cut = long && long_prompt === "cut";
  if (cut) parts.push("the rest has no effect");
  else if (long && long_prompt === "chunks") parts.push(`in ${Math.ceil((tokens - 2) / (window - 2))} chunks`);
  if (ignored) parts.push(`${ignored} is read as text`);
  return { text: parts.join(" · "), warn: cut || Boolean(ignored) };
}
