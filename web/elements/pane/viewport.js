/**
 * Scale and position of an image in a frame. Frame and pointer are in CSS pixels, content in pixels
 * of the image.
 *
 * @typedef {{ x: number, y: number }} Point
 * @typedef {{ width: number, height: number }} Size
 */

const MAX_SCALE = 32;
const STEP = 1.25;
/** CSS pixels that the edge of a large image may be moved into the frame. */
const SLACK = 48;

export class Viewport {
  /** CSS pixels for each pixel of the image. */
  scale = 1;
  x = 0;
  y = 0;
  /** @type {Size} */
  frame = { width: 1, height: 1 };
  /** @type {Size} */
  content = { width: 1, height: 1 };
  #fitted = true;

  /** @param {number} [padding] CSS pixels kept free around a fitted image */
  constructor(padding = 0) {
    this.padding = padding;
  }

  /** The scale at which the whole image is visible, at most 8. */
  get fitScale() {
    const width = (this.frame.width - 2 * this.padding) / this.content.width;
    const height = (this.frame.height - 2 * this.padding) / this.content.height;
    return Math.max(0.001, Math.min(width, height, 8));
  }

  get fitted() {
    return this.#fitted;
  }

  /** @param {Size} frame @param {Size} content of the image */
  set(frame, content) {
    const same = content.width === this.content.width && content.height === this.content.height;
    this.frame = frame;
    this.content = content;
    if (this.#fitted || !same) this.fit();
    else this.#constrain();
  }

  fit() {
    this.scale = this.fitScale;
    this.#fitted = true;
    this.#constrain();
  }

  /** @param {number} scale @param {Point} [at] fixed point; the frame's middle when absent */
  zoomTo(scale, at = { x: this.frame.width / 2, y: this.frame.height / 2 }) {
    const next = Math.min(MAX_SCALE, Math.max(Math.min(this.fitScale, 1), scale));
    this.x = at.x - ((at.x - this.x) * next) / this.scale;
    this.y = at.y - ((at.y - this.y) * next) / this.scale;
    this.scale = next;
    this.#fitted = Math.abs(next / this.fitScale - 1) < 1e-6;
    this.#constrain();
  }

  /** @param {number} steps positive zooms in @param {Point} [at] */
  zoomBy(steps, at) {
    this.zoomTo(this.scale * STEP ** steps, at);
  }

  /** @param {number} dx @param {number} dy */
  pan(dx, dy) {
    this.x += dx;
    this.y += dy;
    this.#constrain();
  }

  /** @param {Point} point in the frame @returns {Point} in the image */
  toContent({ x, y }) {
    return { x: (x - this.x) / this.scale, y: (y - this.y) / this.scale };
  }

  #constrain() {
    this.x = place(this.x, this.content.width * this.scale, this.frame.width);
    this.y = place(this.y, this.content.height * this.scale, this.frame.height);
  }
}

/**
 * Centres content smaller than the frame, and limits the gap beside larger content.
 * @param {number} start
 * @param {number} length
 * @param {number} frame
 */
function place(start, length, frame) {
  if (length <= frame) return (frame - length) / 2;
  return Math.min(SLACK, Math.max(frame - length - SLACK, start));
}
