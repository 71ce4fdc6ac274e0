/** Samples and checkpoints of a training in shared columns: steps × prompts, values, and “Use this one”. */
/** @import { Checkpoint, Run, RunScores, Sample, Series } from "../../state/training.js" */
/** @import { MakeRequest } from "../../state/requests.js" */
import { bestStep, columnsOf, nextSample } from "../../state/training.js";
import { size } from "../../state/words.js";
import { h, reconcile, say, show } from "../../elements/dom.js";

/** Rows of values below the samples, by step. @type {{ id: string, title: string, text: (step: number, checkpoint: Checkpoint | undefined, values: Record<string, Series>, scores: RunScores | null) => string }[]} */
const VALUES = [
  { id: "validation_loss", title: "Validation loss", text: (step, checkpoint, values) => (valueAt(values.validation_loss, step) ?? checkpoint?.validation_loss)?.toFixed(3) ?? "" },
  { id: "loss", title: "Loss", text: (step, _, values) => valueAt(values.loss_smoothed, step)?.toFixed(3) ?? "" },
  { id: "score", title: "Score (z)", text: (step, _, __, scores) => scores?.scores[step] ?? "" },
  { id: "size", title: "Checkpoint", text: (_, checkpoint) => (checkpoint ? size(checkpoint.size_bytes) : "") },
];

/** @typedef {ReturnType<typeof columnsOf>[number]} Column */

export class RunSamples {
  #head = h("tr", {});
  #rows = h("tbody", {});
  #foot = h("tfoot", {});
  #note = h("p", { class: "note" }, "Samples appear when the first ones are drawn. Step 0 is the base model; every column has the same seeds.");
  #why = h("p", { class: "run-why", hidden: true });
  #table = h("table", { class: "run-table" }, h("thead", {}, this.#head), this.#rows, this.#foot);
  element = h("section", { class: "run-samples", "aria-label": "Samples and checkpoints" }, this.#note, h("div", { class: "run-scroll", tabindex: 0, role: "group", "aria-label": "Samples by step" }, this.#table), this.#why);

  /** @param {MakeRequest} request */
  constructor(request) {
    this.request = request;
  }

  /** @param {Run} run @param {Record<string, Series>} values @param {number} step that was trained last @param {RunScores | null} [scores] */
  draw(run, values, step, scores = null) {
    const columns = columnsOf(run);
    const best = bestStep(run, scores);
    say(this.#why, scores?.explanation ?? "");
    show(this.#why, this.#why.textContent !== "");
    const next = ["running", "pending", "held"].includes(run.status) ? nextSample(run, step) : 0;
    show(this.#table, columns.length > 0);
    show(this.#note, columns.length === 0);
    const steps = [{ step: -1 }, ...columns, ...(next ? [{ step: next, next: true }] : [])];
    reconcile(this.#head, steps, (column) => `${column.step}`, ({ step: at }) => h(at < 0 ? "td" : "th", at < 0 ? {} : { scope: "col" }, h("strong", {}), h("small", {})), (cell, column) => {
      const [title, note] = cell.children;
      const at = column.step;
      if (title) say(title, at < 0 ? "" : String(at));
      if (note) say(note, at < 0 ? "Same seeds in every column" : "next" in column ? `in ${at - step}` : at === best ? "Best" : at === 0 ? "baseline" : "");
      cell.classList.toggle("best", at === best);
    });
    reconcile(this.#rows, run.prompts.map((prompt, index) => ({ ...prompt, index })), ({ index }) => String(index), ({ prompt, trigger }) => h("tr", {}, h("th", { scope: "row" }, prompt, h("small", {}, trigger ? "trigger" : "no trigger"))), (row, { index, prompt }) => {
      const cells = [{ step: -1, sample: undefined }, ...columns.map(({ step: at, samples }) => ({ step: at, sample: samples.get(index) })), ...(next ? [{ step: next, sample: undefined }] : [])];
      const first = /** @type {HTMLElement} */ (row.firstElementChild);
      first.dataset.key = "-1";
      reconcile(row, cells, ({ step: at }) => String(at), () => h("td", {}), (cell, { step: at, sample }) => at >= 0 && drawSample(cell, sample, prompt, at, best));
    });
    const used = [...VALUES.filter(({ id }) => id !== "score" || scores).map(({ id, title }) => ({ id, title })), { id: "use", title: "" }];
    reconcile(this.#foot, columns.some(({ checkpoint }) => checkpoint) ? used : [], ({ id }) => id, ({ title }) => h("tr", {}, title ? h("th", { scope: "row" }, title) : h("td", {})), (row, { id }) => {
      /** @type {HTMLElement} */ (row.firstElementChild).dataset.key = "-1";
      reconcile(row, [{ step: -1, checkpoint: undefined }, ...columns], ({ step: at }) => String(at), () => h("td", {}), (cell, { step: at, checkpoint }) => at >= 0 && this.#drawValue(cell, id, at, checkpoint, run, values, best, scores));
    });
  }

  /** @param {HTMLElement} cell @param {string} id @param {number} step @param {Checkpoint | undefined} checkpoint @param {Run} run @param {Record<string, Series>} values @param {number | undefined} best @param {RunScores | null} scores */
  #drawValue(cell, id, step, checkpoint, run, values, best, scores) {
    cell.classList.toggle("best", step === best);
    if (id !== "use") return say(cell, VALUES.find((value) => value.id === id)?.text(step, checkpoint, values, scores) ?? "");
    if (!checkpoint) return cell.replaceChildren();
    const button = cell.firstElementChild ?? h("button", { type: "button", class: "quiet small", "aria-label": `Use step ${step}`, onclick: () => this.request("use-checkpoint", { run: run.task_id, step }) });
    say(button, step === best ? "Use this one" : "Use");
    button.setAttribute("aria-label", step === best ? `Use this one, step ${step}` : `Use step ${step}`);
    if (!button.isConnected) cell.append(button);
  }
}

/** @param {HTMLElement} cell @param {Sample | undefined} sample @param {string} prompt @param {number} step @param {number | undefined} best */
function drawSample(cell, sample, prompt, step, best) {
  cell.classList.toggle("best", step === best);
  if (!sample) {
    if (cell.firstElementChild?.tagName !== "SPAN") cell.replaceChildren(h("span", { class: "run-slot" }));
    return;
  }
  if (cell.querySelector("img")?.getAttribute("src") === sample.url) return;
  const image = h("img", { src: sample.url, alt: `${prompt}, step ${step}`, width: sample.width, height: sample.height, loading: "lazy" });
  cell.replaceChildren(h("a", { href: sample.url, target: "_blank", rel: "noopener", title: `Seed ${sample.seed}` }, image));
}

/** @param {Series | undefined} series @param {number} step */
function valueAt(series, step) {
  return series?.find(([at]) => at === step)?.[1];
}
