/** A batch in a list: some of its images, its time and its state. */
/** @import { BatchEntry } from "../../state/sets.js" */
import { batchCounts } from "../../state/sets.js";
import { batchTitle } from "../../state/words.js";
import { h, reconcile, say } from "../../elements/dom.js";

const STRIP = 5;

/** @param {() => void} open */
export function batchCard(open) {
  return h("button", { type: "button", class: "batch-card", onclick: open }, h("span", { class: "set-strip", "aria-hidden": "true" }), h("strong", {}), h("span", { class: "note" }));
}

/** @param {HTMLElement} card @param {BatchEntry} batch */
export function drawBatchCard(card, batch) {
  const [strip, name, facts] = /** @type {[Element, Element, Element]} */ (/** @type {unknown} */ ([...card.children]));
  reconcile(strip, batch.thumbnails.slice(0, STRIP), (url) => url, (url) => h("img", { src: url, alt: "", loading: "lazy" }));
  say(name, batch.kind === "matrix" ? `${batch.name}, ${batchTitle(batch)}` : batchTitle(batch));
  say(facts, [`${batchCounts(batch).done} of ${batch.rows} done`, batch.theme].filter(Boolean).join(" · "));
}
