/** The editor of a set: its table, and its definition as the server's form, with the prompts and the faults that they give. */
/** @import { MakeRequest } from "../../state/requests.js" */
/** @import { State } from "../../state/types.js" */
/** @import { SetDraft, SetSection } from "../../state/sets.js" */
import { formEntry } from "../../document/schema.js";
import { faultCounts } from "../../state/sets.js";
import { count } from "../../state/words.js";
import { fill, h, reconcile, say, show } from "../../elements/dom.js";
import { icon } from "../../elements/icons.js";
import { DraftSection } from "./draft-section.js";
import { drawFaults } from "./fault-list.js";

const MOST_PROMPTS = 100;

export class SetEditor {
  #csv = h("textarea", { class: "well set-csv", id: "draft-csv", rows: 10, spellcheck: "false", wrap: "off" });
  #facts = h("span", { class: "note" });
  #file = h("input", { type: "file", class: "unseen", accept: ".csv,.tsv,.txt,text/csv", tabindex: -1, "aria-label": "Table of the set" });
  #save = h("button", { type: "submit", class: "strong" }, icon("save"), "Save");
  #problem = h("p", { class: "set-problem", role: "alert", hidden: true });
  #faults = h("ul", { class: "set-faults" });
  #card = h("img", { class: "card-preview", alt: "The card of the first row", hidden: true });
  #prompts = h("ol", { class: "draft-prompts" });
  #promptsTitle = h("h2", {}, "Prompts");
  #none = h("p", { class: "note" }, "Reading the table…");
  #parts = h("div", { class: "draft-parts" });
  /** @type {DraftSection[]} */
  #sections = [];
  /** @type {readonly SetSection[]} */
  #form = [];
  element;

  /** @param {MakeRequest} request */
  constructor(request) {
    this.request = request;
    this.#csv.addEventListener("input", () => request("change-draft", { csv: this.#csv.value }));
    this.#file.addEventListener("change", () => {
      const [file] = this.#file.files ?? [];
      if (file) request("read-table", { file });
      this.#file.value = "";
    });
    const pick = h("button", { type: "button", class: "link", onclick: () => this.#file.click() }, "Choose a file");
    const cancel = h("button", { type: "button", class: "quiet", onclick: () => request("end-draft", {}) }, "Cancel");
    const table = h("div", { class: "field draft-table" }, h("div", { class: "field-head" }, h("label", { class: "field-label", for: "draft-csv" }, "Table (CSV)"), this.#facts, pick, this.#file), this.#csv);
    const form = h("form", { class: "draft-fields", "aria-label": "Set", novalidate: true }, table, this.#parts, this.#problem, h("div", { class: "draft-buttons" }, this.#save, cancel));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      request("save-draft", {});
    });
    this.element = h("div", { class: "set-editor" }, form, h("section", { class: "draft-preview", "aria-label": "Preview" }, this.#faults, this.#card, this.#promptsTitle, this.#none, this.#prompts));
  }

  /** @param {State} state */
  draw(state) {
    const { draft, form, card } = state.sets;
    if (!draft) return;
    if (form !== this.#form) this.#compose(form);
    const { definition, preview, problem, encoding } = draft;
    if (document.activeElement !== this.#csv) fill(this.#csv, draft.csv);
    this.#drawSections(state, draft);
    const errors = faultCounts(preview?.faults ?? []).errors;
    this.#save.disabled = !preview || errors > 0 || !definition.name;
    this.#save.title = errors ? `${count(errors, "error")} in the table` : definition.name ? "" : "The set needs a name.";
    say(this.#facts, [preview ? `${count(preview.total, "row")}, ${count(preview.columns.length, "column")}` : "", encoding].filter(Boolean).join(" · "));
    say(this.#problem, problem);
    show(this.#problem, problem !== "");
    drawFaults(this.#faults, preview?.faults ?? []);
    show(this.#card, Boolean(definition.overlay) && card !== "");
    if (card && this.#card.getAttribute("src") !== card) this.#card.src = card;
    this.#drawPrompts(draft);
  }

  /** @param {readonly SetSection[]} form */
  #compose(form) {
    this.#form = form;
    this.#sections = form.map((section) => new DraftSection(section, this.request));
    this.#parts.replaceChildren(...this.#sections.map(({ element }) => element));
  }

  /** Draws the fields with the guessed templates in empty ones. @param {State} state @param {SetDraft} draft */
  #drawSections(state, draft) {
    const { preview, problems, definition } = draft;
    const guessed = { prompt_template: preview?.prompt_template ?? "", item_name: preview?.item_name ?? "" };
    const entries = this.#sections.map(({ section, id }) => formEntry(id, section.field ? section : withDefaults(section, guessed)));
    const rows = problems.map(({ section, field, detail }) => ({ brick: this.#sections.find((part) => part.section.field === section)?.id ?? "", field, detail }));
    const view = /** @type {State} */ (Object.create(state, { problems: { value: rows }, entries: { value: entries } }));
    for (const section of this.#sections) section.draw(definition, view);
  }

  /** @param {SetDraft} draft */
  #drawPrompts({ preview, problem, problems }) {
    say(this.#none, problem || problems.length ? "Correct the marked fields to see the prompts." : "Reading the table…");
    show(this.#none, preview === null);
    const rows = preview?.items ?? [];
    say(this.#promptsTitle, rows.length > MOST_PROMPTS ? `Prompts, the first ${MOST_PROMPTS} of ${rows.length}` : "Prompts");
    reconcile(this.#prompts, rows.slice(0, MOST_PROMPTS), ({ number }) => String(number), () => h("li", {}, h("strong", {}), h("span", {})), (line, { key, prompt }) => {
      say(/** @type {Element} */ (line.firstElementChild), key);
      say(/** @type {Element} */ (line.lastElementChild), prompt);
    });
  }
}

/** A section with these values as defaults of its fields. @param {SetSection} section @param {Record<string, string>} defaults @returns {SetSection} */
function withDefaults(section, defaults) {
  const properties = Object.entries(section.schema.properties).map(([name, schema]) => [name, defaults[name] ? { ...schema, default: defaults[name] } : schema]);
  return { ...section, schema: { properties: Object.fromEntries(properties) } };
}
