/** The sheet of keyboard shortcuts, from the key bindings. */
import { h } from "../elements/dom.js";
import { ACTIONS } from "./key-bindings.js";
import { OverlayElement } from "./overlay.js";

export class Shortcuts extends OverlayElement {
  /** @override @type {"shortcuts"} */
  name = "shortcuts";
  /** @override */
  label = "Keyboard shortcuts";

  /** @override */
  compose() {
    const groups = [...new Set(ACTIONS.map((action) => action.group))];
    this.dialog.append(
      h("header", { class: "overlay-head" }, h("h2", {}, "Keyboard"), this.closer()),
      h("div", { class: "sheet" }, ...groups.map((group) => section(group))),
    );
  }
}

/** @param {string} group */
function section(group) {
  const rows = ACTIONS.filter((action) => action.group === group).map((action) => {
    const keys = action.keys.map((key) => h("kbd", {}, key));
    return h("div", { class: "sheet-row" }, h("span", {}, action.label), h("span", { class: "keys" }, ...keys));
  });
  return h("section", {}, h("h3", {}, group), ...rows);
}

customElements.define("qp-shortcuts", Shortcuts);
