/** The sheet of keyboard shortcuts, from the key bindings: keys are changed and reset here. */
/** @import { State } from "../state/types.js" */
/** @import { Action } from "./keys.js" */
import { h, say, show } from "../elements/dom.js";
import { icon } from "../elements/icons.js";
import { ACTIONS } from "./key-bindings.js";
import { chordOf, chordsOf, conflicts, partsOf } from "./keys.js";
import { OverlayElement } from "./overlay.js";

export class Shortcuts extends OverlayElement {
  /** @override @type {"shortcuts"} */
  name = "shortcuts";
  /** @override */
  label = "Keyboard shortcuts";
  #notice = h("p", { class: "note keys-notice", role: "status" });
  #replace = h("button", { type: "button", class: "quiet small", hidden: true }, "Use it here");
  #reset = h("button", { type: "button", class: "quiet small" }, icon("undo"), "Reset all keys");
  /** @type {Map<Action, { keys: HTMLElement, reset: HTMLElement }>} */
  #rows = new Map();
  /** @type {State["keys"]} */
  #keys = {};
  /** The action whose next keys are read. @type {Action | null} */
  #reading = null;
  /** A chord that other actions have. @type {{ action: Action, chord: string } | null} */
  #asked = null;

  /** @override */
  compose() {
    const groups = [...new Set(ACTIONS.map((action) => action.group))];
    this.#reset.addEventListener("click", () => this.#store({}, "All keys have their defaults again."));
    this.#replace.addEventListener("click", () => this.#asked && this.#take(this.#asked.action, this.#asked.chord));
    this.dialog.append(
      h("header", { class: "overlay-head" }, h("h2", {}, "Keyboard"), this.#reset, this.closer()),
      h("div", { class: "keys-line" }, this.#notice, this.#replace),
      h("div", { class: "sheet" }, ...groups.map((group) => this.#section(group))),
    );
    this.dialog.addEventListener("keydown", (event) => this.#press(event), { capture: true });
    this.dialog.addEventListener("close", () => this.#read(null));
  }

  /** @override */
  opened() {
    say(this.#notice, "Choose keys to change them.");
    show(this.#replace, false);
  }

  /** @override @param {State} state */
  draw({ keys }) {
    this.#keys = keys;
    for (const [action, row] of this.#rows) {
      const chords = chordsOf(action, keys);
      const text = this.#reading === action ? "…" : chords.join(", ");
      show(row.reset, action.id in keys);
      if (row.keys.dataset.text === text) continue;
      row.keys.dataset.text = text;
      const parts = chords.flatMap((chord, index) => [index ? " or " : "", ...partsOf(chord).map((part) => h("kbd", {}, part))]);
      const words = text === "…" ? "Press keys…" : "none";
      const label = action.fixed ? null : h("span", { class: "unseen" }, `Change the keys of ${action.label}: `);
      row.keys.replaceChildren(label ?? "", ...(text && text !== "…" ? parts : [h("span", { class: "note" }, words)]));
    }
    show(this.#reset, Object.keys(keys).length > 0);
  }

  /** @param {string} group */
  #section(group) {
    const rows = ACTIONS.filter((action) => action.group === group).map((action) => {
      const keys = action.fixed ? h("span", { class: "keys" }) : h("button", { type: "button", class: "keys keys-change", title: "Change the keys", onclick: () => this.#read(action) });
      const label = `Reset the keys of ${action.label}`;
      const reset = h("button", { type: "button", class: "bare", "aria-label": label, title: label, hidden: true, onclick: () => this.#restore(action) }, icon("undo"));
      this.#rows.set(action, { keys, reset });
      return h("div", { class: "sheet-row" }, h("span", {}, action.label), h("span", { class: "keys-side" }, reset, keys));
    });
    return h("section", {}, h("h3", {}, group), ...rows);
  }

  /** Reads the next key press as the keys of an action, null ends it. @param {Action | null} action */
  #read(action) {
    this.#reading = action;
    this.#asked = null;
    show(this.#replace, false);
    if (action) say(this.#notice, `Press the keys for “${action.label}”. Esc cancels, Delete leaves it without keys.`);
    this.draw(/** @type {State} */ ({ keys: this.#keys }));
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    const action = this.#reading;
    const chord = chordOf(event);
    if (!action || !chord || chord === "Tab") return;
    event.preventDefault();
    event.stopPropagation();
    if (chord === "Esc") {
      this.#read(null);
      say(this.#notice, "The keys stay as they are.");
    } else if (chord === "Delete" && !chordsOf(action, this.#keys).includes(chord)) this.#bind({ [action.id]: [] }, `“${action.label}” has no keys.`);
    else this.#offer(action, chord);
  }

  /** Binds a chord, unless other actions have it: then they are named first. @param {Action} action @param {string} chord */
  #offer(action, chord) {
    const others = conflicts(ACTIONS, action, chord, this.#keys);
    if (!others.length) return this.#take(action, chord);
    this.#read(null);
    this.#asked = { action, chord };
    say(this.#notice, `${chord} is used by ${others.map(({ label }) => `“${label}”`).join(" and ")}, which would lose it.`);
    show(this.#replace, true);
    this.#replace.focus();
  }

  /** @param {Action} action @param {string} chord */
  #take(action, chord) {
    const others = conflicts(ACTIONS, action, chord, this.#keys);
    const without = Object.fromEntries(others.map((other) => [other.id, chordsOf(other, this.#keys).filter((key) => key !== chord)]));
    this.#bind({ ...without, [action.id]: [chord] }, `“${action.label}” is ${chord} now.`);
  }

  /** @param {State["keys"]} changed @param {string} words */
  #bind(changed, words) {
    const focused = this.#rows.get(/** @type {Action} */ (this.#reading ?? this.#asked?.action));
    this.#store({ ...this.#keys, ...changed }, words);
    focused?.keys.focus();
  }

  /** Gives an action its own keys again; a conflict is said. @param {Action} action */
  #restore(action) {
    const { [action.id]: _, ...keys } = this.#keys;
    const others = action.keys.flatMap((chord) => conflicts(ACTIONS, action, chord, keys));
    const words = others.length ? ` They are also those of ${others.map(({ label }) => `“${label}”`).join(" and ")}.` : "";
    this.#store(keys, `“${action.label}” has its default keys again.${words}`);
    this.#rows.get(action)?.keys.focus();
  }

  /** @param {State["keys"]} keys @param {string} words */
  #store(keys, words) {
    this.#read(null);
    say(this.#notice, words);
    this.request("set-keys", { keys });
  }
}

customElements.define("qp-shortcuts", Shortcuts);
