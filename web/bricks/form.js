/**
 * The form of a brick from its schema: one control for each parameter, in the schema's order, with
 * advanced ones behind "More". Parameters that a wire sets or the model does not support are hidden.
 *
 * @import { Brick, Entry, FieldSchema, Json } from "../document/types.js"
 * @import { State } from "../state/types.js"
 * @import { Field, FieldView } from "../elements/fields/field.js"
 * @import { FormHost } from "../state/requests.js"
 */
import { entryNamed, portOfField } from "../document/lookup.js";
import { feeding, find, owner } from "../document/workflow.js";
import { chosenModel, modelDownstream, modelDefault, modeOf, modelSupports } from "../state/selectors/models.js";
import { h, show } from "../elements/dom.js";
import { makeField, SHARED } from "../elements/fields/make.js";
import { TokenNotes } from "./token-count.js";

export class Form {
  element = h("div", { class: "form" });
  #more = h("details", { class: "more" }, h("summary", {}, "More"));
  #advanced = h("div", { class: "form" });
  /** @type {Map<string, Field>} */
  #fields = new Map();

  /**
   * @param {FormHost} brick
   * @param {(name: string) => boolean} [includes] filter of the parameters
   * @param {(name: string) => HTMLElement | null} [beside] an element below the control of a parameter
   */
  constructor(brick, includes = () => true, beside = () => null) {
    this.beside = beside;
    this.brick = brick;
    this.tokens = new TokenNotes(brick);
    this.includes = includes;
    this.#more.append(this.#advanced);
    this.#more.addEventListener("toggle", () =>
      brick.dispatchEvent(new CustomEvent("qp-redraw", { bubbles: true })),
    );
  }

  /** @param {Brick} brick @param {State} state */
  draw(brick, state) {
    const entry = entryNamed(state.entries, brick.type);
    if (!entry) return;
    if (!this.#fields.size) this.#compose(entry);
    const context =
      entry.kind === "operation"
        ? { model: chosenModel(state, brick), operation: modeOf(state, entry.name) }
        : modelDownstream(state, brick);
    /** @param {string} name @returns {FieldView} */
    const view = (name) => {
      const schema = entry.schema.properties[name];
      const fromModel =
        schema?.ui?.from_model && context ? modelDefault(context.model, context.operation, name) : undefined;
      return {
        state,
        brick,
        value: brick.props[name],
        fallback: fromModel ?? schema?.default ?? undefined,
        model: context?.model,
        problem: problemOf(state, brick, name),
        sibling: view,
      };
    };
    let advanced = 0;
    for (const [name, field] of this.#fields) {
      const schema = entry.schema.properties[name] ?? {};
      const visible =
        !isWired(entry, brick, state, name) &&
        conditionsMet(entry, brick, name) &&
        modelSupports(context?.model, entry, name);
      show(field.element, visible);
      if (visible && schema.ui?.advanced) advanced += 1;
      field.update(view(name));
    }
    show(this.#more, advanced > 0);
    this.tokens.draw(brick, state, context?.model);
    for (const box of [this.element, this.#advanced]) pair(box);
  }

  /** @param {Entry} entry */
  #compose(entry) {
    const all = Object.entries(entry.schema.properties);
    for (const [name, schema] of all) {
      const widget = schema.ui?.widget ?? "";
      if (widget === "hidden" || !this.includes(name)) continue;
      const members = SHARED.has(widget) ? all.filter(([, other]) => other.ui?.widget === widget) : [[name, schema]];
      if (members[0]?.[0] !== name) continue;
      const id = `${this.brick.brickId}-${name}`;
      const field = makeField({
        id,
        name,
        brick: this.brick.brickId,
        members: /** @type {[string, FieldSchema][]} */ (members),
        schema,
        change: (value) => this.#change(name, value),
        upload: (file) => this.brick.request("upload-file", { file, brick: this.brick.brickId, name }),
        request: (request, detail) => this.brick.request(request, detail),
        pull: (model) => this.brick.request("pull-model", { model }),
      });
      const beside = this.beside(name);
      if (beside) field.element.append(beside);
      if (schema.ui?.tokens) this.tokens.add(name, field.element);
      const port = portOfField(entry, name);
      if (port) field.element.dataset.anchor = port.name;
      if (["slider", "size"].includes(widget)) field.element.classList.add("half");
      this.#fields.set(name, field);
      (schema.ui?.advanced ? this.#advanced : this.element).append(field.element);
    }
    this.element.append(this.#more);
  }

  /** @param {string} name @param {Json | undefined} value */
  #change(name, value) {
    this.brick.request("set-prop", { brick: this.brick.brickId, name, value });
  }
}

/**
 * Pairs short controls in rows of two; a single one takes a whole row.
 * @param {HTMLElement} box
 */
function pair(box) {
  /** @type {Set<Element>} */
  const paired = new Set();
  /** @type {Element | null} */
  let single = null;
  for (const field of box.children) {
    if (/** @type {HTMLElement} */ (field).hidden) continue;
    const short = field.classList.contains("half");
    if (short && single) paired.add(single).add(field);
    single = short && !paired.has(field) ? field : null;
  }
  for (const field of box.children) field.classList.toggle("paired", paired.has(field));
}

/**
 * Reports whether a wire sets a parameter.
 * @param {Entry} entry
 * @param {Brick} brick
 * @param {State} state
 * @param {string} name
 */
function isWired(entry, brick, state, name) {
  const port = portOfField(entry, name);
  const wires = port ? feeding(state.workflow, `${brick.id}.${port.name}`) : [];
  return wires.length > 0 && !wires.every((wire) => leavesUnset(state, owner(wire.from), name, brick));
}

/**
 * Reports whether a connected value brick leaves a parameter unset that this brick sets itself.
 * @param {State} state
 * @param {string} source
 * @param {string} name
 * @param {Brick} brick
 */
function leavesUnset({ entries, workflow }, source, name, brick) {
  const value = find(workflow, source);
  const entry = entryNamed(entries, value?.type);
  const schema = entry?.schema.properties[name];
  if (entry?.kind !== "value" || !schema || (brick.props[name] ?? null) === null) return false;
  return (value?.props[name] ?? schema.default ?? null) === null;
}

/**
 * Reports whether the conditions of a parameter on the others are met.
 * @param {Entry} entry
 * @param {Brick} brick
 * @param {string} name
 */
function conditionsMet(entry, brick, name) {
  const { properties } = entry.schema;
  return Object.entries(properties[name]?.ui?.when ?? {}).every(([other, values]) =>
    values.includes(brick.props[other] ?? properties[other]?.default ?? null),
  );
}

/** @param {State} state @param {Brick} brick @param {string} name */
export function problemOf(state, brick, name) {
  return state.problems.find((row) => row.brick === brick.id && row.field === name && !row.pull?.length)?.detail ?? "";
}
