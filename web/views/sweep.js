/** The sweep of a LoRA's weight, or of all LoRAs of a folder, as a labelled sheet. */
/** @import { State } from "../state/types.js" */
/** @import { SweepText } from "../state/sweep.js" */
import { withId } from "../document/lookup.js";
import { find } from "../document/workflow.js";
import { sharedParams } from "../state/matrix.js";
import { operationDownstream } from "../state/selectors/models.js";
import { sweepFolders, sweepMatrix, WEIGHTS } from "../state/sweep.js";
import { count } from "../state/words.js";
import { fill, h, reconcile, say, show } from "../elements/dom.js";
import { icon } from "../elements/icons.js";
import { OverlayElement } from "./overlay.js";

const FOLDER = "folder:"; // before the folder in the value of an option

export class SweepDialog extends OverlayElement {
  /** @override @type {"sweep"} */
  name = "sweep";
  /** @override */
  label = "Sweep of LoRAs";
  #subject = h("select", { class: "well", id: "sweep-loras" });
  #prompt = h("textarea", { class: "well", rows: 2, id: "sweep-prompt" });
  #weights = h("input", { type: "text", class: "well", id: "sweep-weights", autocomplete: "off" });
  #count = h("p", { class: "matrix-count", role: "status" });
  #problem = h("p", { class: "set-problem", role: "alert", hidden: true });
  #text = h("span", {}, "Run");
  #run = h("button", { type: "submit", class: "strong" }, icon("play"), this.#text);
  /** @type {State | null} */
  #state = null;

  /** @override */
  compose() {
    const field = (/** @type {string} */ title, /** @type {HTMLElement} */ control) => h("div", { class: "field" }, h("label", { class: "field-label", for: control.id }, title), control);
    const form = h("form", {}, h("header", { class: "overlay-head" }, h("h2", {}, "Sweep"), this.closer()), h("p", { class: "note" }, "One image for each weight, at one seed. The sheet opens with labels; every image can be restored on the wall."), field("LoRAs", this.#subject), field("Prompt", this.#prompt), field("Weights", this.#weights), this.#count, this.#problem, h("div", { class: "confirm-buttons" }, this.#run));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const { matrix, problem } = this.#sweep();
      if (!problem) this.request("run-matrix", matrix);
    });
    for (const control of [this.#subject, this.#prompt, this.#weights]) control.addEventListener("input", () => this.#draw());
    this.dialog.append(form);
  }

  /** @override @param {State} state */
  opened(state) {
    this.#state = state;
    this.#offer(state);
    const lora = withId(state.loras, state.overlay.lora);
    fill(this.#subject, lora?.id ?? FOLDER);
    fill(this.#weights, WEIGHTS);
    fill(this.#prompt, String(this.#params().prompt ?? lora?.trigger_words[0] ?? ""));
    this.#draw();
  }

  /** @override @param {State} state */
  draw(state) {
    this.#state = state;
    this.#draw();
  }

  /** Lists the LoRAs, and the folders before them. @param {State} state */
  #offer({ loras }) {
    const folders = ["", ...sweepFolders(loras)].map((folder) => ({ value: FOLDER + folder, text: folder ? `All of the folder ${folder}` : "All LoRAs" }));
    const single = loras.filter(({ refusal }) => !refusal).map(({ id, label }) => ({ value: id, text: label }));
    reconcile(this.#subject, [...single, ...folders], ({ value }) => value, ({ value }) => h("option", { value }), (option, { text }) => say(option, text));
  }

  /** The parameters of the operation that the brick of LoRAs feeds. */
  #params() {
    const state = this.#state;
    const brick = state && find(state.workflow, state.overlay.brick ?? "");
    const target = state && brick && operationDownstream(state, brick);
    return state && target ? sharedParams(state, target) : {};
  }

  #sweep() {
    const { value } = this.#subject;
    const all = value.startsWith(FOLDER);
    /** @type {SweepText} */
    const text = { prompt: this.#prompt.value, lora: all ? "" : value, folder: all ? value.slice(FOLDER.length) : "", weights: this.#weights.value };
    return sweepMatrix(text, this.#state?.loras ?? [], this.#params());
  }

  #draw() {
    const { matrix, cells, problem } = this.#sweep();
    say(this.#count, problem ? "" : matrix.axes.length > 1 ? `${matrix.axes.map(({ values }) => values.length).join(" × ")} = ${count(cells, "image")}` : count(cells, "image"));
    say(this.#problem, problem);
    show(this.#problem, problem !== "");
    say(this.#text, problem ? "Run" : `Run ${count(cells, "image")}`);
    this.#run.disabled = problem !== "";
  }
}

customElements.define("qp-sweep", SweepDialog);
