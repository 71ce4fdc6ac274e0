/** The drawer of saved workflows, open canvases, deleted workflows and presets. */
/** @import { DeletedWorkflow, Draft, Preset, State } from "../state/types.js" */
/** @import { DraftEntry } from "../state/draft-types.js" */
import { ago, count, size } from "../state/words.js";
import { fill, h, reconcile, say, show } from "../elements/dom.js";
import { icon } from "../elements/icons.js";
import { SavedRow, formLink } from "./library-row.js";
import { OverlayElement } from "./overlay.js";

export class Library extends OverlayElement {
  /** @override @type {"library"} */
  name = "library";
  /** @override */
  label = "Workflows";
  #name = h("input", { type: "text", class: "well", id: "save-name", maxlength: 80, required: true, autocomplete: "off" });
  #query = h("input", { type: "search", class: "well", id: "library-query", placeholder: "Name, tag, prompt or brick", autocomplete: "off", maxlength: 200 });
  #tags = h("div", { class: "shelf-filters", role: "group", "aria-label": "Tags" });
  #saved = h("div", { class: "shelf", role: "list", "aria-label": "Saved workflows" });
  #none = h("p", { class: "note" });
  #drafts = h("div", { class: "shelf", role: "list", "aria-label": "Versions of other tabs" });
  #draftsHead = h("h3", {}, "Versions of other tabs");
  #canvases = h("div", { class: "shelf", role: "list", "aria-label": "Other open canvases" });
  #canvasesHead = h("h3", {}, "Other open canvases");
  #presets = h("div", { class: "shelf", role: "list", "aria-label": "Presets" });
  #deleted = h("div", { class: "shelf", role: "list", "aria-label": "Deleted workflows" });
  #trash = h("details", { class: "more" }, h("summary", {}, "Deleted workflows"), this.#deleted);
  /** @type {WeakMap<HTMLElement, SavedRow>} */
  #rows = new WeakMap();

  /** @override */
  compose() {
    const form = h(
      "form",
      { class: "save-form" },
      h("label", { for: "save-name", class: "field-label" }, "Save workflow as"),
      h("div", { class: "joined" }, this.#name, h("button", { class: "strong" }, "Save")),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const name = this.#name.value.trim();
      if (name) this.request("save-as", { name });
    });
    const exports = h("div", { class: "row" });
    for (const [format, text] of /** @type {["qpyt" | "comfyui", string][]} */ ([["qpyt", "Export file"], ["comfyui", "Export for ComfyUI"]])) {
      exports.append(h("button", { type: "button", class: "quiet small", onclick: () => this.request("export-workflow", { format }) }, text));
    }
    form.append(exports);
    this.#query.addEventListener("input", () => this.request("search-library", { query: this.#query.value.trim() }));
    const search = h("div", { class: "save-form" }, h("label", { for: "library-query", class: "field-label" }, "Search"), this.#query, this.#tags);
    const create = h("button", { type: "button", class: "quiet" }, icon("plus"), "New workflow");
    create.addEventListener("click", () => this.request("new-wall", {}));
    this.dialog.append(
      h("header", { class: "overlay-head" }, h("h2", {}, "Workflows"), this.closer()),
      form,
      search,
      h("h3", {}, "Saved workflows"),
      this.#none,
      this.#saved,
      this.#draftsHead,
      this.#drafts,
      this.#canvasesHead,
      this.#canvases,
      h("h3", {}, "Presets"),
      this.#presets,
      this.#trash,
      create,
    );
  }

  /** @override @param {State} state */
  opened(state) {
    this.#name.value = state.workflow.name;
    this.#name.select();
    fill(this.#query, state.librarySearch.query);
    this.request("load-deleted", {});
  }

  /** @override @param {State} state */
  draw(state) {
    const { names, query, tag } = state.librarySearch;
    const saved = names ? state.library.filter((item) => names.includes(item.name)) : state.library;
    say(this.#none, names && state.library.length ? "No saved workflow matches." : "No saved workflows yet.");
    show(this.#none, saved.length === 0);
    this.#drawTags(state);
    reconcile(
      this.#saved,
      saved,
      (item) => item.name,
      (item) => this.#savedRow(item.name),
      (row, item) => this.#rows.get(row)?.draw(item, state),
    );
    for (const part of [this.#drafts, this.#draftsHead]) show(part, state.otherDrafts.length > 0);
    reconcile(
      this.#drafts,
      state.otherDrafts,
      (draft) => draft.revision,
      (draft) => this.#draftRow(draft),
      (row, draft) => describe(row, draft.workflow.bricks.length, draft.at || NaN),
    );
    for (const part of [this.#canvases, this.#canvasesHead]) show(part, state.openDrafts.length > 0);
    reconcile(
      this.#canvases,
      state.openDrafts,
      (draft) => draft.id,
      (draft) => this.#canvasRow(draft),
      (row, draft) => describe(row, draft.bricks, Date.parse(draft.updated_at)),
    );
    const presets = state.presets.filter((preset) => matches(preset, query, tag));
    reconcile(this.#presets, presets, (item) => item.name, (item) => this.#presetRow(item), drawMissing);
    show(this.#trash, state.deletedWorkflows.length > 0);
    reconcile(this.#deleted, state.deletedWorkflows, (item) => item.id, (item) => this.#deletedRow(item));
  }

  /** Draws a button for each tag; the pressed one filters. @param {State} state */
  #drawTags({ library, librarySearch, presets }) {
    const tags = [...new Set([...library, ...presets].flatMap((item) => item.tags))].sort((a, b) => a.localeCompare(b));
    reconcile(
      this.#tags,
      tags,
      (tag) => tag,
      (tag) => {
        const button = h("button", { type: "button", class: "chip" }, tag);
        const toggle = () => this.request("search-library", { tag: button.getAttribute("aria-pressed") === "true" ? "" : tag });
        button.addEventListener("click", toggle);
        return button;
      },
      (button, tag) => button.setAttribute("aria-pressed", String(librarySearch.tag === tag)),
    );
    show(this.#tags, tags.length > 0);
  }

  /** @param {string} name */
  #savedRow(name) {
    const row = new SavedRow(name, (request, detail) => this.request(request, detail));
    this.#rows.set(row.element, row);
    return row.element;
  }

  /** @param {Draft} draft */
  #draftRow({ revision, workflow }) {
    const name = workflow.name || "Untitled";
    const open = h("button", { type: "button", class: "shelf-open" }, h("strong", {}, name), h("span", { class: "shelf-line" }));
    open.addEventListener("click", () => this.request("open-draft", { revision }));
    const discard = () => this.request("discard-draft", { workflow });
    return h("div", { class: "shelf-row", role: "listitem" }, open, this.#deleter(name, discard));
  }

  /** @param {DraftEntry} draft */
  #canvasRow({ id, name }) {
    const title = name || "Untitled";
    const open = h("button", { type: "button", class: "shelf-open" }, h("strong", {}, title), h("span", { class: "shelf-line" }));
    open.addEventListener("click", () => this.request("open-canvas", { id }));
    return h("div", { class: "shelf-row", role: "listitem" }, open, this.#deleter(title, () => this.request("delete-canvas", { id })));
  }

  /** A button that asks once more: a version of another tab has no trash. @param {string} name @param {() => void} act */
  #deleter(name, act) {
    const label = `Delete ${name}`;
    const button = h("button", { type: "button", class: "bare", "aria-label": label, title: label }, icon("trash"));
    button.addEventListener("click", () => {
      if (button.classList.contains("sure")) act();
      else {
        button.classList.add("sure");
        button.replaceChildren("Delete?");
      }
    });
    button.addEventListener("blur", () => {
      button.classList.remove("sure");
      button.replaceChildren(icon("trash"));
    });
    return button;
  }

  /** @param {Preset} preset */
  #presetRow({ name, title, description, exposed }) {
    const missing = h("span", { class: "shelf-missing", hidden: true });
    const words = [h("strong", {}, title), h("span", { class: "shelf-line" }, description), missing];
    const open = h("button", { type: "button", class: "shelf-open" }, ...words);
    open.addEventListener("click", () => this.request("open-preset", { name }));
    return h("div", { class: "shelf-row", role: "listitem" }, open, formLink(name, exposed));
  }

  /** @param {DeletedWorkflow} item */
  #deletedRow({ id, name, deleted_at }) {
    const line = h("span", { class: "shelf-line" }, `deleted ${ago(Date.now() - Date.parse(deleted_at))}`);
    const restore = h("button", { type: "button", class: "quiet small", "aria-label": `Restore ${name}` }, "Restore");
    restore.addEventListener("click", () => this.request("restore-deleted", { name, id }));
    return h("div", { class: "shelf-row", role: "listitem" }, h("span", { class: "shelf-open" }, h("strong", {}, name), line), restore);
  }
}

/** @param {Preset} preset @param {string} query @param {string} tag */
function matches({ title, description, tags, name }, query, tag) {
  const text = [name, title, description, ...tags].join("\n").toLocaleLowerCase();
  const words = query.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  return words.every((word) => text.includes(word)) && (!tag || tags.includes(tag));
}

/** Draws the models that a preset needs and this machine lacks. @param {HTMLElement} row @param {Preset} preset */
function drawMissing(row, { missing }) {
  const line = /** @type {HTMLElement} */ (row.querySelector(".shelf-missing"));
  const parts = missing.map(({ name, pull }) => {
    const bytes = pull.reduce((sum, download) => sum + download.bytes, 0);
    return `${pull[0]?.label ?? name}${bytes ? ` (${size(bytes)})` : ""}`;
  });
  say(line, parts.length ? `Needs ${[...new Set(parts)].join(", ")}` : "");
  show(line, parts.length > 0);
}

/** @param {HTMLElement} row @param {number} bricks @param {number} at milliseconds, NaN when unknown */
function describe(row, bricks, at) {
  const facts = [count(bricks, "brick"), Number.isNaN(at) ? "" : ago(Date.now() - at)].filter(Boolean);
  const line = row.querySelector(".shelf-line");
  if (line) say(line, facts.join(" · "));
}

customElements.define("qp-library", Library);
