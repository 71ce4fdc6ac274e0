/** The header of the sets: the way back to the list, the open set with its theme, and a new set. */
/** @import { State } from "../../state/types.js" */
import { shownMatrix } from "../../state/sets.js";
import { count } from "../../state/words.js";
import { h, say, show } from "../../elements/dom.js";
import { QpElement } from "../../elements/element.js";
import { icon } from "../../elements/icons.js";

export class SetsHead extends QpElement {
  #back = h("button", { type: "button", class: "bare", "aria-label": "All sets", title: "All sets", onclick: () => this.request("open-set", { set: "" }) }, icon("left"));
  #name = h("strong", {});
  #about = h("span", { class: "saved" });
  #new = h("button", { type: "button", class: "quiet", "aria-label": "New set", title: "A set from a table", onclick: () => this.request("new-set", {}) }, icon("plus"), h("span", { class: "wide-only" }, "New set"));

  /** @override */
  build() {
    this.append(this.#back, h("div", { class: "head-document" }, this.#name, this.#about), h("div", { class: "tools", role: "toolbar", "aria-label": "Sets" }, this.#new));
  }

  /** @override @param {State} state */
  render({ sets }) {
    const { open, detail, draft, list, recipe } = sets;
    const matrix = shownMatrix(sets);
    show(this.#back, Boolean(open || draft || matrix));
    show(this.#new, !open && !draft && !matrix);
    say(this.#name, draft ? draft.definition.name || "New set" : (matrix?.name ?? detail?.definition.name ?? "Sets"));
    say(this.#about, draft ? "not saved yet" : matrix ? matrix.axes.map(({ label }) => label).join(" × ") : open ? recipe.theme : list ? count(list.length, "set") : "");
  }
}

customElements.define("qp-sets-head", SetsHead);
