/** The drawer of saved workflows, versions of other tabs, and presets. */
/** @import { Draft, Preset, SavedWorkflow, State } from "../state/types.js" */
import { ago, count } from "../state/words.js";
import { h, reconcile, say, show } from "../elements/dom.js";
import { icon } from "../elements/icons.js";
import { OverlayElement } from "./overlay.js";

export class Library extends OverlayElement {
  /** @override @type {"library"} */
  name = "library";
  /** @override */
  label = "Workflows";
  #name = h("input", { type: "text", class: "well", id: "save-name", maxlength: 80, required: true, autocomplete: "off" });
  #saved = h("div", { class: "shelf", role: "list", "aria-label": "Saved workflows" });
  #none = h("p", { class: "note" }, "No saved workflows yet.");
  #drafts = h("div", { class: "shelf", role: "list", "aria-label": "Versions of other tabs" });
  #draftsHead = h("h3", {}, "Versions of other tabs");
  #presets = h("div", { class: "shelf", role: "list", "aria-label": "Presets" });

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
    const create = h("button", { type: "button", class: "quiet" }, icon("plus"), "New workflow");
    create.addEventListener("click", () => this.request("new-wall", {}));
    this.dialog.append(
      h("header", { class: "overlay-head" }, h("h2", {}, "Workflows"), this.closer()),
      form,
      h("h3", {}, "Saved workflows"),
      this.#none,
      this.#saved,
      this.#draftsHead,
      this.#drafts,
      h("h3", {}, "Presets"),
      this.#presets,
      create,
    );
  }

  /** @override @param {State} state */
  opened(state) {
    this.#name.value = state.workflow.name;
    this.#name.select();
  }

  /** @override @param {State} state */
  draw(state) {
    show(this.#none, state.library.length === 0);
    reconcile(
      this.#saved,
      state.library,
      (item) => item.name,
      (item) => this.#savedRow(item),
      (row, item) => {
        describe(row, item.bricks, Date.parse(item.updated_at));
        row.classList.toggle("here", item.name === state.savedName);
      },
    );
    for (const part of [this.#drafts, this.#draftsHead]) show(part, state.otherDrafts.length > 0);
    reconcile(
      this.#drafts,
      state.otherDrafts,
      (draft) => draft.revision,
      (draft) => this.#draftRow(draft),
      (row, draft) => describe(row, draft.workflow.bricks.length, draft.at || NaN),
    );
    reconcile(this.#presets, state.presets, (item) => item.name, (item) => this.#presetRow(item));
  }

  /** @param {SavedWorkflow} item */
  #savedRow({ name }) {
    const open = h("button", { type: "button", class: "shelf-open" }, h("strong", {}, name), h("span", { class: "shelf-line" }));
    open.addEventListener("click", () => this.request("open-saved", { name }));
    return h("div", { class: "shelf-row", role: "listitem" }, open, this.#deleter(name, () => this.request("delete-saved", { name })));
  }

  /** @param {Draft} draft */
  #draftRow({ revision, workflow }) {
    const name = workflow.name || "Untitled";
    const open = h("button", { type: "button", class: "shelf-open" }, h("strong", {}, name), h("span", { class: "shelf-line" }));
    open.addEventListener("click", () => this.request("open-draft", { revision }));
    const discard = () => this.request("discard-draft", { workflow });
    return h("div", { class: "shelf-row", role: "listitem" }, open, this.#deleter(name, discard));
  }

  /** @param {string} name @param {() => void} act */
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
  #presetRow({ name, title, description }) {
    const words = [h("strong", {}, title), h("span", { class: "shelf-line" }, description)];
    const open = h("button", { type: "button", class: "shelf-open" }, ...words);
    open.addEventListener("click", () => this.request("open-preset", { name }));
    return h("div", { class: "shelf-row", role: "listitem" }, open);
  }
}

/** @param {HTMLElement} row @param {number} bricks @param {number} at milliseconds, NaN when unknown */
function describe(row, bricks, at) {
  const facts = [count(bricks, "brick"), Number.isNaN(at) ? "" : ago(Date.now() - at)].filter(Boolean);
  const line = row.querySelector(".shelf-line");
  if (line) say(line, facts.join(" · "));
}

customElements.define("qp-library", Library);
