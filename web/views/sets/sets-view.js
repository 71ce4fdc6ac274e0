/** The sets: the list; a set with recipe, batch, rows and the row in focus; the editor of a set. */
/** @import { State } from "../../state/types.js" */
/** @import { SetPane } from "../../state/sets.js" */
import { h, reconcile, say, show } from "../../elements/dom.js";
import { QpElement } from "../../elements/element.js";
import { carriesFiles } from "../../elements/fields/image.js";
import { DropVeil } from "../drop-veil.js";
import { shownMatrix } from "../../state/sets.js";
import { BatchPanel } from "./batch-panel.js";
import { CardDetail } from "./card-detail.js";
import { PrintPanel } from "./print-panel.js";
import { RecipePanel } from "./recipe.js";
import { RowTable } from "./row-table.js";
import { SetEditor } from "./set-editor.js";
import { SetList } from "./set-list.js";

/** @type {{ id: SetPane, text: string }[]} */
const PANES = [
  { id: "recipe", text: "Recipe" },
  { id: "batch", text: "Batch" },
  { id: "rows", text: "Rows" },
  { id: "card", text: "Card" },
];
/** A matrix has no recipe and no table. */
const PANES_OF_MATRIX = PANES.filter(({ id }) => id === "batch" || id === "card");

export class SetsView extends QpElement {
  #ask = this.request.bind(this);
  #list = new SetList(this.#ask);
  #editor = new SetEditor(this.#ask);
  #recipe = new RecipePanel(this.#ask);
  #batch = new BatchPanel(this.#ask);
  #rows = new RowTable(this.#ask);
  #card = new CardDetail(this.#ask);
  #print = new PrintPanel(this.#ask);
  #panes = h("div", { class: "set-panes", role: "group", "aria-label": "Parts of the set" });
  #open = h("div", { class: "set-open" }, this.#panes, this.#recipe.element, h("div", { class: "set-middle" }, this.#batch.element, this.#rows.element), h("aside", { class: "set-side", "aria-label": "Row and print" }, this.#card.element, this.#print.element));
  #veil = new DropVeil("Drop a CSV file: each row becomes an image");
  #here = false;
  #free = false;

  /** @override */
  build() {
    this.append(this.#list.element, this.#open, this.#editor.element, this.#veil.element);
  }

  /** @override @param {AbortSignal} signal */
  connected(signal) {
    this.#veil.enable(this, signal);
    this.addEventListener("dragover", (event) => carriesFiles(event) && event.preventDefault(), { signal });
    this.addEventListener("drop", (event) => this.#drop(event), { signal });
    document.addEventListener("paste", (event) => this.#paste(event), { signal });
  }

  /** @param {DragEvent} event */
  #drop(event) {
    const [file] = event.dataTransfer?.files ?? [];
    if (!file || event.defaultPrevented) return;
    event.preventDefault();
    this.request("read-table", { file });
  }

  /** Takes a pasted table as a new set. @param {ClipboardEvent} event */
  #paste(event) {
    const text = event.clipboardData?.getData("text/plain") ?? "";
    if (!this.#free || event.target instanceof HTMLInputElement || event.target instanceof HTMLTextAreaElement || !/[\r\n]/.test(text.trim())) return;
    this.request("new-set", { name: "Pasted table", csv: text });
  }

  /** @override @param {State} state */
  render(state) {
    const here = state.place === "sets";
    if (here && !this.#here) this.request("open-sets", {});
    this.#here = here;
    if (!here) {
      this.#free = false;
      return;
    }
    const { open, draft, pane } = state.sets;
    this.#free = draft === null && state.overlay.name === "";
    const matrix = shownMatrix(state.sets) !== null;
    show(this.#list.element, !open && !draft && !matrix);
    show(this.#open, (open !== "" || matrix) && !draft);
    this.#open.classList.toggle("matrix", matrix);
    show(this.#editor.element, draft !== null);
    if (draft) this.#editor.draw(state);
    else if (open || matrix) this.#drawOpen(state, pane);
    else this.#list.draw(state.sets);
  }

  /** @param {State} state @param {SetPane} pane */
  #drawOpen(state, pane) {
    const panes = shownMatrix(state.sets) ? PANES_OF_MATRIX : PANES;
    const shown = panes.some(({ id }) => id === pane) ? pane : "batch";
    this.#open.dataset.pane = shown;
    reconcile(this.#panes, panes, ({ id }) => id, ({ id }) => h("button", { type: "button", class: "quiet", onclick: () => this.request("show-pane", { pane: id }) }), (button, { id, text }) => {
      say(button, text);
      button.setAttribute("aria-pressed", String(id === shown));
    });
    this.#recipe.draw(state);
    this.#batch.draw(state);
    this.#rows.draw(state);
    this.#card.draw(state);
    this.#print.draw(state);
  }
}

customElements.define("qp-sets-view", SetsView);
