/** The palette of bricks by category, with search. */
/** @import { Entry, Json } from "../document/types.js" */
/** @import { State } from "../state/types.js" */
import { takesWire, titleOf } from "../document/wiring.js";
import { owner } from "../document/workflow.js";
import { modelsFor } from "../state/selectors/models.js";
import { h, reconcile, say, show } from "../elements/dom.js";
import { OverlayElement } from "./overlay.js";

/** Categories in their order, with the names of their groups. */
const GROUPS = [
  { category: "input", text: "Inputs" },
  { category: "setting", text: "Settings" },
  { category: "generator", text: "Generators" },
  { category: "output", text: "Outputs" },
];
const OTHERS = { category: "", text: "Others" };

/**
 * A brick to add, with its initial values.
 * @typedef {{ key: string, entry: Entry, title: string, summary: string, props: Record<string, Json> }} Offer
 */

export class Palette extends OverlayElement {
  /** @override @type {"palette"} */
  name = "palette";
  /** @override */
  label = "Add a brick";
  #search = h("input", {
    type: "search",
    class: "well",
    placeholder: "Add a brick…",
    "aria-label": "Find a brick",
    autocomplete: "off",
    role: "combobox",
    "aria-expanded": "true",
    "aria-controls": "palette-list",
  });
  #list = h("div", { id: "palette-list", class: "palette-list", role: "listbox", "aria-label": "Bricks" });
  #none = h("p", { class: "note" }, "No matching brick.");
  #wireText = h("span", {});
  #cut = h("button", { type: "button", class: "quiet small" }, "Remove the wire");
  #wire = h("p", { class: "palette-wire note", hidden: true }, this.#wireText, this.#cut);
  #picked = 0;
  /** @type {Offer[]} */
  #offers = [];
  /** @type {State | null} */
  #state = null;

  /** @override */
  compose() {
    this.#search.addEventListener("input", () => {
      this.#picked = 0;
      this.#drawList();
      this.#picked = this.#best();
      this.#drawList();
    });
    this.#search.addEventListener("keydown", (event) => this.#key(event));
    this.#cut.addEventListener("click", () => {
      const { from, taken = "" } = this.#state?.overlay.wire ?? {};
      this.request("disconnect", { to: taken, from });
      this.dialog.close();
    });
    this.dialog.append(this.#search, this.#wire, this.#list, this.#none);
  }

  /** @override */
  opened() {
    this.#search.value = "";
    this.#picked = 0;
    this.#search.focus();
  }

  /** @override @param {State} state */
  draw(state) {
    this.#state = state;
    const { wire } = state.overlay;
    show(this.#wire, wire !== undefined);
    show(this.#cut, wire?.taken !== undefined);
    if (wire) {
      const title = titleOf(state.entries, state.workflow, owner(wire.from ?? wire.to ?? ""));
      say(this.#wireText, wire.from ? `Bricks that take ${wire.type} of ${title}` : `Bricks that give ${wire.type} to ${title}`);
    }
    this.#drawList();
  }

  #drawList() {
    const text = this.#search.value.trim().toLowerCase();
    const { wire } = this.#state?.overlay ?? {};
    const offered = (this.#state ? offers(this.#state) : [])
      .filter(({ entry }) => !wire || takesWire(entry, wire))
      .filter(({ entry, title, summary }) =>
        `${title} ${entry.name} ${summary} ${entry.category}`.toLowerCase().includes(text),
      );
    const groups = [...GROUPS, OTHERS]
      .map((group) => ({ ...group, offers: offered.filter((offer) => groupOf(offer) === group.category) }))
      .filter(({ offers: members }) => members.length > 0);
    this.#offers = groups.flatMap(({ offers: members }) => members);
    this.#picked = Math.min(this.#picked, Math.max(0, this.#offers.length - 1));
    reconcile(
      this.#list,
      groups,
      ({ category }) => category,
      ({ category, text: name }) => optionGroup(category, name),
      (section, group) => this.#drawGroup(/** @type {Element} */ (section.lastElementChild), group.offers),
    );
    show(this.#none, this.#offers.length === 0);
  }

  /** The offer whose title is the text, else begins with it, else the first. */
  #best() {
    const text = this.#search.value.trim().toLowerCase();
    const titles = this.#offers.map(({ title }) => title.toLowerCase());
    const place = titles.indexOf(text);
    return Math.max(0, place < 0 ? titles.findIndex((title) => title.startsWith(text)) : place);
  }

  /** @param {Element} list @param {Offer[]} members */
  #drawGroup(list, members) {
    reconcile(
      list,
      members,
      (offer) => offer.key,
      (offer) => this.#option(offer),
      (option, offer) => {
        const index = this.#offers.indexOf(offer);
        option.setAttribute("aria-selected", String(index === this.#picked));
        if (index === this.#picked) this.#search.setAttribute("aria-activedescendant", option.id);
      },
    );
  }

  /** @param {Offer} offer */
  #option(offer) {
    const { entry, key, title, summary } = offer;
    const words = h("span", { class: "option-words" }, h("strong", {}, title), h("span", {}, summary));
    const option = h(
      "div",
      { id: `palette-${key}`, class: "option", role: "option", "data-category": entry.category, "data-type": entry.name },
      words,
    );
    option.addEventListener("click", () => this.#take(offer));
    return option;
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.key === "Escape") {
      event.preventDefault(); // a search field would only lose its text
      this.dialog.close();
      return;
    }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      const length = Math.max(1, this.#offers.length);
      this.#picked = (this.#picked + step + length) % length;
      this.#drawList();
      this.#list.querySelector(`[aria-selected="true"]`)?.scrollIntoView({ block: "nearest" });
      event.preventDefault();
    }
    const offer = this.#offers[this.#picked];
    if (event.key === "Enter" && offer) {
      event.preventDefault();
      this.#take(offer);
    }
  }

  /** @param {Offer} offer */
  #take({ entry, props }) {
    const { wire } = this.#state?.overlay ?? {};
    this.request("add-brick", { type: entry.name, props, ...(wire ? { wire } : {}) });
    this.dialog.close();
  }
}

/** @param {Offer} offer @returns {string} a category of `GROUPS`, else that of `OTHERS` */
function groupOf({ entry }) {
  return GROUPS.some(({ category }) => category === entry.category) ? entry.category : OTHERS.category;
}

/** @param {string} category @param {string} name */
function optionGroup(category, name) {
  const head = h("div", { class: "group-name", "aria-hidden": "true" }, name);
  return h("div", { role: "group", "aria-label": name, "data-category": category }, head, h("div", { role: "presentation" }));
}

/**
 * Every brick, and generators once more for each family with downloaded models: users search for
 * "SDXL", not for a setting of a generator.
 * @param {State} state
 * @returns {Offer[]}
 */
function offers(state) {
  return state.entries
    .filter((entry) => entry.has_brick)
    .flatMap((entry) => {
      const plain = { key: entry.name, entry, title: entry.title, summary: entry.summary, props: {} };
      const models = isMode(entry) ? modelsFor(state, entry.name).filter((model) => model.present) : [];
      const families = [...new Set(models.map((model) => model.family_label))];
      if (families.length < 2) return [plain];
      const byFamily = families.map((family) => ({
        key: `${entry.name}-${family.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-")}`,
        entry,
        title: `${entry.title} · ${family}`,
        summary: models.filter((model) => model.family_label === family).map((model) => model.label).join(", "),
        props: { model: models.find((model) => model.family_label === family)?.id ?? null },
      }));
      return [plain, ...byFamily];
    });
}

/** Reports whether the operation is a mode of its model. @param {Entry} entry */
function isMode(entry) {
  const hints = entry.schema.properties.model?.ui;
  return hints?.widget === "model" && !hints.mode;
}

customElements.define("qp-palette", Palette);
