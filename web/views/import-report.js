/** The report of an import: counts, what differs on the wall, and models that are missing. */
/** @import { ImportReport, ImportedNode, State } from "../state/types.js" */
import { h, say, show } from "../elements/dom.js";
import { OverlayElement } from "./overlay.js";

/** @type {[ImportedNode["status"], string][]} */
const GROUPS = [
  ["unmapped", "Kept without a brick"],
  ["approximated", "Approximated"],
  ["skipped", "Left out, as in the file"],
  ["mapped", "Mapped"],
];

/** The counts of a report in one line. @param {ImportReport} report */
export function reportSummary(report) {
  const counts = [`${report.mapped} mapped`, `${report.approximated} approximated`, `${report.unmapped} not mapped`];
  return counts.join(", ");
}

export class ImportReportView extends OverlayElement {
  /** @override @type {"import-report"} */
  name = "import-report";
  /** @override */
  label = "Import report";
  #summary = h("p", { class: "note" });
  #lists = h("div", {});
  /** @type {ImportReport | undefined} */
  #drawn;

  /** @override */
  compose() {
    const head = h("header", { class: "overlay-head" }, h("h2", {}, "Import report"), this.closer());
    this.dialog.append(head, this.#summary, this.#lists);
  }

  /** @override @param {State} state */
  draw(state) {
    const report = state.overlay.report;
    if (!report || report === this.#drawn) return;
    this.#drawn = report;
    say(this.#summary, reportSummary(report));
    const groups = GROUPS.map(([status, title]) => group(title, report.nodes, status));
    this.#lists.replaceChildren(missing(report), ...groups);
  }
}

/** The models that are not on this machine. @param {ImportReport} report */
function missing(report) {
  const lines = report.missing.map((file) => h("li", {}, file.detail, " ", h("span", { class: "note" }, file.fix)));
  const list = h("section", {}, h("h3", {}, "Missing models"), h("ul", { class: "report-list" }, ...lines));
  show(list, lines.length > 0);
  return list;
}

/** @param {string} title @param {ImportedNode[]} nodes @param {ImportedNode["status"]} status */
function group(title, nodes, status) {
  const chosen = nodes.filter((node) => node.status === status);
  const list = h("ul", { class: "report-list" }, ...chosen.map(line));
  const open = status === "unmapped" || status === "approximated";
  const section = h("details", { open }, h("summary", {}, `${title} (${chosen.length})`), list);
  show(section, chosen.length > 0);
  return section;
}

/** @param {ImportedNode} node */
function line(node) {
  const words = node.detail || node.becomes;
  return h("li", {}, h("strong", {}, node.title || node.type), ` ${node.node}`, h("div", { class: "note" }, words));
}

customElements.define("qp-import-report", ImportReportView);
