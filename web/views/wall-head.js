/** The header of the wall: name and state of the workflow, and its tools. */
/** @import { State } from "../state/types.js" */
import { ago } from "../state/words.js";
import { custom, fill, h, say } from "../elements/dom.js";
import { QpElement } from "../elements/element.js";
import { icon } from "../elements/icons.js";

const SAVED_INTERVAL = 10_000;

export class WallHead extends QpElement {
  #name = h("input", { class: "wall-name", "aria-label": "Workflow name", autocomplete: "off", maxlength: 80, placeholder: "Untitled" });
  #saved = h("span", { class: "saved", role: "status" });
  #undo = this.#button("undo", "Undo", "undo", () => this.request("undo", {}));
  #redo = this.#button("redo", "Redo", "redo", () => this.request("redo", {}));
  #auto = this.#button("auto", "Run on change. A random seed stays until its brick changes.", null, () => this.request("toggle-run-on-change", {}));
  /** @type {State | null} */
  #state = null;

  /** @override */
  build() {
    this.#name.addEventListener("input", () => this.request("rename", { name: this.#name.value }));
    const add = h("button", { type: "button", class: "quiet", title: "Add a brick", "data-keys": "add-brick" });
    add.append(icon("plus"), h("span", { class: "wide-only" }, "Add brick"), custom("qp-key-hint", { class: "wide-only", "data-keys": "add-brick" }));
    add.addEventListener("click", () => this.request("show", { name: "palette" }));
    add.setAttribute("aria-label", "Add brick");
    const open = this.#button("folder", "Workflows and presets", "open-library", () => this.request("show", { name: "library" }));
    this.#auto.classList.add("toggle");
    this.#auto.setAttribute("aria-label", "Run on change");
    this.#auto.setAttribute("aria-description", "A random seed stays until its brick changes.");
    const save = this.#button("save", "Save", "save", () => this.request("save", {}));
    const tidy = this.#button("tidy", "Tidy: lay out the bricks by their wires", "tidy", () => this.request("tidy", {}));
    tidy.classList.add("wide-only");
    this.append(
      h("div", { class: "head-document" }, this.#name, this.#saved),
      h("div", { class: "tools", role: "toolbar", "aria-label": "Wall" }, open, save, this.#undo, this.#redo, this.#auto, tidy, add),
    );
  }

  /** @override @param {AbortSignal} signal */
  connected(signal) {
    const timer = setInterval(() => this.#state && this.#drawSaved(this.#state), SAVED_INTERVAL);
    signal.addEventListener("abort", () => clearInterval(timer));
  }

  /** @override @param {State} state */
  render(state) {
    this.#state = state;
    fill(this.#name, state.workflow.name);
    this.#undo.disabled = !state.undoLabel;
    this.#redo.disabled = !state.redoLabel;
    this.#undo.title = state.undoLabel ? `Undo: ${state.undoLabel}` : "Nothing to undo";
    this.#redo.title = state.redoLabel ? `Redo: ${state.redoLabel}` : "Nothing to redo";
    this.#auto.setAttribute("aria-pressed", String(state.runOnChange));
    this.#drawSaved(state);
  }

  /** @param {State} state */
  #drawSaved(state) {
    const { savedName, savedWorkflow, savedAt, workflow } = state;
    if (state.connection === "offline") say(this.#saved, "edits kept in this browser");
    else if (savedName === null) say(this.#saved, "draft · stored automatically");
    else if (!same(savedWorkflow, workflow)) say(this.#saved, "unsaved changes");
    else say(this.#saved, savedAt ? `saved · ${ago(Date.now() - savedAt)}` : "saved");
  }

  /**
   * @param {import("../elements/icons.js").IconName} name
   * @param {string} label
   * @param {string | null} action whose keys the tooltip names
   * @param {() => void} act
   */
  #button(name, label, action, act) {
    return h("button", { type: "button", class: "bare", "aria-label": label, title: label, "data-keys": action, onclick: act }, icon(name));
  }
}

/** @type {WeakMap<object, string>} */
const texts = new WeakMap();

/** @param {object | null} document */
function text(document) {
  if (!document) return "";
  const json = texts.get(document) ?? JSON.stringify(document);
  texts.set(document, json);
  return json;
}

/** @param {object | null} a @param {object | null} b */
function same(a, b) {
  return a === b || text(a) === text(b);
}

customElements.define("qp-wall-head", WallHead);
