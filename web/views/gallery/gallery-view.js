/** The gallery: sources and facets, the search, the grid by days, and the image in focus. */
/** @import { State } from "../../state/types.js" */
/** @import { Group } from "../../elements/grid/layout.js" */
import { tokensOf } from "../../document/image-tokens.js";
import { isSelecting } from "../../state/image-selection.js";
import { inTrash, markOf, REJECTED, sentIds } from "../../state/selectors/gallery.js";
import { count } from "../../state/words.js";
import { placeOf } from "../../state/image-list.js";
import { fill, h, say, show } from "../../elements/dom.js";
import { droppedFiles, dragImages, importable } from "../../elements/dropped-files.js";
import { QpElement } from "../../elements/element.js";
import { carriesFiles } from "../../elements/fields/image.js";
import { ImageGrid } from "../../elements/grid/image-grid.js";
import { icon } from "../../elements/icons.js";
import { ContextMenu } from "../../elements/menu.js";
import { DropVeil } from "../drop-veil.js";
import { DetailPanel } from "./detail-panel.js";
import { DuplicatesPanel } from "./duplicates-panel.js";
import { EmptyStates } from "./empty-states.js";
import { FacetPanel } from "./facet-panel.js";
import { galleryMenuOf } from "./gallery-menu.js";
import { SearchField } from "./search-field.js";
import { SelectionBar } from "./selection-bar.js";
import { Sources } from "./sources.js";
import { Timeline } from "./timeline.js";

const SORTS = [
  { value: "newest", text: "Newest" },
  { value: "oldest", text: "Oldest" },
  { value: "rating", text: "Best rated" },
  { value: "largest", text: "Largest" },
];
const CELLS = { min: 72, max: 256, step: 8 };

export class GalleryView extends QpElement {
  #ask = this.request.bind(this);
  #sources = new Sources(this.#ask);
  #facets = new FacetPanel(this.#ask);
  #search = new SearchField(this.#ask);
  #sort = h("select", { class: "well slim gallery-sort", "aria-label": "Order" }, ...SORTS.map(({ value, text }) => h("option", { value }, text)));
  #size = h("input", { type: "range", class: "slider gallery-size", "aria-label": "Cell size", ...CELLS });
  #grid = new ImageGrid("Images", {
    need: (from, to) => this.request("load-images", { list: "gallery", from, to }),
    pick: (index, pick) => this.request("pick-image", { index, ...pick }),
    box: (indices, keep) => this.request("pick-box", { indices, keep }),
    open: (index) => this.#open(index),
    drag: (event, index) => this.#drag(event, index),
    menu: (index, at) => this.#openMenu(index, at),
    scrolled: ({ layout, top }) => this.#timeline.draw(this.#days, layout, top),
  });
  #menu = new ContextMenu();
  #timeline = new Timeline((group) => this.#grid.revealGroup(group));
  #bar = new SelectionBar(this.#ask);
  #file = h("input", { type: "file", class: "unseen", multiple: true, accept: "image/*,.zip", tabindex: -1, "aria-label": "Import images" });
  #duplicates = new DuplicatesPanel(this.#ask);
  #empty = new EmptyStates(this.#ask, () => this.#file.click());
  #detail = new DetailPanel(this.#ask, (id) => this.#show(id));
  #veil = new DropVeil("Drop images, folders or zip archives to import them");
  #progress = h("p", { class: "gallery-progress", role: "status", hidden: true });
  #trashBar = h("div", { class: "trash-bar", hidden: true });
  #filterText = h("span", {});
  #filterChip = h("button", { type: "button", class: "chip filter-chip" }, icon("filter"), this.#filterText);
  #shade = h("button", { type: "button", class: "sheet-shade", "aria-label": "Close", tabindex: -1, hidden: true });
  /** @type {State | null} */
  #state = null;
  /** True while the gallery is shown and no dialog covers it. */
  #free = false;
  /** @type {readonly Group[]} groups of the grid: days, or everything in one */
  #groups = [];
  /** @type {readonly Group[]} */
  #days = [];
  /** @type {unknown} the list that the groups were made from */
  #grouped = null;

  /** @override */
  build() {
    const purge = h("button", { type: "button", class: "quiet small" }, icon("trash"), "Empty trash");
    purge.addEventListener("click", () => this.request("purge-images", { all: true }));
    this.#trashBar.append(h("p", { class: "note" }, "Images in the trash are deleted after a week."), purge);
    const filters = h("aside", { class: "gallery-filters", "aria-label": "Filters" }, this.#sheetHead(), this.#sources.element, this.#facets.element);
    const tools = h("div", { class: "gallery-tools" }, this.#search.element, this.#filterChip, this.#sort, this.#size);
    const area = h("div", { class: "gallery-area" }, this.#grid.element, this.#timeline.element, this.#empty.element, this.#duplicates.element, this.#progress, this.#bar.element);
    const middle = h("section", { class: "gallery-middle", "aria-label": "Images" }, tools, this.#trashBar, area);
    this.append(filters, middle, this.#detail.element, this.#shade, this.#veil.element, this.#file, this.#menu.element);
    this.#listen();
  }

  #sheetHead() {
    const close = h("button", { type: "button", class: "bare", "aria-label": "Close the filters", title: "Close the filters" }, icon("close"));
    close.addEventListener("click", () => this.request("show-sheet", { sheet: "" }));
    return h("header", { class: "sheet-head" }, h("h2", {}, "Filters"), close);
  }

  #listen() {
    this.#sort.addEventListener("change", () => this.request("search-images", { sort: /** @type {import("../../state/types.js").ImageSort} */ (this.#sort.value) }));
    this.#size.addEventListener("input", () => this.request("set-cell", { cell: Number(this.#size.value) }));
    this.#filterChip.addEventListener("click", () => this.request("show-sheet", { sheet: "filters" }));
    this.#shade.addEventListener("click", () => this.request("show-sheet", { sheet: "" }));
    this.#file.addEventListener("change", () => {
      this.request("import-images", { files: importable(this.#file.files ?? []) });
      this.#file.value = "";
    });
  }

  /** @override @param {AbortSignal} signal */
  connected(signal) {
    this.#veil.enable(this, signal);
    this.addEventListener("dragover", (event) => carriesFiles(event) && event.preventDefault(), { signal });
    this.addEventListener("drop", (event) => this.#drop(event), { signal });
    this.request("open-gallery", {});
  }

  /** Puts the focus into the grid, unless something of the gallery has it. */
  #enter() {
    requestAnimationFrame(() => {
      if (!this.contains(document.activeElement) && this.#state?.overlay.name === "") this.#grid.element.focus({ preventScroll: true });
    });
  }

  /** @override @param {State} state */
  render(state) {
    this.#state = state;
    const free = state.place === "gallery" && state.overlay.name === "";
    if (free && !this.#free) this.#enter();
    this.#free = free;
    if (state.place !== "gallery") return;
    const { gallery } = state;
    const { list } = gallery;
    this.dataset.sheet = gallery.sheet;
    show(this.#shade, gallery.sheet !== "");
    this.#sources.draw(state);
    this.#facets.draw(state);
    this.#search.draw(state);
    const tokens = tokensOf(list.filter, {}).length;
    say(this.#filterText, tokens ? count(tokens, "filter") : "Filters");
    this.#filterChip.classList.toggle("token", tokens > 0);
    fill(this.#sort, list.sort);
    fill(this.#size, String(gallery.cell));
    this.#size.style.setProperty("--at", `${(100 * (gallery.cell - CELLS.min)) / (CELLS.max - CELLS.min)}%`);
    show(this.#trashBar, inTrash(gallery) && Boolean(list.total));
    const covered = [this.#empty.draw(state), this.#duplicates.draw(state)].includes(true);
    show(this.#grid.element, !covered);
    if (!this.#grid.element.hidden) this.#drawGrid(state);
    else show(this.#timeline.element, false);
    this.#bar.draw(state);
    this.#detail.draw(state);
    this.#drawProgress(state);
  }

  /** @param {State} state */
  #drawGrid(state) {
    const { list, selection, focus, cell } = state.gallery;
    if (this.#grouped !== list.days || (!list.days.length && this.#groups[0]?.count !== list.total)) {
      this.#grouped = list.days;
      this.#days = list.days.map(({ day, count: images, offset }) => ({ key: day, count: images, offset }));
      this.#groups = this.#days.length ? this.#days : list.total ? [{ key: "all", count: list.total, offset: 0 }] : [];
    }
    this.#grid.element.setAttribute("aria-busy", String(list.total === null));
    this.#grid.element.classList.toggle("selecting", isSelecting(selection));
    this.#grid.draw({
      groups: this.#groups,
      headed: this.#days.length > 0,
      heading: ({ key, count: images }) => ({ title: dayTitle(key), note: count(images, "image") }),
      item: (index) => list.items.get(index),
      selected: (asset) => selection.all || selection.ids.has(asset.id),
      mark: (asset) => (asset.tags?.includes(REJECTED) ? "Rejected" : markOf(state, asset)),
      focus,
      cell,
      inserted: list.inserted,
      list: list.generation,
    });
  }

  /** @param {State} state */
  #drawProgress({ gallery: { importing } }) {
    show(this.#progress, importing !== null);
    if (importing) say(this.#progress, `Importing ${importing.done.toLocaleString()} of ${importing.total.toLocaleString()}…`);
  }

  /** @param {number} index */
  #open(index) {
    const asset = this.#state?.gallery.list.items.get(index);
    if (asset && this.#state && !inTrash(this.#state.gallery)) this.request("open-on-wall", { asset: asset.id });
  }

  /** Opens the menu of the selection that holds an image, else of the image. @param {number} index @param {{ x: number, y: number }} at */
  #openMenu(index, at) {
    const asset = this.#state?.gallery.list.items.get(index);
    if (!asset || !this.#state) return;
    const { selection } = this.#state.gallery;
    if (!selection.all && !selection.ids.has(asset.id)) this.request("pick-image", { index });
    requestAnimationFrame(() => { // the image is picked by then
      if (!this.#state) return;
      const { label, groups } = galleryMenuOf(this.#state, this.#ask);
      this.#menu.open(label, groups, at);
    });
  }

  /** Shows a parent or child, which the filter may leave out. @param {string} id */
  #show(id) {
    const list = this.#state?.gallery.list;
    const index = list ? placeOf(list, id) : -1;
    if (index >= 0) this.request("pick-image", { index });
    else this.request("find-image", { asset: id });
  }

  /** @param {DragEvent} event @param {number} index */
  #drag(event, index) {
    const asset = this.#state?.gallery.list.items.get(index);
    if (!asset || !this.#state || !event.dataTransfer) return;
    const ids = sentIds(this.#state);
    dragImages(event.dataTransfer, ids.includes(asset.id) ? ids : [asset.id]);
  }

  /** @param {DragEvent} event */
  async #drop(event) {
    if (event.defaultPrevented || !event.dataTransfer || !carriesFiles(event)) return;
    event.preventDefault();
    this.request("import-images", { files: await droppedFiles(event.dataTransfer) });
  }
}

/**
 * "Today", "Yesterday", or the date.
 * @param {string} day
 */
export function dayTitle(day) {
  const today = new Date();
  const date = new Date(`${day}T12:00:00`);
  const days = Math.round((new Date(today.getFullYear(), today.getMonth(), today.getDate(), 12).getTime() - date.getTime()) / 86_400_000);
  if (days === 0) return "Today";
  if (days === 1) return "Yesterday";
  const year = date.getFullYear() === today.getFullYear() ? undefined : "numeric";
  return date.toLocaleDateString("en", { weekday: "long", day: "numeric", month: "long", year });
}

customElements.define("qp-gallery-view", GalleryView);
