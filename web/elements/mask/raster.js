/**
 * A mask being painted: a canvas at the resolution of the image, with the coverage as opacity. Every
 * change records its tiles for undo and returns the area to redraw.
 *
 * @import { Area, Point, Size } from "./area.js"
 */
import { around } from "./area.js";
import { blurred, flood } from "./cover.js";
import { StrokeHistory } from "./undo.js";

/** Longest side in pixels; the mask of a larger image is scaled up when it is saved. */
const MOST_PIXELS = 24e6;
const TINT = [236, 72, 153];

export class Raster {
  /** Coverage of new strokes, 0 to 1: the grey level of a drawing. */
  level = 1;

  /** @param {Size} picture @param {number[]} [tint] red, green, blue */
  constructor(picture, tint = TINT) {
    this.picture = picture;
    this.tint = tint;
    this.scale = Math.min(1, Math.sqrt(MOST_PIXELS / (picture.width * picture.height)));
    this.size = { width: Math.round(picture.width * this.scale), height: Math.round(picture.height * this.scale) };
    this.canvas = canvasOf(this.size);
    this.ink = inkOf(this.canvas);
    this.ink.lineCap = "round";
    this.ink.lineJoin = "round";
    this.past = new StrokeHistory(this, this.size);
    this.changed = false;
  }

  /** @returns {Area} */
  get whole() {
    return { x: 0, y: 0, ...this.size };
  }

  /** A step of its own, to be taken back as one. @param {() => Area | null} change */
  step(change) {
    this.past.begin();
    const area = change();
    this.past.end();
    this.changed = true;
    return area;
  }

  /**
   * A segment of a stroke, within a step.
   * @param {Point} from
   * @param {Point} to
   * @param {number} width pixels
   * @param {boolean} erase
   */
  stroke(from, to, width, erase) {
    const area = around([from, to], width / 2 + 1, this.size);
    this.past.keep(area);
    this.ink.lineWidth = width;
    this.ink.beginPath();
    if (from.x === to.x && from.y === to.y) {
      // Some browsers draw no caps on a line of zero length: a tap is a disc.
      this.ink.arc(to.x, to.y, width / 2, 0, 2 * Math.PI);
      this.#lay(erase, () => this.ink.fill());
    } else {
      this.ink.moveTo(from.x, from.y);
      this.ink.lineTo(to.x, to.y);
      this.#lay(erase, () => this.ink.stroke());
    }
    this.changed = true;
    return area;
  }

  /**
   * A straight line, as a step.
   * @param {Point} from
   * @param {Point} to
   * @param {number} width pixels
   * @param {boolean} erase
   */
  line(from, to, width, erase) {
    this.past.begin();
    const area = this.stroke(from, to, width, erase);
    this.past.end();
    return area;
  }

  /** @param {Point[]} points @param {boolean} erase */
  polygon(points, erase) {
    return this.step(() => {
      const area = around(points, 1, this.size);
      this.past.keep(area);
      this.ink.beginPath();
      for (const point of points) this.ink.lineTo(point.x, point.y);
      this.ink.closePath();
      this.#lay(erase, () => this.ink.fill());
      return area;
    });
  }

  /** @param {Point} at @param {boolean} erase */
  flood(at, erase) {
    const { width, height } = this.size;
    const cover = this.read(this.whole);
    const area = flood(cover, width, height, Math.floor(at.x), Math.floor(at.y), erase ? 0 : Math.round(255 * this.level));
    return area && this.step(() => this.#replace(area, cover));
  }

  fill() {
    return this.#every(() => Math.round(255 * this.level));
  }

  clear() {
    return this.#every(() => 0);
  }

  invert() {
    return this.#every((value) => 255 - value);
  }

  /** @param {number} radius pixels of the picture */
  feather(radius) {
    const { width, height } = this.size;
    const soft = blurred(this.read(this.whole), width, height, radius * this.scale);
    return this.step(() => this.#replace(this.whole, soft));
  }

  undo() {
    this.changed = true;
    return this.past.undo();
  }

  redo() {
    this.changed = true;
    return this.past.redo();
  }

  /** @param {Area} area @returns {Uint8Array} how much of each pixel is masked */
  read(area) {
    const { data } = this.ink.getImageData(area.x, area.y, area.width, area.height);
    const cover = new Uint8Array(area.width * area.height);
    for (let i = 0; i < cover.length; i += 1) cover[i] = data[4 * i + 3] ?? 0;
    return cover;
  }

  /** @param {Area} area @param {Uint8Array} cover */
  write(area, cover) {
    const pixels = this.ink.createImageData(area.width, area.height);
    const [red = 0, green = 0, blue = 0] = this.tint;
    const words = new Uint32Array(pixels.data.buffer);
    const colour = (blue << 16) | (green << 8) | red;
    for (let i = 0; i < cover.length; i += 1) words[i] = ((cover[i] ?? 0) << 24) | colour;
    this.ink.putImageData(pixels, area.x, area.y);
  }

  /** Takes a saved mask, stretched where its size is another. @param {CanvasImageSource} image white is masked */
  load(image) {
    const { width, height } = this.size;
    const scratch = inkOf(canvasOf(this.size));
    scratch.drawImage(image, 0, 0, width, height);
    const { data } = scratch.getImageData(0, 0, width, height);
    const cover = new Uint8Array(width * height);
    for (let i = 0; i < cover.length; i += 1) {
      cover[i] = ((data[4 * i] ?? 0) * 77 + (data[4 * i + 1] ?? 0) * 150 + (data[4 * i + 2] ?? 0) * 29) >> 8;
    }
    this.write(this.whole, cover);
  }

  /** @returns {Promise<Blob | null>} a PNG of the picture's size, white on black; null when nothing is painted */
  async save() {
    if (!this.read(this.whole).some((value) => value > 0)) return null;
    const { width, height } = this.picture;
    const canvas = canvasOf(this.picture);
    const paper = inkOf(canvas);
    paper.drawImage(this.canvas, 0, 0, width, height);
    paper.globalCompositeOperation = "source-in";
    paper.fillStyle = "#fff";
    paper.fillRect(0, 0, width, height);
    paper.globalCompositeOperation = "destination-over";
    paper.fillStyle = "#000";
    paper.fillRect(0, 0, width, height);
    return new Promise((done) => {
      canvas.toBlob(done, "image/png");
    });
  }

  /** @param {(value: number) => number} change */
  #every(change) {
    return this.step(() => this.#replace(this.whole, this.read(this.whole).map(change)));
  }

  /** @param {Area} area @param {Uint8Array} cover of the whole picture */
  #replace(area, cover) {
    this.past.keep(area);
    this.write(this.whole, cover);
    return area;
  }

  /**
   * Erases, or covers to the level whatever is below.
   * @param {boolean} erase
   * @param {() => void} draw the path
   */
  #lay(erase, draw) {
    this.ink.strokeStyle = `rgb(${this.tint.join(" ")})`;
    this.ink.fillStyle = this.ink.strokeStyle;
    if (erase || this.level < 1) {
      this.ink.globalCompositeOperation = "destination-out";
      draw();
    }
    if (erase) return;
    this.ink.globalCompositeOperation = this.level < 1 ? "lighter" : "source-over";
    this.ink.globalAlpha = this.level;
    draw();
    this.ink.globalAlpha = 1;
  }
}

/** @param {Size} size */
function canvasOf({ width, height }) {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  return canvas;
}

/** @param {HTMLCanvasElement} canvas */
function inkOf(canvas) {
  // Read often, so it is kept in main memory: a tile costs a tenth of a millisecond.
  const ink = canvas.getContext("2d", { willReadFrequently: true });
  if (!ink) throw new Error("This browser has no 2D canvas.");
  return ink;
}
