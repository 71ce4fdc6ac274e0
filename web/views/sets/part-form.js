/** A part of the form of an operation outside the wall: its values are the owner's. */
/** @import { Brick, Json } from "../../document/types.js" */
/** @import { MakeRequest } from "../../state/requests.js" */
/** @import { State } from "../../state/types.js" */
import { Form } from "../../bricks/form.js";

/**
 * @typedef {object} Part
 * @property {string} id unique in the page
 * @property {string} operation
 * @property {(name: string) => boolean} includes
 * @property {(values: Record<string, Json | undefined>) => void} change
 * @property {MakeRequest} request of everything else
 * @property {(name: string) => HTMLElement | null} [beside] an element below the control of a field
 * @property {"change-print" | "change-recipe" | "change-draft-print"} [takes] request that takes an image from the gallery
 */

export class PartForm {
  form;

  /** @param {Part} part */
  constructor(part) {
    this.part = part;
    const host = {
      brickId: part.id,
      dispatchEvent: (/** @type {Event} */ event) => this.element.dispatchEvent(event),
      request: /** @type {MakeRequest} */ ((name, detail) => this.#request(name, detail)),
    };
    this.form = new Form(host, part.includes, part.beside);
  }

  get element() {
    return this.form.element;
  }

  /** @type {MakeRequest} */
  #request(name, detail) {
    const { name: field, value, props } = /** @type {{ name: string, value: Json, props: Record<string, Json> }} */ (/** @type {unknown} */ (detail));
    if (name === "set-prop") this.part.change({ [field]: value });
    else if (name === "set-props") this.part.change(props);
    else if (name === "show" && this.part.takes) this.part.request(name, { ...detail, takes: this.part.takes });
    else this.part.request(name, detail);
  }

  /** @param {Record<string, Json | undefined>} values @param {State} state */
  draw(values, state) {
    const props = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
    const { id, operation: type } = this.part;
    this.form.draw(/** @type {Brick} */ ({ id, type, props, column: 0, row: 0 }), state);
  }
}
