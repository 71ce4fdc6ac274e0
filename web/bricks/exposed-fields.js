/**
 * The fields of a brick that the form of the workflow shows: a switch for each, opened from the
 * header of the brick.
 *
 * @import { Brick, Entry, Workflow } from "../document/types.js"
 * @import { MakeRequest } from "../state/requests.js"
 */
import { exposableFields } from "../document/exposure.js";
import { h, reconcile, say, show } from "../elements/dom.js";

export class ExposedFields {
  #list = h("div", { class: "exposed-list" });
  element = h("fieldset", { class: "exposed-fields", hidden: true }, h("legend", {}, "Show in the form"), this.#list);

  /** @param {MakeRequest} request */
  constructor(request) {
    this.request = request;
  }

  /** Opens or closes the list. @returns {boolean} true when it is open now */
  toggle() {
    const open = Boolean(this.element.hidden);
    show(this.element, open);
    return open;
  }

  /** Focuses the first switch. */
  enter() {
    this.element.querySelector("input")?.focus();
  }

  /**
   * @param {Workflow} workflow
   * @param {Brick} brick
   * @param {Entry | undefined} entry
   * @returns {boolean} true if the brick has a field to show
   */
  draw(workflow, brick, entry) {
    const fields = exposableFields(workflow, brick, entry);
    reconcile(
      this.#list,
      this.element.hidden ? [] : fields, // hidden switches would repeat the labels of the fields
      ([name]) => name,
      ([name, title]) => this.#row(brick.id, name, title),
      (row, [name, title]) => {
        const choice = /** @type {HTMLInputElement} */ (row.querySelector("input"));
        choice.checked = brick.exposed?.includes(name) === true;
        const label = row.querySelector("span");
        if (label) say(label, title);
      },
    );
    return fields.length > 0;
  }

  /** @param {string} brick @param {string} name @param {string} title */
  #row(brick, name, title) {
    const label = `Show ${title} in the form`;
    const choice = h("input", { type: "checkbox", class: "switch", role: "switch", "aria-label": label });
    choice.addEventListener("change", () => this.request("toggle-exposed", { brick, name }));
    return h("label", { class: "exposed-row", title: name }, h("span", {}), choice);
  }
}
