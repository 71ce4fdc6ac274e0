/** The mask painter: tools, keys and saving. */
/** @import { State } from "../state/types.js" */
/** @import { Size } from "../elements/mask/area.js" */
/** @import { Tool } from "./mask-stage.js" */
import { find } from "../document/workflow.js";
import { canvasSize, layersOf } from "../document/mask-layers.js";
import { assetUrl, inputPreview } from "../state/selectors/input-preview.js";
import { quantity } from "../state/words.js";
import { fill, h, reconcile, say, show } from "../elements/dom.js";
import { icon } from "../elements/icons.js";
import { MaskStage } from "./mask-stage.js";
import { OverlayElement } from "./overlay.js";

/** @type {[Tool, import("../elements/icons.js").IconName, string, string][]} */
const TOOLS = [
  ["brush", "brush", "Brush", "b"],
  ["line", "minus", "Line", "n"],
  ["lasso", "lasso", "Lasso", "l"],
  ["box", "box", "Rectangle", "r"],
  ["flood", "bucket", "Fill an area", "f"],
];
const MAX_WIDTH = 1024; // pixels
const WHITE = [255, 255, 255];
const FEATHER = 16; // pixels added by each press

export class MaskEditor extends OverlayElement {
  /** @override @type {"mask-editor"} */
  name = "mask-editor";
  /** @override */
  label = "Mask painter";
  #stage = new MaskStage(() => this.#drawTools());
  #note = h("p", { class: "note", role: "status" });
  #tools = TOOLS.map(([tool, picture, label, key]) => this.#choice(picture, label, key, () => this.#choose({ tool })));
  #paint = this.#choice("plus", "Paint", "p", () => this.#choose({ erase: false }), true);
  #erase = this.#choice("eraser", "Erase", "e", () => this.#choose({ erase: true }), true);
  #width = h("input", { type: "range", class: "slider", id: "mask-width", min: 0, max: 100, step: 1, title: "[ and ], or Alt and the wheel" });
  #pixels = h("output", { class: "note", for: "mask-width" });
  #undo = this.#button("undo", "Undo (Ctrl Z)", () => this.#step("undo"));
  #redo = this.#button("redo", "Redo (Ctrl Shift Z)", () => this.#step("redo"));
  #percent = h("button", { type: "button", class: "quiet small", title: "Fit to view (0)" });
  #discard = h("button", { type: "button", class: "quiet" }, "Discard");
  #brick = "";
  #title = h("h2", {}, "Mask");
  #level = h("input", { type: "range", class: "slider", id: "mask-level", min: 1, max: 100, value: 100, "aria-label": "Grey level" });
  #nearness = h("output", { class: "note", for: "mask-level" });
  #levels = h("div", { class: "mask-width", hidden: true }, h("label", { for: "mask-level", class: "note" }, "Near"), this.#level, this.#nearness);
  /** @type {import("../state/types.js").CanvasSize | null} a drawing without an image under it */
  #canvas = null;
  /** @type {import("../document/mask-layers.js").Layer[]} */
  #layers = [];
  #layerGroup = h("div", { class: "mask-group mask-layers", role: "group", "aria-label": "Regions", hidden: true });

  /** @override */
  compose() {
    const done = h("button", { type: "button", class: "strong", title: "Save the mask (Enter)" }, "Done");
    done.addEventListener("click", () => void this.#save());
    this.#discard.addEventListener("click", () => this.#leave());
    this.#discard.addEventListener("blur", () => this.#confirm(false));
    this.#level.addEventListener("input", () => this.#chooseLevel());
    this.#percent.addEventListener("click", () => this.#changeView(() => this.#stage.view.fit()));
    this.#width.addEventListener("input", () => this.#choose({ width: widthOf(this.#width.valueAsNumber) }));
    this.#stage.element.addEventListener("qp-brush", (event) => this.#wider(/** @type {CustomEvent} */ (event).detail));
    const stage = () => this.#stage.raster;
    this.dialog.append(
      h(
        "header",
        { class: "mask-head" },
        this.#title,
        this.#note,
        h("div", { class: "mask-ends" }, this.#undo, this.#redo, this.#discard, done),
      ),
      this.#stage.element,
      h(
        "div",
        { class: "mask-tools", role: "toolbar", "aria-label": "Painting" },
        this.#layerGroup,
        group("Brush mode", this.#paint, this.#erase),
        group("Tool", ...this.#tools),
        h("div", { class: "mask-width" }, h("label", { for: "mask-width", class: "note" }, "Size"), this.#width, this.#pixels),
        this.#levels,
        group(
          "Whole mask",
          this.#button("invert", "Invert (I)", () => this.#change(() => stage()?.invert())),
          this.#button("soften", "Feather the edge (S)", () => this.#change(() => stage()?.feather(FEATHER))),
          this.#button("full", "Mask everything (A)", () => this.#change(() => stage()?.fill())),
          this.#button("trash", "Clear (Delete)", () => this.#change(() => stage()?.clear())),
        ),
        group(
          "View",
          this.#button("minus", "Zoom out (−)", () => this.#changeView(() => this.#stage.view.zoomBy(-1))),
          this.#percent,
          this.#button("plus", "Zoom in (+)", () => this.#changeView(() => this.#stage.view.zoomBy(1))),
        ),
      ),
    );
    this.dialog.addEventListener("keydown", (event) => this.#key(event));
    this.dialog.addEventListener("keyup", (event) => event.key === " " && this.#hold(false));
    this.dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      if (this.#stage.busy) this.#stage.discardStroke();
      else void this.#save();
    });
  }

  /** @override @param {AbortSignal} signal */
  connected(signal) {
    const warn = (/** @type {Event} */ event) => {
      if (this.dialog.open && this.#changed) event.preventDefault();
    };
    window.addEventListener("beforeunload", warn, { signal });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#stage.redraw(), { signal });
    window.addEventListener("blur", () => this.#hold(false), { signal });
  }

  /** @override @param {State} state */
  opened(state) {
    this.#brick = state.overlay.brick ?? "";
    const brick = find(state.workflow, this.#brick);
    this.#confirm(false);
    say(this.#note, "Opening the image…");
    const canvas = (this.#canvas = state.overlay.canvas ?? null);
    const title = canvas?.title ?? (brick && "regions" in brick.props ? "Regions" : "Mask");
    say(this.#title, title);
    show(this.#levels, Boolean(canvas?.levels));
    if (canvas) {
      this.#layers = [{ label: title, title, mask: assetUrl(brick?.props.image), tint: WHITE }];
      void this.#open("", canvas);
    } else {
      this.#layers = brick ? layersOf(brick) : [];
      void this.#open(brick ? inputPreview(state, brick, "image") : "", brick ? canvasSize(state, brick) : null);
    }
    this.#stage.element.focus();
  }

  /** @override */
  close() {
    super.close();
    this.#stage.close();
  }

  /** @param {string} picture @param {Size | null} blank the size of an empty canvas, without a picture */
  async #open(picture, blank) {
    const masks = this.#layers.map(({ mask }) => (mask ? decoded(mask) : null));
    const [image, ...painted] = await Promise.all([decoded(picture), ...masks]);
    if (!this.dialog.open) return;
    const size = image ? { width: image.naturalWidth, height: image.naturalHeight } : picture ? null : blank;
    if (!size) {
      say(this.#note, "The image cannot be read.");
      return;
    }
    const layers = this.#layers.map(({ tint }, index) => ({ mask: painted[index] ?? null, tint }));
    this.#stage.open(image ?? emptyCanvas(size, this.#canvas ? "#000" : "#fff"), size, layers, this.#canvas !== null);
    this.#chooseLevel();
    if (this.#canvas?.levels) this.#choose({ width: Math.max(8, Math.round(Math.min(size.width, size.height) / 8)) }); // of surfaces, not of lines
    let resized = false;
    painted.forEach((mask, index) => {
      const raster = this.#stage.rasters[index];
      if (!mask || !raster || (mask.naturalWidth === size.width && mask.naturalHeight === size.height)) return;
      resized = raster.changed = true;
    });
    const text = `${size.width} × ${size.height}`;
    say(this.#note, resized ? `${text} · the mask was resized` : text);
    this.#drawLayers();
    this.#drawTools();
  }

  /** Draws a button for each mask, where there are several. */
  #drawLayers() {
    show(this.#layerGroup, this.#layers.length > 1 || this.#layers[0]?.region !== undefined);
    reconcile(
      this.#layerGroup,
      this.#layers,
      ({ label }) => label,
      (layer) => this.#layerButton(layer),
      (button, layer) => button.setAttribute("aria-pressed", String(this.#layers.indexOf(layer) === this.#stage.active)),
    );
  }

  /** @param {import("../document/mask-layers.js").Layer} layer */
  #layerButton(layer) {
    const swatch = h("span", { class: "region-swatch" });
    if (layer.tint) swatch.style.setProperty("background", `rgb(${layer.tint.join(" ")})`);
    const button = h("button", { type: "button", class: "bare pick worded", "aria-pressed": "false", title: layer.title }, swatch, h("span", {}, layer.label));
    button.addEventListener("click", () => {
      this.#stage.active = this.#layers.findIndex(({ label }) => label === layer.label);
      this.#drawLayers();
      this.#drawTools();
    });
    return button;
  }

  async #save() {
    const changed = this.#layers.map(({ region }, index) => ({ region, raster: this.#stage.rasters[index] })).filter(({ raster }) => raster?.changed);
    if (!changed.length) {
      this.dialog.close();
      return;
    }
    say(this.#note, "Saving the mask…");
    if (this.#canvas) {
      this.request("save-drawing", { brick: this.#brick, image: (await this.#stage.raster?.save()) ?? null });
      return;
    }
    const masks = await Promise.all(changed.map(async ({ region, raster }) => ({ region, mask: (await raster?.save()) ?? null })));
    this.request("save-masks", { brick: this.#brick, masks });
  }

  get #changed() {
    return this.#stage.rasters.some((raster) => raster.changed);
  }

  /** Asks for confirmation before painted changes are lost. */
  #leave() {
    if (this.#changed && !this.#discard.classList.contains("sure")) this.#confirm(true);
    else this.dialog.close();
  }

  /** @param {boolean} sure */
  #confirm(sure) {
    this.#discard.classList.toggle("sure", sure);
    say(this.#discard, sure ? "Discard changes?" : "Discard");
  }

  /** @param {Partial<import("./mask-stage.js").Choice>} choice */
  #choose(choice) {
    this.#stage.choice = { ...this.#stage.choice, ...choice };
    this.#stage.resized();
    this.#drawTools();
  }

  #chooseLevel() {
    const level = this.#canvas?.levels ? this.#level.valueAsNumber / 100 : 1;
    if (this.#stage.raster) this.#stage.raster.level = level;
    this.#level.style.setProperty("--fill", `${100 * level}%`);
    say(this.#nearness, quantity(Math.round(100 * level), "%"));
  }

  /** @param {number} steps */
  #wider(steps) {
    const width = this.#stage.choice.width * 1.2 ** steps;
    const next = steps > 0 ? Math.ceil(width) : Math.floor(width);
    this.#choose({ width: Math.min(MAX_WIDTH, Math.max(1, next)) });
  }

  /** @param {() => import("../elements/mask/area.js").Area | null | undefined} change */
  #change(change) {
    if (!this.#stage.busy) this.#stage.show(change() ?? null);
  }

  /** @param {"undo" | "redo"} direction */
  #step(direction) {
    this.#change(() => this.#stage.raster?.[direction]());
  }

  /** @param {() => void} change */
  #changeView(change) {
    change();
    this.#stage.redraw();
  }

  /** @param {boolean} held */
  #hold(held) {
    this.#stage.panning = held;
    this.#stage.element.classList.toggle("hand", held);
  }

  #drawTools() {
    const { choice, view, raster } = this.#stage;
    TOOLS.forEach(([tool], index) => this.#tools[index]?.setAttribute("aria-pressed", String(tool === choice.tool)));
    this.#paint.setAttribute("aria-pressed", String(!choice.erase));
    this.#erase.setAttribute("aria-pressed", String(choice.erase));
    this.#stage.element.classList.toggle("erasing", choice.erase);
    fill(this.#width, String(placeOf(choice.width)));
    this.#width.style.setProperty("--fill", `${placeOf(choice.width)}%`);
    this.#width.disabled = choice.tool !== "brush";
    say(this.#pixels, quantity(choice.width, "px"));
    say(this.#percent, quantity(Math.round(100 * view.scale * (raster?.scale ?? 1)), "%"));
    this.#undo.disabled = !raster?.past.canUndo;
    this.#redo.disabled = !raster?.past.canRedo;
    show(this.#discard, this.#changed);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.target instanceof HTMLInputElement && /^(Arrow|Home|End|Page)/.test(event.key)) return;
    const act = this.#action(event);
    if (!act) return;
    event.preventDefault();
    act();
  }

  /** @param {KeyboardEvent} event @returns {(() => void) | undefined} */
  #action(event) {
    const key = event.key.toLowerCase();
    const onButton = event.target instanceof HTMLButtonElement;
    if (event.ctrlKey || event.metaKey) {
      if (key === "z") return () => this.#step(event.shiftKey ? "redo" : "undo");
      return key === "y" ? () => this.#step("redo") : undefined;
    }
    const tool = TOOLS.find(([, , , letter]) => letter === key)?.[0];
    if (tool) return () => this.#choose({ tool });
    if (key === " " || key === "enter") {
      if (onButton) return undefined;
      return key === " " ? () => this.#hold(true) : () => void this.#save();
    }
    return {
      p: () => this.#choose({ erase: false }),
      e: () => this.#choose({ erase: !this.#stage.choice.erase }),
      i: () => this.#change(() => this.#stage.raster?.invert()),
      s: () => this.#change(() => this.#stage.raster?.feather(FEATHER)),
      a: () => this.#change(() => this.#stage.raster?.fill()),
      delete: () => this.#change(() => this.#stage.raster?.clear()),
      "[": () => this.#wider(-1),
      "]": () => this.#wider(1),
      "+": () => this.#changeView(() => this.#stage.view.zoomBy(1)),
      "=": () => this.#changeView(() => this.#stage.view.zoomBy(1)),
      "-": () => this.#changeView(() => this.#stage.view.zoomBy(-1)),
      0: () => this.#changeView(() => this.#stage.view.fit()),
      1: () => this.#changeView(() => this.#stage.view.zoomTo(1)),
    }[key];
  }

  /**
   * @param {import("../elements/icons.js").IconName} name
   * @param {string} label
   * @param {() => void} act
   */
  #button(name, label, act) {
    return h("button", { type: "button", class: "bare", "aria-label": label, title: label, onclick: act }, icon(name));
  }

  /**
   * @param {import("../elements/icons.js").IconName} name
   * @param {string} label
   * @param {string} key
   * @param {() => void} act
   * @param {boolean} [worded]
   */
  #choice(name, label, key, act, worded = false) {
    const title = `${label} (${key.toUpperCase()})`;
    const button = h("button", { type: "button", class: "bare pick", "aria-pressed": "false", "aria-label": label, title, onclick: act });
    button.append(icon(name), ...(worded ? [h("span", {}, label)] : []));
    button.classList.toggle("worded", worded);
    return button;
  }
}

/** @param {string} label @param {...HTMLElement} children */
function group(label, ...children) {
  return h("div", { class: "mask-group", role: "group", "aria-label": label }, ...children);
}

/** The slider is finer where the brush is. @param {number} place 0 to 100 */
function widthOf(place) {
  return Math.max(1, Math.round(MAX_WIDTH ** (place / 100)));
}

/** @param {number} width */
function placeOf(width) {
  return Math.round((100 * Math.log(width)) / Math.log(MAX_WIDTH));
}

/** A canvas to paint over where there is no image. @param {Size} size @param {string} colour */
function emptyCanvas({ width, height }, colour) {
  const canvas = h("canvas", { width, height });
  const ink = canvas.getContext("2d");
  if (ink) {
    ink.fillStyle = colour;
    ink.fillRect(0, 0, width, height);
  }
  return canvas;
}

/** @param {string} source @returns {Promise<HTMLImageElement | null>} */
async function decoded(source) {
  if (!source) return null;
  const image = new Image();
  image.src = source;
  return image.decode().then(
    () => image,
    () => null,
  );
}

customElements.define("qp-mask-editor", MaskEditor);
