/** The report of a task of the LoRA lab: the made LoRA with its error, facts of files, compatibility. */
/** @import { Task } from "../../state/types.js" */
/** @import { LabReport, LoraFacts, Pair } from "../../state/lab.js" */
/** @import { MakeRequest } from "../../state/requests.js" */
import { editableMetadata, metadataOf, reportOf } from "../../state/lab.js";
import { count, quantity } from "../../state/words.js";
import { h } from "../../elements/dom.js";
import { icon } from "../../elements/icons.js";

export class LabReportView {
  element = h("div", { class: "lab-report" });
  /** @type {Task | undefined} */
  #drawn;

  /** @param {MakeRequest} request */
  constructor(request) {
    this.request = request;
  }

  /** @param {Task | undefined} task */
  draw(task) {
    if (task === this.#drawn) return;
    this.#drawn = task;
    const report = reportOf(task);
    const metadata = metadataOf(task);
    const parts = report ? [this.#made(report), ...(report.pairs ?? []).map(pairOf), ...(report.loras ?? []).map((facts) => this.#facts(facts))] : [];
    this.element.replaceChildren(...parts.filter((part) => part !== null), ...(metadata ? [metadataTable(metadata)] : []));
  }

  /** The LoRA that was made. @param {LabReport} report */
  #made({ lora, rank, layers, error }) {
    if (!lora) return null;
    const lost = error === undefined ? "" : `, error ${quantity((100 * error).toPrecision(2), "%")}`;
    const inspect = h("button", { type: "button", class: "quiet small", onclick: () => this.#inspect(lora) }, icon("search"), "Inspect");
    const sweep = h("button", { type: "button", class: "quiet small", onclick: () => this.request("show", { name: "sweep", lora }) }, icon("gallery"), "Sweep its weight");
    return h("div", { class: "lab-made" }, h("p", {}, h("strong", {}, lora), ` is in the library: rank ${rank}, ${count(layers ?? 0, "layer")}${lost}.`), inspect, sweep);
  }

  /** @param {string} name */
  #inspect(name) {
    this.request("open-lab", { operation: "inspect_loras", values: { loras: [{ name, weight: 1 }] } });
    this.request("run-lab", { operation: "inspect_loras" });
  }

  /** @param {LoraFacts} facts */
  #facts({ name, family, layers, ranks, norm, blocks, without_effect: dead, trigger_words: words, metadata }) {
    const edit = h("button", { type: "button", class: "quiet small", onclick: () => this.request("open-lab", { operation: "edit_lora", values: { lora: name, trigger_word: words.join(", "), metadata: editableMetadata(metadata) } }) }, icon("edit"), "Edit metadata");
    const most = Math.max(...Object.values(blocks), 1e-12);
    const bars = Object.entries(blocks).map(([block, value]) => {
      const fill = h("i", {});
      fill.style.setProperty("width", `${(100 * value) / most}%`);
      return h("li", {}, h("span", {}, block), h("span", { class: "lab-bar" }, fill), h("span", {}, value.toPrecision(3)));
    });
    const line = [family, count(layers, "layer"), `rank ${ranks.join(", ")}`, `norm ${norm.toPrecision(3)}`, words.length ? `trigger ${words.join(", ")}` : "no trigger word", dead.length ? `${count(dead.length, "layer")} without effect` : ""];
    return h("article", { class: "lab-facts" }, h("header", {}, h("h3", {}, name), edit), h("p", { class: "note" }, line.filter(Boolean).join(" · ")), h("h4", {}, "Strength by block"), h("ul", { class: "lab-bars" }, ...bars), metadataTable(metadata));
  }
}

/** The score of two LoRAs with the reasons that lower it. @param {Pair} pair */
function pairOf({ first, second, score, losses }) {
  const reasons = losses.map(({ points, reason }) => h("li", {}, h("strong", {}, `−${points}`), ` ${reason}`));
  return h("article", { class: "lab-pair" }, h("h3", {}, `${first} and ${second}: ${score} of 100`), reasons.length ? h("ul", {}, ...reasons) : h("p", { class: "note" }, "Nothing speaks against using them together."));
}

/** @param {Record<string, string>} metadata */
function metadataTable(metadata) {
  const rows = Object.entries(metadata).map(([key, value]) => h("tr", {}, h("th", { scope: "row" }, key), h("td", {}, value)));
  if (!rows.length) return h("p", { class: "note" }, "The file has no metadata.");
  return h("details", { class: "lab-metadata" }, h("summary", {}, `Metadata (${rows.length})`), h("table", {}, h("tbody", {}, ...rows)));
}
