/** The editor of a set: its table and fields, with the prompts and the faults that they give. */
/** @import { MakeRequest } from "../../state/requests.js" */
/** @import { State } from "../../state/types.js" */
import { faultCounts } from "../../state/sets.js";
import { count } from "../../state/words.js";
import { fill, h, reconcile, say, show } from "../../elements/dom.js";
import { tooltip } from "../../elements/fields/field.js";
import { icon } from "../../elements/icons.js";
import { drawFaults } from "./fault-list.js";

const MOST_PROMPTS = 100;

/**
 * The fields of a definition, as the API names them.
 * @type {{ name: string, title: string, kind: "line" | "text" | "number" | "choice", hint?: string, choices?: Record<string, string> }[]}
 */
const FIELDS = [
  { name: "name", title: "Name", kind: "line" },
  { name: "description", title: "Description", kind: "line" },
  { name: "base_prompt", title: "Base prompt", kind: "text", hint: "Begins every prompt" },
  { name: "prompt_template", title: "Template", kind: "text", hint: "Columns in braces, such as {name}; empty: guessed" },
  { name: "style_suffix", title: "Style suffix", kind: "text", hint: "Ends every prompt" },
  { name: "example_theme", title: "Example theme", kind: "line" },
  { name: "negative_prompt", title: "Negative prompt", kind: "text" },
  { name: "item_name", title: "Name of a row", kind: "line", hint: "Columns in braces; empty: guessed" },
  { name: "width", title: "Width", kind: "number", hint: "The model's own" },
  { name: "height", title: "Height", kind: "number", hint: "The model's own" },
  { name: "mode", title: "Operation", kind: "choice", choices: { generate: "Generate", img2img: "Image to image" } },
  { name: "image_column", title: "Image column", kind: "line", hint: "image" },
];
const NUMBERS = new Set(FIELDS.filter(({ kind }) => kind === "number").map(({ name }) => name));

export class SetEditor {
  #csv = h("textarea", { class: "well set-csv", id: "draft-csv", rows: 10, spellcheck: "false", wrap: "off" });
  #facts = h("span", { class: "note" });
  #file = h("input", { type: "file", class: "unseen", accept: ".csv,.tsv,.txt,text/csv", tabindex: -1, "aria-label": "Table of the set" });
  #save = h("button", { type: "submit", class: "strong" }, icon("save"), "Save");
  #problem = h("p", { class: "set-problem", role: "alert", hidden: true });
  #faults = h("ul", { class: "set-faults" });
  #prompts = h("ol", { class: "draft-prompts" });
  #promptsTitle = h("h2", {}, "Prompts");
  #none = h("p", { class: "note" }, "Reading the table…");
  /** @type {Map<string, HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement>} by name */
  #controls = new Map();
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
    const fields = FIELDS.map((field) => this.#field(field));
    const table = h("div", { class: "field draft-table" }, h("div", { class: "field-head" }, h("label", { class: "field-label", for: "draft-csv" }, "Table (CSV)"), this.#facts, pick, this.#file), this.#csv);
    const form = h("form", { class: "draft-fields", "aria-label": "Set" }, ...fields.slice(0, 1), table, ...fields.slice(1), this.#problem, h("div", { class: "draft-buttons" }, this.#save, cancel));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      request("save-draft", {});
    });
    this.element = h("div", { class: "set-editor" }, form, h("section", { class: "draft-preview", "aria-label": "Preview" }, this.#faults, this.#promptsTitle, this.#none, this.#prompts));
  }

  /** @param {typeof FIELDS[number]} field */
  #field({ name, title, kind, hint = "", choices = {} }) {
    const id = `draft-${name}`;
    const control = kind === "text" ? h("textarea", { class: "well", id, rows: 1, maxlength: 2000, placeholder: hint })
      : kind === "choice" ? h("select", { class: "well", id }, ...Object.entries(choices).map(([value, text]) => h("option", { value }, text)))
      : h("input", { class: "well", id, type: kind === "number" ? "number" : "text", placeholder: hint, ...(kind === "number" ? { min: 64, max: 2048, step: 16 } : { maxlength: 300 }) });
    control.addEventListener("input", () => {
      const value = NUMBERS.has(name) ? Number(control.value) || null : control.value;
      this.request("change-draft", { definition: { [name]: value } });
    });
    this.#controls.set(name, control);
    return h("div", { class: `field draft-${kind}` }, h("label", { class: "field-label", for: id, title: tooltip(name, hint) }, title), control);
  }

  /** @param {State} state */
  draw({ sets }) {
    const { draft } = sets;
    if (!draft) return;
    const { definition, preview, problem, encoding } = draft;
    if (document.activeElement !== this.#csv) fill(this.#csv, draft.csv);
    for (const [name, control] of this.#controls) {
      if (document.activeElement !== control) fill(control, String(definition[name] ?? (name === "mode" ? "generate" : "")));
    }
    const image = this.#controls.get("image_column")?.closest(".field");
    if (image instanceof HTMLElement) show(image, definition.mode === "img2img");
    const template = this.#controls.get("prompt_template");
    if (template && "placeholder" in template) template.placeholder = preview?.prompt_template ? `Guessed: ${preview.prompt_template}` : "";
    const errors = faultCounts(preview?.faults ?? []).errors;
    this.#save.disabled = !preview || errors > 0 || !definition.name;
    this.#save.title = errors ? `${count(errors, "error")} in the table` : definition.name ? "" : "The set needs a name.";
    say(this.#facts, [preview ? `${count(preview.total, "row")}, ${count(preview.columns.length, "column")}` : "", encoding].filter(Boolean).join(" · "));
    say(this.#problem, problem);
    show(this.#problem, problem !== "");
    drawFaults(this.#faults, preview?.faults ?? []);
    show(this.#none, preview === null && problem === "");
    const rows = preview?.items ?? [];
    say(this.#promptsTitle, rows.length > MOST_PROMPTS ? `Prompts, the first ${MOST_PROMPTS} of ${rows.length}` : "Prompts");
    reconcile(this.#prompts, rows.slice(0, MOST_PROMPTS), ({ number }) => String(number), () => h("li", {}, h("strong", {}), h("span", {})), (line, { key, prompt }) => {
      say(/** @type {Element} */ (line.firstElementChild), key);
      say(/** @type {Element} */ (line.lastElementChild), prompt);
    });
  }
}
