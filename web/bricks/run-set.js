/** The set brick: a set, its theme, and what replaces its own parameters; its button runs the batch. */
/** @import { Brick, Json } from "../document/types.js" */
/** @import { State } from "../state/types.js" */
import { changedValues } from "../state/sets.js";
import { count } from "../state/words.js";
import { fill, h, reconcile, say } from "../elements/dom.js";
import { icon } from "../elements/icons.js";
import { BrickElement } from "./brick.js";
import { Form } from "./form.js";

export class RunSetBrick extends BrickElement {
  #set = h("select", { class: "well", "aria-label": "Set" });
  #theme = h("textarea", { class: "well", rows: 2, maxlength: 2000, "aria-label": "Theme", placeholder: "The set's own example" });
  #text = h("span", {}, "Run");
  #run = h("button", { type: "button", class: "strong" }, icon("play"), this.#text);
  #open = h("a", { class: "quiet", href: "#/sets" }, icon("cards"), "Sets");
  #form = new Form(this);
  #chosen = "";
  /** @type {Record<string, Json>} */
  #values = {};

  /** @override */
  compose() {
    const change = (/** @type {Record<string, string>} */ props, /** @type {string} */ label) => this.request("set-props", { brick: this.brickId, props, label, key: `${this.brickId} ${label}` });
    this.#set.addEventListener("change", () => change({ set_name: this.#set.value }, "Set"));
    this.#theme.addEventListener("input", () => change({ theme: this.#theme.value }, "Theme"));
    this.#run.addEventListener("click", () => this.request("run-batch", { set: this.#chosen, theme: this.#theme.value || this.#theme.placeholder, values: this.#values }));
    const dice = h("button", { type: "button", class: "square", "aria-label": "Random theme", title: "Random theme", onclick: () => this.request("random-prop", { brick: this.brickId, name: "theme" }) }, icon("dice"));
    this.body.append(h("div", { class: "form" }, this.#set, h("div", { class: "joined" }, this.#theme, dice), this.#form.element, h("div", { class: "row" }, this.#run, this.#open)));
    this.request("load-sets", {});
  }

  /** @override @param {Brick} brick @param {State} state */
  draw(brick, state) {
    const { sets, connection } = state;
    const { set_name: chosen, theme, ...values } = brick.props;
    this.#values = changedValues({}, values);
    this.#form.draw(brick, state);
    const list = (sets.list ?? []).filter(({ unreadable }) => unreadable === null);
    const set = list.find(({ id }) => id === chosen) ?? list[0];
    this.#chosen = set?.id ?? "";
    reconcile(this.#set, list, ({ id }) => id, ({ id }) => h("option", { value: id }), (option, { name, rows }) => say(option, `${name} · ${rows} rows`));
    fill(this.#set, this.#chosen);
    if (document.activeElement !== this.#theme) fill(this.#theme, String(theme ?? ""));
    this.#theme.placeholder = set?.example_theme ?? "";
    say(this.#text, set ? `Run ${count(set.rows, "row")}` : "Loading the sets…");
    this.#run.disabled = !set || set.errors > 0 || connection === "offline";
    this.#run.title = set?.errors ? `${count(set.errors, "error")} in the table` : "";
  }
}

customElements.define("qp-run-set-brick", RunSetBrick);
