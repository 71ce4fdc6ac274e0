/**
 * The model select: the selected model with a line on memory and speed, and a list with search,
 * families, licences and missing parts.
 */
/** @import { Field, FieldContext } from "./field.js" */
/** @import { Model, State } from "../../state/types.js" */
import { downloadTask, downloadStatus } from "../../state/selectors/downloads.js";
import { fitQuery } from "../../state/selectors/fit.js";
import { modelsFor } from "../../state/selectors/models.js";
import { unfinished } from "../../state/selectors/tasks.js";
import { fitSummary, size } from "../../state/words.js";
import { h, reconcile, say, show } from "../dom.js";
import { fieldRow } from "./field.js";
import { icon } from "../icons.js";
import { placePopover } from "../popover.js";

const SEARCHED_FROM = 5; // models from which the search is shown

/** @param {FieldContext} context @returns {Field} */
export function modelField(context) {
  const picker = new Picker(context);
  const line = h("p", { class: "fit" });
  const outer = fieldRow(context, h("div", { class: "stacked" }, picker.button, picker.popover, line));
  return {
    element: outer.element,
    update(view) {
      const models = modelsFor(view.state, view.brick.type);
      const picked = models.find((model) => model.id === view.value);
      const unknown = typeof view.value === "string" && !picked ? view.value : null;
      const unset = context.schema.ui?.placeholder && !picked && !unknown;
      const model = picked ?? (unknown || unset ? undefined : models[0]);
      picker.draw(view.state, models, model, unknown ?? "");
      const question = fitQuery(view.state, view.brick);
      const fit = question === null ? null : (view.state.fits[question] ?? null);
      const status = model ? modelStatus(view.state, model, fit) : unset ? { tone: "calm", text: "" } : { tone: "bad", text: unknown ? "unknown model" : "no model yet" };
      say(line, status.text);
      line.dataset.tone = status.tone;
      show(line, status.text !== "");
      outer.setProblem(view.problem);
    },
  };
}

class Picker {
  #name = h("span", { class: "picked-name" });
  #search = h("input", { type: "search", class: "well slim", placeholder: "Search models", "aria-label": "Search models" });
  #list = h("div", { class: "picker-list", role: "group", "aria-label": "Models" });
  #none = h("p", { class: "note", hidden: true }, "No matching model.");
  #refused = h("ul", { class: "picker-refused" });
  #strays = h("details", { hidden: true }, h("summary", {}), this.#refused);
  /** @type {Model[]} */
  #models = [];
  /** @type {State | null} */
  #state = null;
  #chosen = "";
  #unset;

  /** @param {FieldContext} context */
  constructor(context) {
    this.context = context;
    this.button = h("button", { type: "button", id: context.id, class: "well picked", "aria-haspopup": "dialog", "aria-expanded": "false" });
    this.button.append(this.#name, icon("fold"));
    const placeholder = String(context.schema.ui?.placeholder ?? "");
    this.#unset = h("button", { type: "button", class: "picker-row", hidden: !placeholder }, placeholder);
    this.#unset.addEventListener("click", () => {
      context.change(undefined);
      this.#close();
    });
    this.popover = h("div", { class: "picker", popover: "auto", role: "dialog", "aria-label": "Choose a model" }, this.#search, this.#unset, this.#list, this.#none, this.#strays);
    this.button.addEventListener("click", () => {
      // The toggle event comes later, and keys typed until then would be lost.
      this.popover.togglePopover();
      if (this.popover.matches(":popover-open")) this.#opened();
    });
    this.popover.addEventListener("toggle", (event) => {
      this.button.setAttribute("aria-expanded", String(/** @type {ToggleEvent} */ (event).newState === "open"));
    });
    this.popover.addEventListener("keydown", (event) => this.#key(event));
    this.#search.addEventListener("input", () => this.#fill());
  }

  /** @param {State} state @param {Model[]} models @param {Model | undefined} chosen @param {string} unknown id of an unknown model */
  draw(state, models, chosen, unknown) {
    this.#state = state;
    this.#models = models;
    this.#chosen = chosen?.id ?? unknown;
    this.#unset.setAttribute("aria-pressed", String(!this.#chosen));
    say(this.#name, (chosen?.label ?? unknown) || String(this.context.schema.ui?.placeholder ?? "No model"));
    this.button.title = chosen?.note ?? "";
    if (this.popover.matches(":popover-open")) this.#fill();
  }

  #opened() {
    this.#search.value = "";
    show(this.#search, this.#models.length >= SEARCHED_FROM);
    this.#fill();
    placePopover(this.popover, this.button, { width: 340, height: 420 });
    const current = this.#list.querySelector('[aria-pressed="true"]');
    (this.#search.hidden && current instanceof HTMLElement ? current : this.#search).focus();
    current?.scrollIntoView({ block: "nearest" });
  }

  #fill() {
    const words = this.#search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const matches = this.#models.filter((model) => {
      const text = `${model.label} ${model.family_label} ${model.id}`.toLowerCase();
      return words.every((word) => text.includes(word));
    });
    show(this.#none, matches.length === 0);
    this.#drawRefused();
    const families = [...new Set(matches.map((model) => model.family_label))];
    reconcile(
      this.#list,
      families,
      String,
      (family) => h("section", { role: "group", "aria-label": family }, h("h4", { class: "group-name" }, family), h("div")),
      (section, family) => this.#family(section, matches.filter((model) => model.family_label === family)),
    );
  }

  /** Lists the unusable files of the model folders with their reasons. */
  #drawRefused() {
    const refused = this.#state?.refused ?? [];
    const [summary] = this.#strays.children;
    if (summary) say(summary, refused.length === 1 ? "1 file cannot be used" : `${refused.length} files cannot be used`);
    show(this.#strays, refused.length > 0);
    reconcile(
      this.#refused,
      refused,
      ({ name }) => name,
      () => h("li", {}, h("strong"), h("span")),
      (row, { name, detail, fix }) => {
        const [head, why] = row.children;
        if (head) say(head, name);
        if (why) say(why, [detail, fix].filter(Boolean).join(" "));
      },
    );
  }

  /** @param {HTMLElement} section @param {Model[]} models */
  #family(section, models) {
    reconcile(
      /** @type {Element} */ (section.lastElementChild),
      models,
      (model) => model.id,
      (model) => this.#row(model),
      (row, model) => {
        row.querySelector(".picker-row")?.setAttribute("aria-pressed", String(model.id === this.#chosen));
        this.#drawRow(row, model);
      },
    );
  }

  /** @param {Model} model */
  #row(model) {
    const name = h("span", { class: "picker-name" }, model.label);
    const badge = licenceBadge(model);
    const note = h("span", { class: "picker-fit" });
    const option = h("button", { type: "button", class: "picker-row", title: model.note });
    option.append(h("span", { class: "picker-head" }, name, badge), note);
    option.addEventListener("click", () => {
      this.context.change(model.id);
      this.#close();
    });
    const row = h("div", { class: "picker-item" }, option);
    row.append(this.#getter(model), this.#stopper(model), licenceLine(model));
    return row;
  }

  /** @param {HTMLElement} row @param {Model} model */
  #drawRow(row, model) {
    if (!this.#state) return;
    const note = /** @type {HTMLElement} */ (row.querySelector(".picker-fit"));
    const task = downloadTask(this.#state, downloadIds(model));
    const downloading = Boolean(task && unfinished(task));
    say(note, rowNote(this.#state, model));
    note.dataset.tone = task?.status === "failed" && !model.present ? "bad" : "";
    const [get, stop] = /** @type {HTMLElement[]} */ ([...row.querySelectorAll(".bare")]);
    if (get) show(get, !downloading && model.lacks.some((lack) => lack.id));
    if (stop) show(stop, downloading && !task?.cancel_requested);
    row.style.setProperty("--part", String(downloading ? (task?.progress?.fraction ?? 0) : 0));
  }

  /** @param {Model} model */
  #stopper(model) {
    const label = `Cancel the download of ${model.label}`;
    const stop = h("button", { type: "button", class: "bare", "aria-label": label, title: label }, icon("close"));
    stop.addEventListener("click", () => {
      const task = this.#state && downloadTask(this.#state, downloadIds(model));
      if (task) this.context.request("cancel-task", { task: task.id });
    });
    return stop;
  }

  /** @param {Model} model */
  #getter(model) {
    const label = `Download ${model.label}`;
    const get = h("button", { type: "button", class: "bare", "aria-label": label, title: label }, icon("download"));
    get.addEventListener("click", () => this.context.pull(model.id));
    return get;
  }

  #close() {
    this.popover.hidePopover();
    this.button.focus();
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.key === "Escape") {
      event.preventDefault(); // on the wall Escape leaves the field
      this.#close();
      return;
    }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const rows = /** @type {HTMLElement[]} */ ([...this.popover.querySelectorAll(".picker-row:not([hidden])")]);
    const at = rows.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    rows[Math.max(0, Math.min(rows.length - 1, at + step))]?.focus();
  }
}

/**
 * The line under the select: memory and speed, or the missing parts.
 * @param {State} state
 * @param {Model} model
 * @param {import("../../state/types.js").Fit | null} fit
 */
function modelStatus(state, model, fit) {
  if (model.present) return fitSummary(model, fit);
  const task = downloadTask(state, downloadIds(model));
  return { tone: task && unfinished(task) ? "calm" : "bad", text: rowNote(state, model) };
}

/** Ids of the catalogue whose downloads provide a model. @param {Model} model */
function downloadIds(model) {
  return [model.id, ...model.lacks.flatMap((lack) => (lack.id ? [lack.id] : []))];
}

/** @param {State} state @param {Model} model */
function rowNote(state, model) {
  if (model.present) return fitSummary(model).text;
  const task = downloadTask(state, downloadIds(model));
  const status = task && downloadStatus(task);
  if (status) return status;
  const bytes = model.lacks.reduce((sum, lack) => sum + (lack.bytes ?? 0), 0);
  const amount = bytes ? ` · ${size(bytes)} to download` : "";
  const lacking = model.lacks.map((lack) => lack.label).join(", ");
  if (model.state === "incomplete") return (lacking ? `missing ${lacking}` : (model.problem ?? "incomplete")) + amount;
  return `not downloaded${amount}`;
}

/** @param {Model} model */
function licenceBadge(model) {
  const licence = model.licence_details;
  const name = licence?.label ?? model.licence;
  if (!name) return null;
  const title = [name, licence?.sentence].filter(Boolean).join(": ");
  return h("span", { class: "badge", "data-commercial": licence?.commercial ?? "unknown", title }, name);
}

/** Use, sale of outputs and conditions in a line, with the link. @param {Model} model */
function licenceLine(model) {
  const licence = model.licence_details;
  const sentence = licence?.sentence ?? "Licence unknown: no record names one.";
  const link = licence?.url
    ? h("a", { href: licence.url, target: "_blank", rel: "noreferrer", "aria-label": `Licence of ${model.label}` }, "Licence")
    : null;
  return h("p", { class: "picker-licence" }, sentence, link && " ", link);
}
