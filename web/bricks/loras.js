/**
 * LoRAs: those in use with switch, weight and trigger words, and a searchable list of the others.
 */
/** @import { Brick, Json } from "../document/types.js" */
/** @import { Lora, Model, State } from "../state/types.js" */
import { withId } from "../document/lookup.js";
import { modelDownstream } from "../state/selectors/models.js";
import { fill, h, reconcile, say, show } from "../elements/dom.js";
import { icon } from "../elements/icons.js";
import { BrickElement } from "./brick.js";
import { loraProblem } from "./lora-problem.js";

const LEAST = -2;
const MOST = 2;
const MAX_LISTED = 60; // LoRAs listed at once

/** @typedef {{ name: string, weight: number, enabled: boolean }} Use */

export class LorasBrick extends BrickElement {
  #stack = h("div", { class: "lora-stack" });
  #empty = h("p", { class: "note" });
  #search = h("input", { type: "search", class: "well slim", placeholder: "Search LoRAs", "aria-label": "Search LoRAs" });
  #folder = h("select", { class: "well slim", "aria-label": "Folder" });
  #list = h("div", { class: "lora-list" });
  #more = h("p", { class: "note", hidden: true });
  #shelf = h("details", { class: "more" }, h("summary", {}, "Add a LoRA"), h("div", { class: "lora-find" }, this.#search, this.#folder), this.#list, this.#more);
  /** @type {State | null} */
  #state = null;
  /** @type {Use[]} */
  #uses = [];

  /** @override */
  compose() {
    this.body.dataset.anchor = "loras";
    this.#search.addEventListener("input", () => this.#drawList());
    this.#folder.addEventListener("change", () => this.#drawList());
    this.#shelf.addEventListener("toggle", () => {
      this.#drawList();
      this.dispatchEvent(new CustomEvent("qp-redraw", { bubbles: true }));
    });
    this.body.append(this.#stack, this.#empty, this.#shelf);
  }

  /** @override @param {Brick} brick @param {State} state */
  draw(brick, state) {
    this.#state = state;
    this.#uses = uses(brick);
    const model = modelDownstream(state, brick)?.model ?? null;
    reconcile(
      this.#stack,
      this.#uses,
      (use) => use.name,
      (use) => this.#row(use.name),
      (row, use) => drawRow(row, use, loraNamed(state, use.name), model),
    );
    const none = state.loras.length === 0;
    say(
      this.#empty,
      none ? "No LoRAs found. Put .safetensors files into models/loras." : "No LoRAs in use.",
    );
    show(this.#empty, this.#uses.length === 0);
    show(this.#shelf, !none);
    if (this.#shelf.open) this.#drawList();
  }

  #drawList() {
    const state = this.#state;
    if (!state || !this.#shelf.open) return;
    const words = this.#search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const used = new Set(this.#uses.map((use) => use.name));
    const all = foldersOf(state.loras);
    show(this.#folder, all.length > 1);
    reconcile(this.#folder, all, ({ path }) => path, ({ path }) => h("option", { value: path }), (option, folder) => say(option, folder.text));
    const { value: inside } = this.#folder;
    const matches = state.loras.filter((lora) => {
      const text = `${lora.label} ${lora.folder} ${lora.family_label}`.toLowerCase();
      return !used.has(lora.id) && within(lora.folder, inside) && words.every((word) => text.includes(word));
    });
    reconcile(
      this.#list,
      matches.slice(0, MAX_LISTED),
      (lora) => lora.id,
      (lora) => this.#offer(lora),
    );
    const hidden = matches.length - MAX_LISTED;
    say(this.#more, matches.length ? `${hidden} more: search to narrow.` : "No matching LoRA.");
    show(this.#more, hidden > 0 || matches.length === 0);
  }

  /** @param {Lora} lora */
  #offer(lora) {
    const face = lora.thumbnail_url
      ? h("img", { src: lora.thumbnail_url, alt: "", loading: "lazy" })
      : h("span", { class: "lora-blank" });
    const words = h(
      "span",
      { class: "lora-words" },
      h("span", { class: "picker-name" }, lora.label),
      h("span", { class: "picker-fit" }, lora.refusal ?? [lora.family_label, lora.folder].filter(Boolean).join(" · ")),
    );
    const offer = h("button", { type: "button", class: "lora-offer", disabled: lora.refusal !== null }, face, words);
    offer.addEventListener("click", () =>
      this.#write([...this.#uses, { name: lora.id, weight: 1, enabled: true }], `Add ${lora.label}`),
    );
    return offer;
  }

  /** @param {string} name */
  #row(name) {
    const id = `${this.brickId}-lora-${name}`;
    const toggle = h("input", { type: "checkbox", role: "switch", class: "switch", "aria-label": "Enabled" });
    const label = h("label", { class: "lora-name", for: id });
    const badge = h("span", { class: "badge" });
    const sweep = h("button", { type: "button", class: "bare", "aria-label": "Sweep", title: "Sweep the weight: one image for each", onclick: () => this.request("show", { name: "sweep", lora: name, brick: this.brickId }) }, icon("gallery"));
    const remove = h("button", { type: "button", class: "bare", "aria-label": "Remove", title: "Remove" }, icon("trash"));
    const slider = h("input", { type: "range", id, class: "slider", min: LEAST, max: MOST, step: 0.05 });
    const number = h("input", { type: "number", class: "slider-number", min: LEAST, max: MOST, step: 0.05, "aria-label": "Weight" });
    const problem = h("p", { class: "field-problem", role: "alert", hidden: true });
    toggle.addEventListener("change", () => this.#change(name, { enabled: toggle.checked }));
    for (const control of [slider, number]) {
      control.addEventListener("input", () => {
        if (!Number.isNaN(control.valueAsNumber)) this.#change(name, { weight: control.valueAsNumber });
      });
    }
    remove.addEventListener("click", () => this.#write(this.#uses.filter((use) => use.name !== name), "Remove LoRA"));
    const head = h("div", { class: "lora-head" }, toggle, label, sweep, remove);
    const weight = h("div", { class: "lora-weight" }, slider, number);
    const about = h("div", { class: "lora-about" }, badge, h("div", { class: "chips" }));
    const row = h("div", { class: "lora-row" }, head, weight, about, problem);
    row.addEventListener("click", (event) => {
      const chip = /** @type {HTMLElement} */ (event.target).closest(".chip");
      if (chip) this.#insert(chip.textContent ?? "");
    });
    return row;
  }

  /** @param {string} name @param {Partial<Use>} change */
  #change(name, change) {
    this.#write(this.#uses.map((use) => (use.name === name ? { ...use, ...change } : use)), "Set LoRA");
  }

  /** @param {Use[]} next @param {string} label */
  #write(next, label) {
    const props = { loras: /** @type {Json} */ (/** @type {unknown} */ (next)) };
    this.request("set-props", { brick: this.brickId, props, label });
  }

  /** @param {string} word added to the prompt of the connected operation */
  #insert(word) {
    this.request("add-words", { brick: this.brickId, words: word });
  }
}

/** Reports whether a folder is `outer` or lies in it. @param {string} folder @param {string} outer */
function within(folder, outer) {
  return outer === "" || folder === outer || folder.startsWith(`${outer}/`);
}

/**
 * The tree of folders as a list with counts; the first option means all folders.
 * @param {Lora[]} loras
 * @returns {{ path: string, text: string }[]}
 */
function foldersOf(loras) {
  const paths = new Set();
  for (const { folder } of loras) {
    const parts = folder.split("/").filter(Boolean);
    parts.forEach((_, index) => paths.add(parts.slice(0, index + 1).join("/")));
  }
  const inside = (/** @type {string} */ path) => loras.filter((lora) => within(lora.folder, path)).length;
  const folders = [...paths].sort().map((path) => {
    const parts = path.split("/");
    const indent = "\u2003".repeat(parts.length - 1);
    return { path, text: `${indent}${parts.at(-1)} · ${inside(path)}` };
  });
  return [{ path: "", text: `All folders · ${loras.length}` }, ...folders];
}

/** @param {Brick} brick @returns {Use[]} */
function uses(brick) {
  const saved = /** @type {Use[]} */ (/** @type {unknown} */ (brick.props.loras ?? []));
  return saved.map((use) => ({ ...use, weight: use.weight ?? 1, enabled: use.enabled ?? true }));
}

/** @param {State} state @param {string} name */
function loraNamed(state, name) {
  return withId(state.loras, name);
}

/**
 * @param {HTMLElement} row
 * @param {Use} use
 * @param {Lora | undefined} lora
 * @param {Model | null} model
 */
function drawRow(row, use, lora, model) {
  const [toggle, slider, number] = /** @type {HTMLInputElement[]} */ ([...row.querySelectorAll("input")]);
  const [badge] = row.getElementsByClassName("badge");
  const [chips] = row.getElementsByClassName("chips");
  const problem = /** @type {HTMLElement} */ (row.querySelector(".field-problem"));
  if (toggle) toggle.checked = use.enabled;
  const label = /** @type {HTMLElement} */ (row.querySelector("label"));
  say(label, lora?.label ?? use.name);
  label.title = lora?.label ?? use.name;
  if (slider) {
    fill(slider, String(use.weight));
    slider.style.setProperty("--fill", `${(100 * (use.weight - LEAST)) / (MOST - LEAST)}%`);
  }
  if (number && document.activeElement !== number) fill(number, String(use.weight));
  if (badge) say(badge, lora?.family_label ?? "unknown");
  row.classList.toggle("off", !use.enabled);
  const words = lora?.trigger_words.slice(0, 8) ?? [];
  if (chips) reconcile(chips, words, String, (word) => h("button", { type: "button", class: "chip" }, word));
  const text = loraProblem(lora, model);
  say(problem, use.enabled ? text : "");
  show(problem, use.enabled && text !== "");
}

customElements.define("qp-loras-brick", LorasBrick);
