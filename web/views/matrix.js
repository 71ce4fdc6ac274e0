/** The matrix: parameters of a brick with several values each, their count, and the run. */
/** @import { AxisText } from "../state/matrix.js" */
/** @import { State } from "../state/types.js" */
import { entryNamed } from "../document/lookup.js";
import { find } from "../document/workflow.js";
import { AXES_MOST, axisChoices, cellCount, matrixProblem, readAxis, sharedParams } from "../state/matrix.js";
import { count } from "../state/words.js";
import { fill, h, reconcile, say, show } from "../elements/dom.js";
import { icon } from "../elements/icons.js";
import { OverlayElement } from "./overlay.js";

const FIRST = ["guidance_scale", "num_inference_steps", "seed"];

export class MatrixDialog extends OverlayElement {
  /** @override @type {"matrix"} */
  name = "matrix";
  /** @override */
  label = "Matrix";
  #axes = h("div", { class: "matrix-axes" });
  #add = h("button", { type: "button", class: "quiet" }, icon("plus"), "Add a parameter");
  #count = h("p", { class: "matrix-count", role: "status" });
  #problem = h("p", { class: "set-problem", role: "alert", hidden: true });
  #text = h("span", {}, "Run");
  #run = h("button", { type: "submit", class: "strong" }, icon("play"), this.#text);
  /** @type {(AxisText & { key: string })[]} */
  #texts = [];
  #brick = "";
  #next = 0;
  /** @type {State | null} */
  #state = null;

  /** @override */
  compose() {
    const form = h("form", {}, h("header", { class: "overlay-head" }, h("h2", {}, "Matrix"), this.closer()), h("p", { class: "note" }, "Every combination of the values becomes one image. Values are a list, such as 1, 3.5, 7, or a range with a step, such as 1..9:2; texts are separated by semicolons."), this.#axes, this.#add, this.#count, this.#problem, h("div", { class: "confirm-buttons" }, this.#run));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    this.#add.addEventListener("click", () => this.#append());
    this.dialog.append(form);
  }

  /** @override @param {State} state */
  opened(state) {
    this.#state = state;
    const brick = state.overlay.brick ?? "";
    if (brick !== this.#brick) {
      this.#brick = brick;
      this.#texts = [];
      this.#append();
    }
    this.#draw();
  }

  /** @override @param {State} state */
  draw(state) {
    this.#state = state;
    this.#draw();
  }

  /** The brick with its operation, and the parameters that can change. */
  #subject() {
    const state = this.#state;
    const brick = state && find(state.workflow, this.#brick);
    const entry = state && entryNamed(state.entries, brick?.type);
    return state && brick && entry ? { brick, entry, params: sharedParams(state, brick) } : null;
  }

  #append() {
    const subject = this.#subject();
    if (!subject) return;
    const choices = axisChoices(subject.entry, subject.params);
    const free = [...FIRST, ...choices.map(({ name }) => name)].find((name) => choices.some((choice) => choice.name === name) && !this.#texts.some((axis) => axis.name === name));
    this.#texts.push({ key: String((this.#next += 1)), name: free ?? "", text: "" });
    this.#draw();
  }

  #draw() {
    const subject = this.#subject();
    if (!subject) return;
    const { entry, params } = subject;
    const choices = axisChoices(entry, params);
    reconcile(this.#axes, this.#texts, ({ key }) => key, (axis) => this.#axis(axis), (row, axis) => {
      const [name, values] = /** @type {[HTMLSelectElement, HTMLInputElement]} */ (/** @type {unknown} */ ([...row.querySelectorAll(".well")]));
      reconcile(name, choices, (choice) => choice.name, (choice) => h("option", { value: choice.name }), (option, { title }) => say(option, title));
      fill(name, axis.name);
      if (document.activeElement !== values) fill(values, axis.text);
      /** @type {HTMLButtonElement} */ (row.querySelector(".bare")).disabled = this.#texts.length === 1;
    });
    const axes = this.#read();
    const typed = this.#texts.every(({ text }) => text.trim());
    const problem = matrixProblem(axes);
    const cells = cellCount(axes);
    this.#add.disabled = this.#texts.length >= AXES_MOST;
    say(this.#count, problem ? "" : `${axes.map(({ values }) => values.length).join(" × ")}${axes.length > 1 ? ` = ${cells}` : ""} ${cells === 1 ? "image" : "images"}`);
    say(this.#problem, typed ? problem : "");
    show(this.#problem, typed && problem !== "");
    say(this.#text, problem ? "Run" : `Run ${count(cells, "image")}`);
    this.#run.disabled = problem !== "";
  }

  #read() {
    const properties = this.#subject()?.entry.schema.properties ?? {};
    return this.#texts.map((axis) => readAxis(axis, properties[axis.name]));
  }

  /** @param {AxisText & { key: string }} axis */
  #axis(axis) {
    const change = (/** @type {Partial<AxisText>} */ part) => {
      Object.assign(/** @type {AxisText} */ (this.#texts.find(({ key }) => key === axis.key)), part);
      this.#draw();
    };
    const name = h("select", { class: "well", "aria-label": "Parameter" });
    const values = h("input", { class: "well", "aria-label": "Values", placeholder: "1, 3.5, 7 or 1..9:2", autocomplete: "off" });
    const remove = h("button", { type: "button", class: "bare", "aria-label": "Remove the parameter", title: "Remove the parameter" }, icon("close"));
    name.addEventListener("change", () => change({ name: name.value }));
    values.addEventListener("input", () => change({ text: values.value }));
    remove.addEventListener("click", () => {
      this.#texts = this.#texts.filter(({ key }) => key !== axis.key);
      this.#draw();
    });
    return h("div", { class: "matrix-axis", role: "group", "aria-label": "Axis" }, name, values, remove);
  }

  #submit() {
    const subject = this.#subject();
    const axes = this.#read();
    if (!subject || matrixProblem(axes)) return;
    const names = new Set(axes.map(({ name }) => name));
    const params = Object.fromEntries(Object.entries(subject.params).filter(([name]) => !names.has(name)));
    this.request("run-matrix", { operation: subject.entry.name, params, axes: axes.map(({ name, values }) => ({ name, values })) });
  }
}

customElements.define("qp-matrix", MatrixDialog);
