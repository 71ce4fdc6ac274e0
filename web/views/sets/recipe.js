/** The recipe of the next run: set, theme, template, parameters, seeds, and the faults of the table. */
/** @import { SetsState } from "../../state/sets.js" */
/** @import { MakeRequest } from "../../state/requests.js" */
/** @import { State } from "../../state/types.js" */
import { fieldOf, runValues, seedPolicy } from "../../state/sets.js";
import { count } from "../../state/words.js";
import { fill, h, reconcile, say, show } from "../../elements/dom.js";
import { icon } from "../../elements/icons.js";
import { drawFaults, drawTemplate } from "./fault-list.js";
import { PartForm } from "./part-form.js";

const OF_ROWS = ["prompt", "image"]; // the rows supply them

export class RecipePanel {
  #set = h("select", { class: "well", id: "recipe-set" });
  #theme = h("textarea", { class: "well", id: "recipe-theme", rows: 2, maxlength: 2000, placeholder: "Art style, place, mood" });
  #seed = h("span", { class: "note" });
  #template = h("p", { class: "set-template" });
  #policy = h("select", { class: "well", id: "recipe-policy", title: "seed_policy" });
  #fields = h("div", {});
  #summary = h("p", { class: "note", role: "status" });
  #faults = h("ul", { class: "set-faults" });
  #problem = h("p", { class: "set-problem", role: "alert", hidden: true });
  #editText = h("span", {});
  #edit = h("button", { type: "button", class: "quiet small" }, icon("edit"), this.#editText);
  #delete = h("button", { type: "button", class: "quiet small" }, icon("trash"), "Delete");
  /** @type {PartForm | null} */
  #form = null;
  /** @type {SetsState | null} */
  #sets = null;
  element;

  /** @param {MakeRequest} request */
  constructor(request) {
    this.request = request;
    this.#set.addEventListener("change", () => request("open-set", { set: this.#set.value }));
    this.#theme.addEventListener("input", () => request("change-theme", { theme: this.#theme.value }));
    this.#policy.addEventListener("change", () => request("change-recipe", { policy: this.#policy.value }));
    this.#edit.addEventListener("click", () => request("edit-set", { set: this.#sets?.open ?? "", copy: !this.#sets?.detail?.own }));
    this.#delete.addEventListener("click", () => request("delete-set", { set: this.#sets?.open ?? "" }));
    const dice = h("button", { type: "button", class: "link set-dice", title: "A random theme", onclick: () => request("random-theme", {}) }, icon("dice"), "Random");
    this.element = h(
      "aside",
      { class: "set-recipe", "aria-label": "Recipe" },
      field("Set", this.#set),
      h("div", { class: "row" }, this.#edit, this.#delete),
      field("Theme", this.#theme, h("span", { class: "set-theme-tools" }, this.#seed, dice)),
      h("div", { class: "field" }, h("span", { class: "field-label" }, "Template"), this.#template),
      this.#fields,
      field("Seeds of the rows", this.#policy),
      this.#summary,
      this.#problem,
      this.#faults,
    );
  }

  /** @param {State} state */
  draw(state) {
    const { sets } = state;
    this.#sets = sets;
    const { list, open, detail, preview, recipe } = sets;
    reconcile(this.#set, list ?? [], ({ id }) => id, ({ id }) => h("option", { value: id }), (option, { name, rows }) => say(option, `${name} · ${rows} rows`));
    fill(this.#set, open);
    if (document.activeElement !== this.#theme) fill(this.#theme, recipe.theme);
    say(this.#seed, recipe.themeSeed === null ? "" : `seed ${recipe.themeSeed}`);
    drawTemplate(this.#template, detail?.prompt_template ?? "");
    const policies = Object.entries(fieldOf(sets.form, "seed", "policy")?.ui?.choices ?? {});
    reconcile(this.#policy, policies, ([value]) => value, ([value]) => h("option", { value }), (option, [, text]) => say(option, text));
    fill(this.#policy, seedPolicy(sets));
    say(this.#editText, detail?.own ? "Edit" : "Duplicate to edit");
    show(this.#delete, detail?.own ?? false);
    this.#drawForm(state);
    say(this.#summary, preview ? summary(sets) : detail ? "Loading the rows…" : "Loading the set…");
    say(this.#problem, sets.problem);
    show(this.#problem, sets.problem !== "");
    drawFaults(this.#faults, preview?.faults ?? []);
  }

  /** @param {State} state */
  #drawForm(state) {
    const operation = state.sets.detail?.definition.mode ?? "";
    if (!operation) return;
    if (!this.#form || this.#form.part.operation !== operation) {
      const change = (/** @type {Record<string, any>} */ values) => this.request("change-recipe", { values });
      this.#form = new PartForm({ id: "set-recipe", operation, includes: (name) => !OF_ROWS.includes(name), change, request: this.request, takes: "change-recipe" });
      this.#fields.replaceChildren(this.#form.element);
    }
    this.#form.draw(runValues(state.sets), state);
  }
}

/** @param {string} label @param {HTMLElement} control @param {HTMLElement} [aside] */
export function field(label, control, aside) {
  return h("div", { class: "field" }, h("div", { class: "field-head" }, h("label", { class: "field-label", for: control.id }, label), aside ?? null), control);
}

/** @param {SetsState} sets */
function summary({ preview, recipe }) {
  const images = Number(recipe.values.num_images ?? 1);
  const rows = count(preview?.total ?? 0, "row");
  return images > 1 ? `${rows} × ${images} variants = ${count((preview?.total ?? 0) * images, "image")}` : `${rows}, one image each`;
}
