/** The lightbox: one image large, its parameters, comparison and actions. */
/** @import { Picture, State } from "../state/types.js" */
import { withId } from "../document/lookup.js";
import { comparisonOptions } from "../state/selectors/comparison.js";
import { kindNamed } from "../state/selectors/kinds.js";
import { targetsOnWall, newTargets } from "../state/selectors/send-targets.js";
import { duration, taskSubject, runSeconds } from "../state/words.js";
import { fill, h, reconcile, say, show } from "../elements/dom.js";
import { icon } from "../elements/icons.js";
import { drawReplay } from "../elements/replay-badge.js";
import { imageAction } from "./image-actions.js";
import { OverlayElement } from "./overlay.js";
import { ZoomPane } from "./zoom-pane.js";

/** @typedef {import("../state/selectors/send-targets.js").SendTarget} SendTarget */
/** @typedef {{ label: string, value: string, parameter: string | null }} Fact `parameter`: its name in the API */
/** @typedef {import("../state/selectors/comparison.js").ComparisonOption} ComparisonOption */

const ELSEWHERE = "gallery";

export class Lightbox extends OverlayElement {
  /** @override @type {"lightbox"} */
  name = "lightbox";
  /** @override */
  label = "Image";
  #pane = new ZoomPane();
  #title = h("p", { class: "lightbox-title" });
  #facts = h("dl", { class: "facts" });
  #place = h("span", { class: "note", role: "status" });
  #whole = h("button", { type: "button", class: "pane-whole", "aria-pressed": "false", "aria-label": "Image only", title: "Image only (F)" }, icon("expand"));
  #before = this.#step("left", "Previous image", -1);
  #after = this.#step("right", "Next image", 1);
  #edit = this.#action("edit-image", "quiet");
  #download = h("a", { class: "quiet" }, icon("download"), "Download");
  #copy = this.#action("copy-image", "quiet");
  #compare = h("select", { id: "lightbox-compare", class: "well slim" });
  #differences = h("button", { type: "button", class: "quiet", title: "Compare the settings of both images" }, "Differences");
  #report = h("p", { class: "replay-badge", role: "status" });
  #replay = this.#action("replay-image", "quiet");
  #comparing = h("div", { class: "compare" }, h("label", { for: "lightbox-compare", class: "note" }, "Compare with"), this.#compare, this.#differences);
  #onWall = h("div", { class: "takers" });
  #additional = h("div", { class: "takers" });
  #send = h(
    "details",
    { class: "send" },
    h("summary", { class: "quiet" }, icon("input"), "Send to a brick"),
    h("div", { class: "send-list" }, h("h3", {}, "On the wall"), this.#onWall, h("h3", {}, "New"), this.#additional),
  );
  /** The asset that was requested last. */
  #asked = "";
  /** @type {Picture[]} */
  #pictures = [];
  #index = 0;
  /** Asset id of the comparison image, empty for none. */
  #other = "";
  /** @type {import("../state/types.js").Asset | null} comparison image of the gallery */
  #chosen = null;
  /** @type {State | null} */
  #state = null;

  /** @override */
  compose() {
    const restore = this.#action("restore-image", "strong");
    this.#compare.addEventListener("change", () => this.#pick(this.#compare.value));
    this.#differences.addEventListener("click", () =>
      this.#with(({ output }) => this.request("compare-snapshots", { of: "assets", a: this.#other, b: output.asset_id })),
    );
    this.#whole.addEventListener("click", () => this.#alone(!this.dialog.classList.contains("alone")));
    const side = h(
      "div",
      { class: "lightbox-side" },
      h("header", { class: "overlay-head" }, this.#place, this.closer()),
      this.#title,
      this.#facts,
      this.#comparing,
      this.#report,
      h("div", { class: "lightbox-actions" }, restore, this.#replay, this.#edit, this.#send, h("div", { class: "pair" }, this.#download, this.#copy)),
    );
    this.#pane.element.append(this.#before, this.#after, this.#whole);
    this.dialog.append(h("div", { class: "lightbox-inside" }, this.#pane.element, side));
    this.dialog.addEventListener("keydown", (event) => this.#key(event));
  }

  /** @override @param {State} state */
  opened(state) {
    this.#chosen = state.overlay.beside ?? null;
    this.#other = this.#chosen?.id ?? "";
    this.#alone(false);
    this.#send.open = false;
    this.#pictures = state.overlay.pictures ?? [];
    this.#index = state.overlay.index ?? 0;
    this.#pane.view.fit();
    (this.#pictures.length > 1 ? this.#after : this.dialog).focus();
  }

  /** @override @param {State} state */
  draw(state) {
    this.#state = state;
    const picture = this.#pictures[this.#index];
    if (!picture) return;
    const { output, task } = picture;
    const others = comparisonOptions(state, this.#pictures, picture, this.#chosen);
    const other = others.find((option) => option.output.asset_id === this.#other);
    this.#pane.show(output, taskSubject(task), other?.output ?? null);
    this.#download.href = output.url;
    const ending = kindNamed(state, output.kind)?.ending ?? "png";
    const seed = typeof output.seed === "number" ? `-seed${output.seed}` : "";
    this.#download.download = `${task.operation}${seed}-${output.index + 1}.${ending}`;
    for (const [id, button] of /** @type {const} */ ([["edit-image", this.#edit], ["copy-image", this.#copy], ["replay-image", this.#replay]])) {
      show(button, imageAction(id).fits?.(state, picture) ?? true);
    }
    say(this.#title, taskSubject(task));
    const many = this.#pictures.length;
    say(this.#place, many > 1 ? `${this.#index + 1} of ${many}` : "");
    show(this.#before, many > 1);
    show(this.#after, many > 1);
    show(this.#differences, other !== undefined);
    this.#drawReplay(state, output.asset_id);
    this.#drawCompare(others);
    this.#drawSend(state, output.kind);
    this.#drawFacts(factsOf(picture, state));
  }

  /** The report of the last replay comes with the asset. @param {State} state @param {string} id */
  #drawReplay(state, id) {
    if (id && state.assets[id] === undefined && this.#asked !== id) this.request("load-asset", { asset: id });
    this.#asked = id;
    drawReplay(this.#report, state.assets[id]?.replay ?? null);
  }

  /** @param {Fact[]} facts */
  #drawFacts(facts) {
    const text = JSON.stringify(facts);
    if (this.#facts.dataset.text === text) return;
    this.#facts.dataset.text = text;
    this.#facts.replaceChildren(...facts.flatMap(({ label, value, parameter }) => [h("dt", { title: parameter }, label), h("dd", {}, value)]));
  }

  /** The button of an action on the image. @param {string} id @param {string} look */
  #action(id, look) {
    const action = imageAction(id);
    const button = h("button", { type: "button", class: look, title: action.title }, icon(action.icon), action.label);
    button.addEventListener("click", () =>
      this.#with((picture) => {
        if (!this.#state) return;
        const [name, detail] = action.request(this.#state, picture);
        this.request(name, detail);
      }),
    );
    return button;
  }

  /** @param {ComparisonOption[]} others */
  #drawCompare(others) {
    const options = others.map(({ output, text }) => ({ key: output.asset_id, text }));
    reconcile(
      this.#compare,
      [{ key: "", text: "nothing" }, ...options, { key: ELSEWHERE, text: "Another image…" }],
      (option) => option.key,
      (option) => h("option", { value: option.key }),
      (option, { text }) => say(option, text),
    );
    fill(this.#compare, this.#other);
  }

  /** @param {string} key an asset, nothing, or the gallery */
  #pick(key) {
    if (key !== ELSEWHERE) this.#against(key);
    else this.request("show", { name: "image-picker", pictures: this.#pictures, index: this.#index });
  }

  /** @param {boolean} alone hides everything but the image */
  #alone(alone) {
    this.dialog.classList.toggle("alone", alone);
    this.#whole.setAttribute("aria-pressed", String(alone));
  }

  /** @param {State} state @param {string} kind */
  #drawSend(state, kind) {
    const key = (/** @type {SendTarget} */ target) => `${target.brick} ${target.entry.name} ${target.name}`;
    const onWall = targetsOnWall(state, kind);
    const additional = newTargets(state, kind);
    show(this.#send, onWall.length + additional.length > 0);
    for (const [list, targets] of /** @type {[HTMLElement, SendTarget[]][]} */ ([[this.#onWall, onWall], [this.#additional, additional]])) {
      reconcile(list, targets, key, (target) => this.#target(target), (button, { title }) => say(button, title));
    }
    show(/** @type {HTMLElement} */ (this.#onWall.previousElementSibling), onWall.length > 0);
  }

  /** @param {SendTarget} target */
  #target({ brick, entry, name }) {
    const button = h("button", { type: "button", class: "chip", "data-category": entry.category });
    button.addEventListener("click", () =>
      this.#with(({ output }) => this.request("send-image", { asset: output.asset_id, type: entry.name, name, brick })),
    );
    return button;
  }

  /** @param {string} asset */
  #against(asset) {
    this.#other = asset;
    if (this.#state) this.draw(this.#state);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.target === this.#compare || event.defaultPrevented) return;
    if (event.key === "ArrowLeft") this.#go(-1);
    else if (event.key === "ArrowRight") this.#go(1);
    else if (event.key.toLowerCase() === "c" && !event.ctrlKey && !event.metaKey) this.#toggleCompare();
    else if (event.key.toLowerCase() === "f" && !event.ctrlKey && !event.metaKey) this.#whole.click();
    else if (!this.#pane.key(event)) return;
    event.preventDefault();
  }

  #toggleCompare() {
    const next = this.#compare.options[1]?.value ?? "";
    this.#against(this.#other || next === ELSEWHERE ? "" : next);
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
   * @param {import("../elements/icons.js").IconName} name
   * @param {string} label
   * @param {number} by
   */
  #step(name, label, by) {
    const attributes = { type: "button", class: `lightbox-step ${name}`, "aria-label": label, title: label };
    const button = h("button", attributes, icon(name));
    button.addEventListener("click", () => this.#go(by));
    return button;
  }
}

/**
 * @param {Picture} picture
 * @param {State} state
 * @returns {Fact[]}
 */
function factsOf({ output, task }, state) {
  const { params } = task;
  const seconds = runSeconds(task);
  const model = withId(state.models, params.model)?.label ?? params.model;
  /** @type {[string, unknown, string?][]} */
  const rows = [
    ["Seed", output.seed, "seed"],
    ["Model", model, "model"],
    ["Inference steps", params.num_inference_steps, "num_inference_steps"],
    ["Guidance scale", params.guidance_scale, "guidance_scale"],
    ["Denoising strength", params.strength, "strength"],
    ["Size", output.width && output.height ? `${output.width} × ${output.height}` : null],
    ["Time", seconds === null ? null : duration(seconds)],
    ["Negative prompt", params.negative_prompt, "negative_prompt"],
    ["Created", task.finished_at ? new Date(task.finished_at).toLocaleString() : null],
  ];
  return rows
    .filter(([, value]) => value !== null && value !== undefined && value !== "")
    .map(([label, value, parameter = null]) => ({ label, value: String(value), parameter }));
}

customElements.define("qp-lightbox", Lightbox);
