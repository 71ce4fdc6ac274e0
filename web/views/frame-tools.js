/**
 * Buttons that rotate by quarter turns and mirror, and the aspect ratios of the crop. The schema maps
 * them to parameters.
 *
 * @import { Entry } from "../document/types.js"
 * @import { State } from "../state/types.js"
 */
import { entryNamed } from "../document/lookup.js";
import { handles } from "../state/selectors/editing.js";
import { mirrored, seenAspect, turnedAngle } from "../elements/crop-box.js";
import { h, reconcile, show } from "../elements/dom.js";
import { QpElement } from "../elements/element.js";
import { icon } from "../elements/icons.js";

export class FrameTools extends QpElement {
  #left = this.#button("rotateLeft", "Rotate left", () => this.#turn(-1));
  #right = this.#button("rotateRight", "Rotate right", () => this.#turn(1));
  #across = this.#button("mirror", "Mirror horizontally", () => this.#mirror("horizontal"));
  #down = this.#button("flip", "Mirror vertically", () => this.#mirror("vertical"));
  #aspects = h("div", { class: "frame-aspects", role: "group", "aria-label": "Aspect ratio of the crop" });
  /** @type {Record<string, string>} */
  #names = {};
  #angle = 0;
  #mirrorType = "none";

  /** @override */
  build() {
    const turns = h("div", { class: "frame-turns", role: "group", "aria-label": "Rotate and mirror" });
    turns.append(this.#left, this.#right, this.#across, this.#down);
    this.append(turns, this.#aspects);
  }

  /** @override @param {State} state */
  render({ edit, entries }) {
    const entry = entryNamed(entries, edit?.operation);
    if (!edit || !entry) return;
    this.#names = handles(entry);
    const { angle, mirror, aspect } = this.#names;
    /** @param {string | undefined} name */
    const value = (name) => edit.values[name ?? ""] ?? entry.schema.properties[name ?? ""]?.default;
    this.#angle = Number(value(angle) ?? 0);
    this.#mirrorType = String(value(mirror) ?? "none");
    for (const button of [this.#left, this.#right]) show(button, angle !== undefined);
    for (const button of [this.#across, this.#down]) show(button, mirror !== undefined);
    this.#drawAspects(entry, aspect, String(value(aspect) ?? ""));
  }

  /** @param {Entry} entry @param {string | undefined} name @param {string} value */
  #drawAspects(entry, name, value) {
    const aspects = (entry.schema.properties[name ?? ""]?.enum ?? []).map(String);
    const current = seenAspect(value, this.#angle);
    reconcile(
      this.#aspects,
      aspects,
      (aspect) => aspect,
      (aspect) => {
        const label = aspect.includes(":") ? aspect : aspect.charAt(0).toUpperCase() + aspect.slice(1);
        const change = () => this.#change({ aspect: seenAspect(aspect, this.#angle) });
        return h("button", { type: "button", class: "quiet", onclick: change }, label);
      },
      (button, aspect) => button.setAttribute("aria-pressed", String(aspect === current)),
    );
  }

  /**
   * @param {import("../elements/icons.js").IconName} name
   * @param {string} label
   * @param {() => void} act
   */
  #button(name, label, act) {
    return h("button", { type: "button", class: "square", "aria-label": label, title: label, onclick: act }, icon(name));
  }

  /** @param {number} quarters */
  #turn(quarters) {
    this.#change({ angle: turnedAngle(this.#angle, quarters) });
  }

  /** @param {"horizontal" | "vertical"} axis */
  #mirror(axis) {
    this.#change(mirrored(this.#mirrorType, this.#angle, axis));
  }

  /** @param {Record<string, string | number>} values by handle */
  #change(values) {
    const named = Object.entries(values).flatMap(([handle, value]) => {
      const name = this.#names[handle];
      return name ? [[name, value]] : [];
    });
    this.request("edit-values", { values: Object.fromEntries(named) });
  }
}

customElements.define("qp-frame-tools", FrameTools);
