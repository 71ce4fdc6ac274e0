/** The sources of the gallery: all images, favourites, collections and the trash. */
/** @import { Collection, State } from "../../state/types.js" */
/** @import { MakeRequest } from "../../state/requests.js" */
import { sourceFilter, sourceOf } from "../../document/image-filter.js";
import { h, reconcile, say, show } from "../../elements/dom.js";
import { carriesImages, draggedImages } from "../../elements/dropped-files.js";
import { icon } from "../../elements/icons.js";
import { DEFAULT_DISTANCE } from "./duplicates-panel.js";

export class Sources {
  #all = this.#source("gallery", "All images", () => this.#open(""));
  #favourites = this.#source("heart", "Favourites", () => this.#open("favourite"));
  #duplicates = this.#source("copy", "Duplicates", () => {
    this.request("find-duplicates", { distance: DEFAULT_DISTANCE });
    this.request("show-sheet", { sheet: "" });
  });
  #trash = this.#source("trash", "Trash", () => this.#open("deleted"));
  #collections = h("div", { class: "sources-collections" });
  #name = h("input", { class: "well slim", "aria-label": "Name of the new collection", placeholder: "Name", maxlength: 100, autocomplete: "off" });
  #form = h("form", { class: "source-form", hidden: true }, this.#name, h("button", { type: "submit", class: "quiet small" }, "Create"));
  #create = h("button", { type: "button", class: "source new" }, icon("plus"), h("span", {}, "New collection"));
  element = h("nav", { class: "sources", "aria-label": "Images" }, this.#all, this.#favourites, this.#collections, this.#create, this.#form, this.#duplicates, this.#trash);

  /** @param {MakeRequest} request */
  constructor(request) {
    this.request = request;
    this.#create.addEventListener("click", () => {
      show(this.#form, this.#form.hidden === true);
      this.#name.focus();
    });
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      const name = this.#name.value.trim();
      if (!name) return;
      this.request("new-collection", { name });
      this.#name.value = "";
      show(this.#form, false);
      this.#create.focus();
    });
    this.#form.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      show(this.#form, false);
      this.#create.focus();
    });
  }

  /** @param {State} state */
  draw({ gallery }) {
    const { facets, collections, list } = gallery;
    const source = sourceOf(list.filter);
    /** @param {HTMLElement} button @param {boolean} current @param {number | undefined} count */
    const mark = (button, current, count) => {
      if (current) button.setAttribute("aria-current", "true");
      else button.removeAttribute("aria-current");
      const number = button.querySelector(".count");
      if (number) say(number, count === undefined ? "" : count.toLocaleString());
    };
    const inTrash = source.name === "deleted";
    const listed = gallery.duplicates === null;
    mark(this.#duplicates, !listed, gallery.duplicates?.total ?? undefined);
    mark(this.#all, listed && source.name === "", inTrash ? undefined : facets?.all);
    mark(this.#favourites, listed && source.name === "favourite", facets?.favourites);
    mark(this.#trash, listed && inTrash, facets?.trash);
    reconcile(this.#collections, collections, ({ id }) => id, (collection) => this.#collection(collection), (row, collection) => {
      const button = row.querySelector(".source");
      if (!(button instanceof HTMLElement)) return;
      say(/** @type {Element} */ (button.children[1]), collection.name);
      mark(button, listed && source.name === "collection" && source.value === collection.id, collection.count);
      row.querySelector(".source-more")?.setAttribute("aria-label", `Change the collection ${collection.name}`);
    });
  }

  /** @param {string} name @param {string} [value] */
  #open(name, value) {
    this.request("search-images", { filter: sourceFilter(name, value) });
    this.request("show-sheet", { sheet: "" });
  }

  /** @param {import("../../elements/icons.js").IconName} name @param {string} title @param {() => void} open */
  #source(name, title, open) {
    const button = h("button", { type: "button", class: "source" }, icon(name), h("span", {}, title), h("span", { class: "count" }));
    button.addEventListener("click", open);
    return button;
  }

  /** @param {Collection} collection */
  #collection({ id, name }) {
    const open = this.#source("folder", name, () => this.#open("collection", id));
    const more = h("button", { type: "button", class: "bare source-more", title: "Rename or delete" }, icon("more"));
    const field = h("input", { class: "well slim", "aria-label": "Name of the collection", maxlength: 100, autocomplete: "off" });
    const remove = h("button", { type: "button", class: "bare", "aria-label": "Delete the collection", title: "Delete the collection; its images stay" }, icon("trash"));
    const form = h("form", { class: "source-form", hidden: true }, field, h("button", { type: "submit", class: "quiet small" }, "Rename"), remove);
    const close = () => {
      show(form, false);
      more.focus();
    };
    more.addEventListener("click", () => {
      field.value = open.children[1]?.textContent ?? "";
      show(form, form.hidden === true);
      if (!form.hidden) field.select();
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (field.value.trim()) this.request("rename-collection", { collection: id, name: field.value.trim() });
      close();
    });
    form.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      close();
    });
    remove.addEventListener("click", () => this.request("delete-collection", { collection: id }));
    const row = h("div", { class: "source-row" }, open, more, form);
    row.addEventListener("dragover", (event) => {
      if (!carriesImages(event.dataTransfer)) return;
      event.preventDefault();
      row.classList.add("over");
    });
    row.addEventListener("dragleave", () => row.classList.remove("over"));
    row.addEventListener("drop", (event) => {
      row.classList.remove("over");
      const ids = draggedImages(event.dataTransfer);
      if (!ids.length) return;
      event.preventDefault();
      this.request("collect-images", { collection: id, ids });
    });
    return row;
  }
}
