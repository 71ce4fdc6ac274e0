/**
 * A row of the library: a thumbnail, the name, and a panel with the actions on a saved workflow.
 *
 * @import { MakeRequest } from "../state/requests.js"
 * @import { SavedWorkflow, State } from "../state/types.js"
 */
import { ago, count } from "../state/words.js";
import { fill, h, reconcile, say, show } from "../elements/dom.js";
import { icon } from "../elements/icons.js";

/** The address of the form of a workflow. @param {string} name */
export function formAddress(name) {
  return `#/form/${encodeURIComponent(name)}`;
}

/** @param {string} name @param {number} fields that its form shows */
export function formLink(name, fields) {
  const label = fields ? `Open the form of ${name}` : `Open ${name} as a page; it shows no field yet`;
  return h("a", { class: "quiet small", href: formAddress(name), title: label }, icon("form"), "Form");
}

export class SavedRow {
  #image = h("img", { class: "shelf-thumb", alt: "", decoding: "async", loading: "lazy", hidden: true });
  #none = h("span", { class: "shelf-thumb vacant", "aria-hidden": "true" }, icon("gallery"));
  #line = h("span", { class: "shelf-line" });
  #tags = h("span", { class: "shelf-tags" });
  #panel = h("div", { class: "shelf-panel", hidden: true });
  #name = h("input", { class: "well slim", maxlength: 80, autocomplete: "off" });
  #words = h("input", { class: "well slim", autocomplete: "off", placeholder: "logo, night" });
  #versions = h("ul", { class: "shelf-versions" });
  #noVersions = h("p", { class: "note" }, "No earlier version: each save keeps the one before.");
  #history = h("div", { class: "shelf-history", hidden: true }, this.#versions, this.#noVersions);
  #more = h("button", { type: "button", class: "bare", "aria-expanded": "false" }, icon("more"));
  #form = h("span", {});
  element = h("div", { class: "shelf-item", role: "listitem" });

  /** @param {string} name @param {MakeRequest} request */
  constructor(name, request) {
    this.name = name;
    this.request = request;
    const words = h("span", { class: "shelf-words" }, h("strong", {}, name), this.#line, this.#tags);
    const open = h("button", { type: "button", class: "shelf-open pictured" }, this.#image, this.#none, words);
    open.addEventListener("click", () => request("open-saved", { name }));
    this.#image.addEventListener("error", () => this.#showImage(false));
    this.#more.title = `Rename, copy, tag or delete ${name}`;
    this.#more.setAttribute("aria-label", `Actions on ${name}`);
    this.#more.addEventListener("click", () => this.#toggle());
    this.#compose();
    this.element.append(h("div", { class: "shelf-row" }, open, this.#more), this.#panel);
  }

  #compose() {
    const { name, request } = this;
    const id = `saved-${encodeURIComponent(name)}`;
    this.#name.id = `${id}-name`;
    this.#words.id = `${id}-tags`;
    const rename = inline("Name", this.#name, "Rename", () => request("rename-saved", { name, to: this.#name.value.trim() }));
    const tag = inline("Tags", this.#words, "Set tags", () => request("tag-saved", { name, tags: tagsIn(this.#words.value) }));
    const versions = button("history", "Versions", () => this.#toggleHistory());
    const copy = button("copy", "Duplicate", () => request("duplicate-saved", { name }));
    const remove = button("trash", "Delete", () => request("delete-saved", { name }));
    const actions = h("div", { class: "shelf-actions" }, this.#form, copy, versions, remove);
    this.#panel.append(actions, rename, tag, this.#history);
  }

  /** @param {SavedWorkflow} item @param {State} state */
  draw(item, state) {
    const facts = [count(item.bricks, "brick"), ago(Date.now() - Date.parse(item.updated_at))];
    say(this.#line, facts.join(" · "));
    reconcile(this.#tags, item.tags, (tag) => tag, (tag) => h("span", { class: "tag" }, tag));
    show(this.#tags, item.tags.length > 0);
    this.element.classList.toggle("here", item.name === state.savedName);
    if (item.thumbnail_url && this.#image.dataset.source !== item.thumbnail_url) {
      this.#image.dataset.source = this.#image.src = item.thumbnail_url;
      this.#showImage(true);
    }
    if (!item.thumbnail_url) this.#showImage(false);
    if (this.#form.dataset.fields !== String(item.exposed)) {
      this.#form.dataset.fields = String(item.exposed);
      this.#form.replaceChildren(formLink(this.name, item.exposed));
    }
    if (this.#panel.hidden) {
      fill(this.#name, item.name);
      fill(this.#words, item.tags.join(", "));
    }
    this.#drawVersions(state);
  }

  /** @param {State} state */
  #drawVersions({ versions }) {
    const items = versions?.name === this.name ? versions.items : [];
    show(this.#noVersions, versions?.name === this.name && items.length === 0);
    reconcile(
      this.#versions,
      items,
      ({ id }) => id,
      ({ id, saved_at, bricks }) => {
        const at = new Date(saved_at).toLocaleString();
        const restore = h("button", { type: "button", class: "quiet small", "aria-label": `Restore the version of ${at}` }, "Restore");
        restore.addEventListener("click", () => this.request("restore-version", { name: this.name, version: id }));
        return h("li", {}, h("span", {}, `${at} · ${count(bricks, "brick")}`), restore);
      },
    );
  }

  /** @param {boolean} visible */
  #showImage(visible) {
    show(this.#image, visible);
    show(this.#none, !visible);
  }

  #toggle() {
    const open = Boolean(this.#panel.hidden);
    show(this.#panel, open);
    this.#more.setAttribute("aria-expanded", String(open));
  }

  #toggleHistory() {
    const open = Boolean(this.#history.hidden);
    show(this.#history, open);
    if (open) this.request("load-versions", { name: this.name });
  }
}

/**
 * A field with a button on one line; Enter submits it.
 * @param {string} label
 * @param {HTMLInputElement} control
 * @param {string} verb
 * @param {() => void} act
 */
function inline(label, control, verb, act) {
  const form = h("form", { class: "shelf-field" }, h("label", { for: control.id, class: "field-label" }, label), control, h("button", { class: "quiet small" }, verb));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    act();
  });
  return form;
}

/** @param {import("../elements/icons.js").IconName} name @param {string} label @param {() => void} act */
function button(name, label, act) {
  return h("button", { type: "button", class: "quiet small", onclick: act }, icon(name), label);
}

/** Tags that are separated by commas. @param {string} text */
function tagsIn(text) {
  return [...new Set(text.split(",").map((word) => word.trim()).filter(Boolean))];
}
