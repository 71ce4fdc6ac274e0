/**
 * How a picture lies in a frame: its scale and where its corner stands. Pure numbers; it knows
 * nothing of the page. Frame and pointer are in CSS pixels, content in pixels of the picture.
 *
 * @typedef {{ x: number, y: number }} Point
 * @typedef {{ width: number, height: number }} Size
 */

const MOST = 32;
const STEP = 1.25;
/** How far the edge of a large picture may be pulled into the frame. */
const SLACK = 48;

export class Viewport {
  /** CSS pixels a pixel of the picture takes. */
  scale = 1;
  x = 0;
  y = 0;
  /** @type {Size} */
  frame = { width: 1, height: 1 };
  /** @type {Size} */
  content = { width: 1, height: 1 };
  #fitted = true;

  /** @param {number} [padding] CSS pixels kept free around a picture that is fitted */
  constructor(padding = 0) {
    this.padding = padding;
  }

  /** The scale at which the whole picture is seen; small ones are not blown up beyond 8 times. */
  get fitScale() {
    const width = (this.frame.width - 2 * this.padding) / this.content.width;
    const height = (this.frame.height - 2 * this.padding) / this.content.height;
    return Math.max(0.001, Math.min(width, height, 8));
  }

  get fitted() {
    return this.#fitted;
  }

  /** @param {Size} frame @param {Size} content what is shown changed, or where */
  set(frame, content) {
    const same = content.width === this.content.width && content.height === this.content.height;
    this.frame = frame;
    this.content = content;
    if (this.#fitted || !same) this.fit();
    else this.#settle();
  }

  fit() {
    this.scale = this.fitScale;
    this.#fitted = true;
    this.#settle();
  }

  /** @param {number} scale @param {Point} [at] stays where it is; the frame's middle when absent */
  zoomTo(scale, at = { x: this.frame.width / 2, y: this.frame.height / 2 }) {
    const next = Math.min(MOST, Math.max(Math.min(this.fitScale, 1), scale));
    this.x = at.x - ((at.x - this.x) * next) / this.scale;
    this.y = at.y - ((at.y - this.y) * next) / this.scale;
    this.scale = next;
    this.#fitted = Math.abs(next / this.fitScale - 1) < 1e-6;
    this.#settle();
  }

  /** @param {number} steps positive comes nearer @param {Point} [at] */
  zoomBy(steps, at) {
    this.zoomTo(this.scale * STEP ** steps, at);
  }

  /** @param {number} dx @param {number} dy */
  pan(dx, dy) {
    this.x += dx;
    this.y += dy;
    this.#settle();
  }

  /** @param {Point} point in the frame @returns {Point} in the picture */
  toContent({ x, y }) {
    return { x: (x - this.x) / this.scale, y: (y - this.y) / this.scale };
  }

  #settle() {
    this.x = place(this.x, this.content.width * this.scale, this.frame.width);
    this.y = place(this.y, this.content.height * this.scale, this.frame.height);
  }
}

/**
 * What is smaller than the frame stands in its middle; what is larger leaves no wide gap.
 * @param {number} start
 * @param {number} length
 * @param {number} frame
 */
function place(start, length, frame) {
  if (length <= frame) return (frame - length) / 2;
  return Math.min(SLACK, Math.max(frame - length - SLACK, start));
}
