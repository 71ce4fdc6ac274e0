/** One picture large, with everything it was made with, and what can be done with it next. */
/** @import { Picture, State } from "../kit/types.js" */
import { h, say, show } from "../kit/dom.js";
import { editorEntry, viewOf } from "../kit/editing.js";
import { icon } from "../kit/icons.js";
import { duration, subject, took } from "../kit/words.js";
import { OverlayElement } from "./overlay.js";

export class Lightbox extends OverlayElement {
  /** @override @type {"lightbox"} */
  name = "lightbox";
  /** @override */
  label = "Picture";
  #image = h("img", { class: "lightbox-picture", alt: "" });
  #title = h("p", { class: "lightbox-title" });
  #facts = h("dl", { class: "facts" });
  #place = h("span", { class: "note", role: "status" });
  #before = this.#step("left", "Previous picture", -1);
  #after = this.#step("right", "Next picture", 1);
  #edit = h("button", { type: "button", class: "quiet" }, icon("edit"), "Edit");
  #use = h("button", { type: "button", class: "quiet" }, icon("input"), "Use as input");
  #download = h("a", { class: "quiet" }, icon("download"), "Download");
  /** @type {Picture[]} */
  #pictures = [];
  #index = 0;
  /** @type {State | null} */
  #last = null;

  /** @override */
  compose() {
    const restore = h("button", { type: "button", class: "strong" }, icon("restore"), "Restore to wall");
    restore.addEventListener("click", () => this.#with((picture) => this.request("restore", { picture })));
    this.#edit.addEventListener("click", () =>
      this.#with(({ output, task }) =>
        this.request("edit-picture", { asset: output.asset_id, shownIn: this.#view(task.id) }),
      ),
    );
    this.#use.addEventListener("click", () =>
      this.#with(({ output }) => this.request("use-as-input", { asset: output.asset_id })),
    );
    const side = h(
      "div",
      { class: "lightbox-side" },
      h("header", { class: "overlay-head" }, this.#place, this.closer()),
      this.#title,
      this.#facts,
      h("div", { class: "lightbox-actions" }, restore, this.#edit, this.#use, this.#download),
    );
    const stage = h("div", { class: "lightbox-stage" }, this.#before, this.#image, this.#after);
    this.dialog.append(h("div", { class: "lightbox-inside" }, stage, side));
    this.dialog.addEventListener("keydown", (event) => {
      if (event.key === "ArrowLeft") this.#go(-1);
      if (event.key === "ArrowRight") this.#go(1);
    });
  }

  /** @override @param {State} state */
  opened(state) {
    this.#pictures = state.overlay.pictures ?? [];
    this.#index = state.overlay.index ?? 0;
    this.#after.focus();
  }

  /** @override @param {State} state */
  draw(state) {
    this.#last = state;
    const picture = this.#pictures[this.#index];
    if (!picture) return;
    const { output, task } = picture;
    if (this.#image.getAttribute("src") !== output.url) this.#image.src = output.url;
    this.#image.alt = subject(task);
    this.#download.href = output.url;
    const ending = output.kind === "svg" ? "svg" : "png";
    this.#download.download = `${task.operation}-seed${output.seed ?? 0}-${output.index + 1}.${ending}`;
    show(this.#use, output.kind === "image");
    show(this.#edit, output.kind === "image" && Boolean(editorEntry(state)));
    say(this.#title, subject(task));
    const many = this.#pictures.length;
    say(this.#place, many > 1 ? `${this.#index + 1} of ${many}` : "");
    show(this.#before, many > 1);
    show(this.#after, many > 1);
    const facts = factsOf(picture, state);
    const told = JSON.stringify(facts);
    if (this.#facts.dataset.told === told) return;
    this.#facts.dataset.told = told;
    this.#facts.replaceChildren(...facts.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
  }

  /** @param {string} task */
  #view(task) {
    return this.#last ? viewOf(this.#last, task) : "";
  }

  /** @param {number} by */
  #go(by) {
    const many = this.#pictures.length;
    if (many < 2) return;
    const index = (this.#index + by + many) % many;
    this.#index = index;
    this.request("show", { name: "lightbox", pictures: this.#pictures, index });
  }

  /** @param {(picture: Picture) => void} act */
  #with(act) {
    const picture = this.#pictures[this.#index];
    if (picture) act(picture);
  }

  /**
   * @param {import("../kit/icons.js").IconName} name
   * @param {string} label
   * @param {number} by
   */
  #step(name, label, by) {
    const attributes = { type: "button", class: "lightbox-step", "aria-label": label, title: label };
    const button = h("button", attributes, icon(name));
    button.addEventListener("click", () => this.#go(by));
    return button;
  }
}

/**
 * @param {Picture} picture
 * @param {State} state
 * @returns {[string, string][]}
 */
function factsOf({ output, task }, state) {
  const { params } = task;
  const seconds = took(task);
  const model = state.models.find((other) => other.id === params.model)?.label ?? params.model;
  /** @type {[string, unknown][]} */
  const rows = [
    ["Seed", output.seed],
    ["Model", model],
    ["Steps", params.num_inference_steps],
    ["Guidance", params.guidance_scale],
    ["Strength", params.strength],
    ["Size", output.width && output.height ? `${output.width} × ${output.height}` : null],
    ["Time", seconds === null ? null : duration(seconds)],
    ["Avoid", params.negative_prompt],
    ["Made", task.finished_at ? new Date(task.finished_at).toLocaleString() : null],
  ];
  return rows
    .filter(([, value]) => value !== null && value !== undefined && value !== "")
    .map(([name, value]) => [name, String(value)]);
}

customElements.define("qp-lightbox", Lightbox);
