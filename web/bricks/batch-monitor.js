/** The batch brick: the progress of a batch and a grid of its rows. */
/** @import { Brick } from "../document/types.js" */
/** @import { State } from "../state/types.js" */
import { batchCounts, rowTitle, shownImage } from "../state/sets.js";
import { batchTitle } from "../state/words.js";
import { fill, h, reconcile, say, show } from "../elements/dom.js";
import { BrickElement } from "./brick.js";

const MOST = 120; // tiles

export class BatchMonitorBrick extends BrickElement {
  #batch = h("select", { class: "well", "aria-label": "Batch" });
  #facts = h("p", { class: "note", role: "status" });
  #grid = h("div", { class: "batch-tiles" });
  #watched = "";

  /** @override */
  compose() {
    this.classList.add("wide");
    this.#batch.addEventListener("change", () => this.request("set-props", { brick: this.brickId, props: { batch: this.#batch.value }, label: "Batch" }));
    this.body.append(h("div", { class: "form" }, this.#batch, this.#facts, this.#grid));
    this.request("load-sets", {});
  }

  /** @override @param {Brick} brick @param {State} state */
  draw({ props }, { sets }) {
    const { batches } = sets;
    const chosen = String(props.batch ?? "");
    const id = chosen || (batches[0]?.id ?? "");
    if (id && id !== this.#watched) {
      this.#watched = id;
      this.request("watch-batch", { batch: id });
    }
    const options = [{ id: "", text: "Newest batch" }, ...batches.map((entry) => ({ id: entry.id, text: `${entry.name}, ${batchTitle(entry)}` }))];
    reconcile(this.#batch, options, (option) => option.id || "newest", (option) => h("option", { value: option.id }), (element, { text }) => say(element, text));
    fill(this.#batch, chosen);
    const batch = sets.watched[id];
    const counts = batch ? batchCounts(batch) : null;
    const failed = counts?.failed ? ` · ${counts.failed} failed` : "";
    say(this.#facts, batch && counts ? `${batch.name}: ${counts.done} of ${counts.rows} done${failed}` : id ? "Loading the batch…" : "A batch appears here once a set runs.");
    show(this.#grid, batch !== undefined);
    reconcile(this.#grid, (batch?.items ?? []).slice(0, MOST), ({ key }) => key, ({ key }) => h("button", { type: "button", class: "batch-dot", onclick: () => this.request("show-row", { batch: this.#watched, row: key }) }), (tile, row) => {
      const url = shownImage(row)?.thumbnail_url ?? "";
      tile.dataset.state = row.status;
      tile.setAttribute("aria-label", `${rowTitle(row.key)}, ${row.status}`);
      tile.title = rowTitle(row.key);
      if (url && tile.querySelector("img")?.getAttribute("src") !== url) tile.replaceChildren(h("img", { src: url, alt: "", loading: "lazy" }));
    });
  }
}

customElements.define("qp-batch-monitor-brick", BatchMonitorBrick);
