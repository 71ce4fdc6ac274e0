/**
 * The form of a brick, drawn from its schema: one control a parameter, in the schema's order,
 * rarely used ones behind "More". What a wire feeds or the model cannot use is not shown.
 *
 * @import { Brick, Entry, FieldSchema, Json } from "../document/types.js"
 * @import { State } from "../state/types.js"
 * @import { Field, FieldView } from "../elements/fields/field.js"
 * @import { BrickElement } from "./brick.js"
 */
import { entryNamed, portOfField } from "../document/lookup.js";
import { feeding, find, owner } from "../document/workflow.js";
import { chosenModel, modelDownstream, modelDefault, modeOf, modelSupports } from "../state/selectors/models.js";
import { h, show } from "../elements/dom.js";
import { makeField, SHARED } from "../elements/fields/make.js";

export class Form {
  element = h("div", { class: "form" });
  #more = h("details", { class: "more" }, h("summary", {}, "More"));
  #advanced = h("div", { class: "form" });
  /** @type {Map<string, Field>} */
  #fields = new Map();

  /**
   * @param {BrickElement} brick
   * @param {(name: string) => boolean} [wanted] parameters that this form shows
   */
  constructor(brick, wanted = () => true) {
    this.brick = brick;
    this.wanted = wanted;
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
    const speaking =
      entry.kind === "operation"
        ? { model: chosenModel(state, brick), operation: modeOf(state, entry.name) }
        : modelDownstream(state, brick);
    /** @param {string} name @returns {FieldView} */
    const view = (name) => {
      const schema = entry.schema.properties[name];
      const fromModel =
        schema?.ui?.from_model && speaking ? modelDefault(speaking.model, speaking.operation, name) : undefined;
      return {
        state,
        brick,
        value: brick.props[name],
        fallback: fromModel ?? schema?.default ?? undefined,
        model: speaking?.model,
        problem: problemOf(state, brick, name),
        sibling: view,
      };
    };
    let advanced = 0;
    for (const [name, field] of this.#fields) {
      const schema = entry.schema.properties[name] ?? {};
      const visible =
        !isFed(entry, brick, state, name) &&
        applies(entry, brick, name) &&
        modelSupports(speaking?.model, entry, name);
      show(field.element, visible);
      if (visible && schema.ui?.advanced) advanced += 1;
      field.update(view(name));
    }
    show(this.#more, advanced > 0);
    for (const box of [this.element, this.#advanced]) pair(box);
  }

  /** @param {Entry} entry */
  #compose(entry) {
    const all = Object.entries(entry.schema.properties);
    for (const [name, schema] of all) {
      const widget = schema.ui?.widget ?? "";
      if (widget === "hidden" || !this.wanted(name)) continue;
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
        request: (asked, detail) => this.brick.request(asked, detail),
        pull: (model) => this.brick.request("pull-model", { model }),
      });
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
 * Short controls stand two in a row; one that is left over has a row of its own.
 * @param {HTMLElement} box
 */
function pair(box) {
  /** @type {Set<Element>} */
  const paired = new Set();
  /** @type {Element | null} */
  let alone = null;
  for (const field of box.children) {
    if (/** @type {HTMLElement} */ (field).hidden) continue;
    const short = field.classList.contains("half");
    if (short && alone) paired.add(alone).add(field);
    alone = short && !paired.has(field) ? field : null;
  }
  for (const field of box.children) field.classList.toggle("paired", paired.has(field));
}

/**
 * Whether a wire feeds a parameter.
 * @param {Entry} entry
 * @param {Brick} brick
 * @param {State} state
 * @param {string} name
 */
function isFed(entry, brick, state, name) {
  const port = portOfField(entry, name);
  const wires = port ? feeding(state.workflow, `${brick.id}.${port.name}`) : [];
  return wires.length > 0 && !wires.every((wire) => leavesOpen(state, owner(wire.from), name, brick));
}

/**
 * Whether a value brick says nothing of a parameter that this brick has a value of its own for:
 * that one counts, so it is shown.
 * @param {State} state
 * @param {string} source
 * @param {string} name
 * @param {Brick} brick
 */
function leavesOpen({ entries, workflow }, source, name, brick) {
  const value = find(workflow, source);
  const entry = entryNamed(entries, value?.type);
  const schema = entry?.schema.properties[name];
  if (entry?.kind !== "value" || !schema || (brick.props[name] ?? null) === null) return false;
  return (value?.props[name] ?? schema.default ?? null) === null;
}

/**
 * Whether a parameter matters with what the others are set to.
 * @param {Entry} entry
 * @param {Brick} brick
 * @param {string} name
 */
function applies(entry, brick, name) {
  const { properties } = entry.schema;
  return Object.entries(properties[name]?.ui?.when ?? {}).every(([other, values]) =>
    values.includes(brick.props[other] ?? properties[other]?.default ?? null),
  );
}

/** @param {State} state @param {Brick} brick @param {string} name */
export function problemOf(state, brick, name) {
  return state.problems.find((row) => row.brick === brick.id && row.field === name && !row.pull?.length)?.detail ?? "";
}
