/** Regions with prompts of their own: a preview of their masks in colours, and a card for each. */
/** @import { Brick } from "../document/types.js" */
/** @import { Region } from "../document/regions.js" */
/** @import { State } from "../state/types.js" */
import { changeRegion, costOf, lackOf, MOST_REGIONS, regionProps, regionsOf, tintOf, withRegion } from "../document/regions.js";
import { assetUrl, inputPreview } from "../state/selectors/input-preview.js";
import { chosenModel, modelDownstream, modeOf, modelDefault, operationDownstream } from "../state/selectors/models.js";
import { fill, h, reconcile, say, show } from "../elements/dom.js";
import { icon } from "../elements/icons.js";
import { BrickElement } from "./brick.js";
import { Form } from "./form.js";
import { RegionLoras } from "./region-loras.js";

export class RegionsBrick extends BrickElement {
  #form = new Form(this);
  #picture = h("img", { class: "mask-picture", alt: "The image to paint over", decoding: "async" });
  #tints = h("span", { class: "region-tints" });
  #open = h("button", { type: "button", class: "mask-preview region-preview", title: "Paint the regions" }, this.#picture, this.#tints);
  #rows = h("div", { class: "region-rows" });
  #add = h("button", { type: "button", class: "quiet" }, icon("plus"), h("span", {}, "Add region"));
  #paint = h("button", { type: "button", class: "quiet" }, icon("brush"), h("span", {}, "Paint regions"));
  #cost = h("p", { class: "note", role: "status" });
  #method = h(
    "select",
    { class: "well slim", title: "region_method", "aria-label": "Method" },
    h("option", { value: "blend" }, "Blend: a run for each region"),
    h("option", { value: "attention" }, "Attention masks: one run"),
  );
  /** @type {Region[]} */
  #regions = [];
  /** @type {WeakMap<HTMLElement, RegionLoras>} */
  #loras = new WeakMap();

  /** @override */
  compose() {
    const edit = () => this.request("show", { name: "mask-editor", brick: this.brickId });
    this.#open.addEventListener("click", edit);
    this.#paint.addEventListener("click", edit);
    this.#add.addEventListener("click", () => this.#write(withRegion(this.#regions), "Add region"));
    this.#method.addEventListener("change", () => this.request("set-props", { brick: this.brickId, props: { method: this.#method.value }, label: "Set method" }));
    this.body.append(this.#form.element, this.#open, this.#rows, h("div", { class: "mask-line" }, this.#add, this.#paint), this.#method, this.#cost);
  }

  /** @override @param {Brick} brick @param {State} state */
  draw(brick, state) {
    this.#form.draw(brick, state);
    this.#regions = regionsOf(brick);
    const offer = { library: state.loras, model: modelDownstream(state, brick)?.model ?? null };
    const source = inputPreview(state, brick, "image");
    if (source && this.#picture.getAttribute("src") !== source) this.#picture.src = source;
    show(this.#picture, source !== "");
    // Without an image, only masks can be seen there.
    show(this.#open, this.#regions.length > 0 && (source !== "" || this.#regions.some((region) => region.mask)));
    show(this.#form.element, source === "");
    this.#paint.disabled = this.#regions.length === 0;
    this.#add.disabled = this.#regions.length >= MOST_REGIONS;
    reconcile(
      this.#tints,
      this.#regions.map((region, index) => ({ region, index })),
      ({ index }) => String(index),
      ({ index }) => tinted(h("span", { class: "mask-tint" }), index),
      (tint, { region }) => {
        const mask = assetUrl(region.mask);
        tint.style.setProperty("mask-image", mask ? `url("${mask}")` : "none");
        show(tint, mask !== "");
      },
    );
    reconcile(
      this.#rows,
      this.#regions.map((region, index) => ({ region, index })),
      ({ index }) => String(index),
      ({ index }) => this.#row(index),
      (row, { region }) => {
        drawRow(row, region);
        this.#loras.get(row)?.draw(region.loras, offer);
      },
    );
    const method = String(brick.props.method ?? "blend");
    fill(this.#method, method);
    show(this.#method, this.#regions.length > 0 && (method !== "blend" || attends(state, brick)));
    const cost = costOf(this.#regions, stepsDownstream(state, brick), method);
    say(this.#cost, cost);
    show(this.#cost, cost !== "");
  }

  /** @param {number} index */
  #row(index) {
    const name = `Region ${index + 1}`;
    const id = `${this.brickId}-region-${index}`;
    const change = (/** @type {Partial<Region>} */ part) => this.#write(changeRegion(this.#regions, index, part), "Set region");
    const prompt = h("textarea", { class: "well", rows: 2, placeholder: "What to draw there", "aria-label": `${name} prompt`, "data-part": "prompt" });
    const negative = h("textarea", { class: "well", rows: 1, placeholder: "Negative prompt", "aria-label": `${name} negative prompt`, "data-part": "negative" });
    const strength = h("input", { type: "range", class: "slider", id: `${id}-strength`, min: 0, max: 1, step: 0.05, "data-part": "strength" });
    const feather = h("input", { type: "number", class: "slider-number", id: `${id}-feather`, min: 0, max: 512, step: 1, "data-part": "feather" });
    const remove = h("button", { type: "button", class: "bare", "aria-label": `Remove region ${index + 1}`, title: "Remove" }, icon("trash"));
    prompt.addEventListener("input", () => change({ prompt: prompt.value }));
    negative.addEventListener("input", () => change({ negative_prompt: negative.value }));
    strength.addEventListener("input", () => change({ strength: strength.valueAsNumber }));
    feather.addEventListener("input", () => {
      if (!Number.isNaN(feather.valueAsNumber)) change({ feather: Math.max(0, Math.min(512, Math.round(feather.valueAsNumber))) });
    });
    remove.addEventListener("click", () => this.#write(this.#regions.filter((_, at) => at !== index), "Remove region"));
    const head = h("div", { class: "lora-head" }, tinted(h("span", { class: "region-swatch" }), index), h("span", { class: "lora-name" }, name), remove);
    const numbers = h(
      "div",
      { class: "region-numbers" },
      h("label", { for: `${id}-strength`, class: "note" }, "Strength"),
      strength,
      h("label", { for: `${id}-feather`, class: "note" }, "Feather (px)"),
      feather,
    );
    const loras = new RegionLoras(name, (value) => change({ loras: value }));
    const row = h("div", { class: "lora-row", role: "group", "aria-label": name }, head, prompt, negative, numbers, loras.element, h("p", { class: "note", "data-part": "lack" }));
    this.#loras.set(row, loras);
    return row;
  }

  /** @param {Region[]} regions @param {string} label */
  #write(regions, label) {
    this.request("set-props", { brick: this.brickId, props: regionProps(regions), label });
  }
}

/** @param {HTMLElement} row @param {Region} region */
function drawRow(row, region) {
  const part = (/** @type {string} */ name) => /** @type {HTMLInputElement} */ (row.querySelector(`[data-part="${name}"]`));
  fill(part("prompt"), region.prompt);
  fill(part("negative"), region.negative_prompt);
  fill(part("strength"), String(region.strength));
  part("strength").style.setProperty("--fill", `${100 * region.strength}%`);
  if (document.activeElement !== part("feather")) fill(part("feather"), String(region.feather));
  const lack = lackOf(region);
  say(part("lack"), lack);
  show(part("lack"), lack !== "");
}

/** @template {HTMLElement} E @param {E} element @param {number} index */
function tinted(element, index) {
  element.style.setProperty("background", `rgb(${tintOf(index).join(" ")})`);
  return element;
}

/** Reports whether the model of the operation has attention masks for regions. @param {State} state @param {Brick} brick */
function attends(state, brick) {
  const target = operationDownstream(state, brick);
  if (!target) return false;
  return chosenModel(state, target)?.modes[modeOf(state, target.type)]?.parameters.includes("region_method") ?? false;
}

/** The steps of the operation that the regions are wired to; 0 where they are not known. @param {State} state @param {Brick} brick */
function stepsDownstream(state, brick) {
  const target = operationDownstream(state, brick);
  if (!target) return 0;
  const model = chosenModel(state, target);
  return Number(target.props.num_inference_steps ?? modelDefault(model, modeOf(state, target.type), "num_inference_steps") ?? 0);
}

customElements.define("qp-regions-brick", RegionsBrick);
