/**
 * The keys of actions beside labels and in tooltips, as the user has bound them. An element names its
 * action in `data-keys`; no view writes keys into its texts.
 *
 * @import { State } from "../state/types.js"
 * @import { Bindings } from "./keys.js"
 */
import { h, show } from "../elements/dom.js";
import { QpElement } from "../elements/element.js";
import { ACTIONS } from "./key-bindings.js";
import { chordsOf, keysText, partsOf } from "./keys.js";

/** @param {string} id @returns {import("./keys.js").Action} */
function actionNamed(id) {
  const action = ACTIONS.find((other) => other.id === id);
  if (!action) throw new Error(`No action is called ${id}.`);
  return action;
}

/** The first keys of the action in `data-keys`; hidden where it has none. */
export class KeyHint extends QpElement {
  /** @override @param {State} state */
  render({ keys }) {
    const [chord = ""] = chordsOf(actionNamed(this.dataset.keys ?? ""), keys);
    const parts = chord ? partsOf(chord) : [];
    const text = parts.map((part) => (part === "Enter" && parts.length > 1 ? "↵" : part)).join(" ");
    if (this.textContent !== text) this.replaceChildren(h("kbd", {}, text));
    show(this, text !== "");
  }
}

/** Tooltips with keys: the title of an element with `data-keys` gets them when it is pointed at. */
export class KeyTitles {
  /** Titles with keys, by element: a title that differs is a new one of its view. @type {WeakMap<HTMLElement, { title: string, text: string }>} */
  #titled = new WeakMap();

  /** @param {() => Bindings} bindings */
  constructor(bindings) {
    this.bindings = bindings;
  }

  /** @param {EventTarget} root */
  enable(root) {
    for (const event of ["pointerover", "focusin"]) root.addEventListener(event, ({ target }) => target instanceof Element && this.#title(target));
  }

  /** @param {Element} target */
  #title(target) {
    const element = target.closest("[data-keys]");
    if (!(element instanceof HTMLElement) || element instanceof KeyHint) return;
    const before = this.#titled.get(element);
    const title = before && before.text === element.title ? before.title : element.title || element.getAttribute("aria-label") || "";
    const keys = keysText(actionNamed(element.dataset.keys ?? ""), this.bindings());
    const text = keys ? `${title} (${keys})` : title;
    this.#titled.set(element, { title, text });
    element.title = text;
  }
}

customElements.define("qp-key-hint", KeyHint);
