/** Fields that this page and another one changed: both values, one click each. */
/** @import { MergeConflict } from "../document/merge.js" */
/** @import { Json } from "../document/types.js" */
/** @import { State } from "../state/types.js" */
import { entryNamed } from "../document/lookup.js";
import { fieldOf } from "../document/merge.js";
import { find, owner, portTitle } from "../document/workflow.js";
import { h, reconcile, say, show } from "../elements/dom.js";
import { QpElement } from "../elements/element.js";
import { icon } from "../elements/icons.js";

const MAX_TEXT = 60; // characters of a value

export class Conflicts extends QpElement {
  #head = h("strong", {});
  #rows = h("div", { class: "conflict-rows", role: "list" });
  #card = h("section", { class: "conflicts", role: "alert", hidden: true });
  /** @type {readonly MergeConflict[]} */
  #conflicts = [];

  /** @override */
  build() {
    const mine = h("button", { type: "button", class: "quiet small", onclick: () => this.#resolveAll("mine") }, "Keep mine");
    const theirs = h("button", { type: "button", class: "quiet small", onclick: () => this.#resolveAll("theirs") }, "Use other");
    const note = h("p", { class: "note" }, "Both values are kept until you choose one.");
    this.#card.append(h("header", {}, icon("copy"), this.#head), note, this.#rows, h("footer", {}, mine, theirs));
    this.append(this.#card);
  }

  /** @override @param {State} state */
  render(state) {
    if (this.#conflicts === state.conflicts && this.#card.hidden) return;
    this.#conflicts = state.conflicts;
    show(this.#card, state.conflicts.length > 0);
    say(this.#head, `“${state.workflow.name || "Untitled"}” was changed elsewhere`);
    reconcile(
      this.#rows,
      state.conflicts,
      ({ brick, field }) => `${brick} ${field}`,
      (conflict) => this.#row(conflict),
      (row, conflict) => drawRow(row, conflict, state),
    );
  }

  /** @param {MergeConflict} conflict */
  #row({ brick, field }) {
    const choose = (/** @type {"mine" | "theirs"} */ keep) => () => this.request("resolve-conflict", { brick, field, keep });
    const mine = h("button", { type: "button", class: "quiet", onclick: choose("mine") }, h("small", {}, "Here "), h("span", {}));
    const theirs = h("button", { type: "button", class: "quiet", onclick: choose("theirs") }, h("small", {}, "Other "), h("span", {}));
    return h("div", { class: "conflict-row", role: "listitem" }, h("span", { class: "field-label" }), mine, theirs);
  }

  /** @param {"mine" | "theirs"} keep */
  #resolveAll(keep) {
    for (const { brick, field } of this.#conflicts) this.request("resolve-conflict", { brick, field, keep });
  }
}

/** @param {HTMLElement} row @param {MergeConflict} conflict @param {State} state */
function drawRow(row, conflict, state) {
  const [label, mine, theirs] = row.children;
  if (!label || !mine?.lastElementChild || !theirs?.lastElementChild) return;
  const name = fieldTitle(conflict, state);
  const values = { Here: valueText(fieldOf(state.workflow, conflict), state), Other: valueText(conflict.theirs, state) };
  say(label, name);
  for (const [button, side] of /** @type {[Element, "Here" | "Other"][]} */ ([[mine, "Here"], [theirs, "Other"]])) {
    say(/** @type {Element} */ (button.lastElementChild), values[side]);
    button.setAttribute("title", `${name}: ${side === "Here" ? "keep mine" : "use the other"}`);
  }
}

/** @param {MergeConflict} conflict @param {State} state */
function fieldTitle({ brick, field }, { entries, workflow }) {
  const type = find(workflow, brick)?.type;
  const entry = entryNamed(entries, type);
  const [head = "", name = field] = field.split(".");
  const title = head === "wire" ? portTitle(entry, name) : (entry?.schema.properties[name]?.title ?? name);
  return brick ? `${entry?.title ?? type} · ${title}` : title;
}

/** @param {Json | undefined} value @param {State} state */
function valueText(value, { entries, workflow }) {
  if (value === undefined || value === null || value === "") return "empty";
  const source = typeof value === "string" ? find(workflow, owner(value)) : undefined;
  if (source) return entryNamed(entries, source.type)?.title ?? source.type;
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text;
}

customElements.define("qp-conflicts", Conflicts);
