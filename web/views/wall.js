/**
 * The wall: columns of bricks from left to right, and their wires.
 *
 * @import { Brick } from "../document/types.js"
 * @import { State } from "../state/types.js"
 */
import { changesInput, entryNamed } from "../document/lookup.js";
import { columns } from "../document/workflow.js";
import { custom, h, reconcile, say, show } from "../elements/dom.js";
import { QpElement } from "../elements/element.js";
import { carriesImages, draggedImages } from "../elements/dropped-files.js";
import { carriesFiles, pictureIn, workflowIn } from "../elements/fields/image.js";
import { icon } from "../elements/icons.js";
import { BrickElement } from "../bricks/brick.js";
import { createBrick } from "../bricks/catalogue.js";
import { DragBrick } from "./drag-brick.js";
import { DragWire } from "./drag-wire.js";
import { DropVeil } from "./drop-veil.js";
import { MANY, Minimap } from "./minimap.js";
import { WallGeometry } from "./wall-geometry.js";
import { wallKey } from "./wall-keys.js";
import { WallMenu } from "./wall-menu.js";
import "./wall-selection.js";
import { WallZoom } from "./wall-zoom.js";
import { WireKeys } from "./wire-keys.js";
import { Wires } from "./wires.js";

/** Headings of columns, by the first category that a column holds. */
const HEADINGS = [
  { category: "generator", text: "Make" },
  { category: "output", text: "Result" },
  { category: "input", text: "Idea" },
  { category: "setting", text: "Idea" },
];

export class Wall extends QpElement {
  #columns = h("div", { class: "columns" });
  #geometry = new WallGeometry(this.#columns);
  #wires = new Wires(this.#geometry, () => this.#drawn());
  #veil = new DropVeil("Drop an image to use it or to restore its workflow, or a workflow file to import it");
  #empty = h("div", { class: "wall-empty", hidden: true });
  #content = h("div", { class: "wall-content" }, this.#wires.element, this.#columns, this.#empty);
  #zoom = new WallZoom(this, this.#content, this.#geometry, () => this.#minimap.draw(this.#state));
  #minimap = new Minimap(this.#zoom, this.#geometry);
  #menu = new WallMenu(this, this.#wires, (name, detail) => this.request(name, detail), () => this.#state);
  /** @type {Map<string, BrickElement>} */
  #bricks = new Map();
  #sizes = new ResizeObserver(() => this.#moved());
  /** @type {State["zoomTo"]} the last request of zoom */
  #zoomTo = null;
  /** @type {State | null} */
  #state = null;
  /** @type {string | null} the brick that was revealed last */
  #added = null;
  /** Bricks with their columns and rows, as drawn. */
  #places = "";
  /** @type {State["entries"]} */
  #entries = [];

  /** @override */
  build() {
    this.#empty.append(this.#emptyCard());
    this.append(this.#content, this.#minimap.element, custom("qp-wall-selection"), this.#veil.element, this.#menu.element);
  }

  /** The state of a wall without bricks, with the first actions. */
  #emptyCard() {
    const open = h("button", { type: "button", class: "strong" }, icon("folder"), "Open a preset");
    open.addEventListener("click", () => this.request("show", { name: "library" }));
    const add = h("button", { type: "button", class: "quiet" }, icon("plus"), "Add a brick", custom("qp-key-hint", { class: "typed", "data-keys": "add-brick" }));
    add.addEventListener("click", () => this.request("show", { name: "palette" }));
    return h(
      "div",
      { class: "wall-empty-card" },
      icon("gallery"),
      h("h2", {}, "No bricks yet"),
      h("p", {}, "Your workflow appears here: bricks for prompts, settings and models, with wires between them."),
      h("div", { class: "row" }, open, add),
      h("p", { class: "note typed" }, "Or drop an image here to begin with it."),
    );
  }

  /** @override @param {AbortSignal} signal */
  connected(signal) {
    this.#sizes.observe(this.#columns);
    this.#zoom.enable(signal);
    this.#veil.enable(this, signal);
    this.#menu.enable(signal);
    new DragBrick(this, this.#wires, (name, detail) => this.request(name, detail)).enable(signal);
    new DragWire(this, this.#wires, (name, detail) => this.request(name, detail)).enable(signal);
    const focus = (/** @type {string} */ id) => this.#bricks.get(id)?.focus();
    const wireKeys = new WireKeys(this.#wires, (name, detail) => this.request(name, detail), focus);
    this.#wires.element.addEventListener("keydown", (event) => this.#state && wireKeys.press(event, this.#state), { signal });
    this.addEventListener("keydown", (event) => this.#state && wallKey(event, focus, this.#state, wireKeys), { signal });
    this.addEventListener("qp-redraw", (event) => this.#redraw(event), { signal });
    this.addEventListener("dragover", (event) => (carriesFiles(event) || carriesImages(event.dataTransfer)) && event.preventDefault(), { signal });
    this.addEventListener("drop", (event) => this.#drop(event), { signal });
    this.addEventListener("qp-drawn", (event) => {
      if (event.target instanceof BrickElement) this.#geometry.touch(event.target);
      this.#wires.draw();
    }, { signal });
    window.addEventListener("resize", () => this.#moved(), { signal });
  }

  /** @override */
  disconnectedCallback() {
    super.disconnectedCallback();
    this.#sizes.disconnect();
  }

  /** @override @param {State} state */
  render(state) {
    this.#state = state;
    this.#wires.show(state);
    if (state.zoomTo && state.zoomTo !== this.#zoomTo) this.#zoom.go(state.zoomTo.to);
    this.#zoomTo = state.zoomTo;
    if (state.added && state.added !== this.#added) this.#reveal(state.added);
    this.#added = state.added;
    const places = JSON.stringify([state.ready, state.entries.length, state.workflow.bricks.map(({ id, type, column, row }) => [id, type, column, row])]);
    if (places === this.#places && state.entries === this.#entries) return;
    this.#places = places;
    this.#entries = state.entries;
    const active = document.activeElement;
    const stacks = state.entries.length ? columns(state.workflow) : [];
    this.#removeStale(state);
    reconcile(
      this.#columns,
      stacks.map((bricks, index) => ({ bricks, index })),
      ({ index }) => String(index),
      ({ index }) => createColumn(index),
      (column, { bricks }) => this.#drawColumn(column, bricks, state),
    );
    this.#columns.classList.toggle("many", this.#bricks.size > MANY);
    this.#moved();
    show(this.#empty, state.ready && stacks.length === 0);
    if (state.ready || stacks.length) this.parentElement?.querySelector(":scope > .skeleton-wall")?.remove();
    if (active instanceof HTMLElement && active !== document.activeElement && this.contains(active)) {
      active.focus({ preventScroll: true });
    }
  }

  /** Measures and draws again after a change of sizes or places. */
  #moved() {
    this.#geometry.move();
    this.#wires.draw();
  }

  #drawn() {
    if (this.#zoom.scale !== 1) this.#zoom.layOut();
    this.#minimap.draw(this.#state);
  }

  /** Scrolls to a new brick and focuses it, once it is drawn. @param {string} id */
  #reveal(id) {
    requestAnimationFrame(() => {
      const brick = this.#bricks.get(id);
      brick?.scrollIntoView({ block: "nearest", inline: "nearest" });
      brick?.focus({ preventScroll: true });
    });
  }

  /** @param {HTMLElement} column @param {Brick[]} bricks @param {State} state */
  #drawColumn(column, bricks, state) {
    const entries = bricks.map((brick) => entryNamed(state.entries, brick.type));
    const refines = entries.every((entry) => changesInput(entry));
    const first = HEADINGS.find(({ category }) => entries.some((entry) => entry?.category === category));
    const heading = refines ? "Refine" : (first?.text ?? "Other");
    const [head, stack] = column.children;
    if (!head || !stack) return;
    say(head, heading);
    reconcile(
      stack,
      bricks,
      (brick) => brick.id,
      (brick) => this.#element(brick, state),
    );
  }

  /** @param {Brick} brick @param {State} state */
  #element(brick, state) {
    const present = this.#bricks.get(brick.id);
    if (present) return present;
    const entry = entryNamed(state.entries, brick.type);
    const element = createBrick(entry, brick.id);
    this.#bricks.set(brick.id, element);
    this.#sizes.observe(element);
    return element;
  }

  /** Removes the elements of removed bricks and of changed types. @param {State} state */
  #removeStale(state) {
    const bricks = new Map(state.workflow.bricks.map((brick) => [brick.id, brick]));
    for (const [id, element] of this.#bricks) {
      const brick = bricks.get(id);
      const entry = entryNamed(state.entries, brick?.type);
      if (brick && element.entry === entry) continue;
      if (brick && element.entry && entry && element.entry.name === entry.name) continue;
      this.#bricks.delete(id);
      this.#sizes.unobserve(element);
      element.remove();
    }
  }

  /** Draws a brick whose own state changed, and the wires. @param {Event} event */
  #redraw(event) {
    const brick = event.target instanceof Element ? event.target.closest(".brick") : null;
    if (brick instanceof BrickElement) brick.redraw();
    this.#moved();
  }

  /** @param {DragEvent} event */
  #drop(event) {
    if (event.defaultPrevented) return;
    const assets = draggedImages(event.dataTransfer);
    if (assets.length) {
      event.preventDefault();
      this.request("use-as-input", { assets });
      return;
    }
    const picture = pictureIn(event.dataTransfer);
    const file = picture ?? workflowIn(event.dataTransfer);
    if (!file) return;
    event.preventDefault();
    this.request(picture ? "upload-file" : "import-workflow", { file });
  }
}

/** @param {number} index */
function createColumn(index) {
  const column = custom("section", { class: "column", "data-column": index });
  column.append(h("h2", { class: "column-head" }), h("div", { class: "stack" }));
  return column;
}

customElements.define("qp-wall", Wall);
