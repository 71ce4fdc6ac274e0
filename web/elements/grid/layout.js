/**
 * The arithmetic of a virtual grid: square cells in rows, in groups with a heading each. Places are
 * indices in the whole list; nothing here grows with the number of images, only with the groups.
 *
 * @typedef {{ key: string, count: number, offset: number }} Group
 * @typedef {object} GridShape
 * @property {readonly Group[]} groups in order, together the whole list
 * @property {number} width of the space, pixels
 * @property {number} cell the least side of a cell, pixels
 * @property {number} columns the least number of columns
 * @property {number} gap
 * @property {number} head the height of a heading; 0 for none
 *
 * @typedef {{ x: number, y: number }} Position
 * @typedef {{ left: number, top: number, right: number, bottom: number }} Box
 */

/** Keys that move the focus. */
export const STEPS = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "PageUp", "PageDown", "Home", "End"];

export class GridLayout {
  /** @param {GridShape} shape */
  constructor({ groups, width, cell, columns, gap, head }) {
    this.groups = groups;
    this.gap = gap;
    this.head = head;
    const most = Math.floor((width + gap) / (cell + gap));
    this.columns = Math.max(1, columns, most);
    this.side = Math.max(1, (width - gap * (this.columns - 1)) / this.columns);
    /** @type {number[]} */
    this.tops = [];
    let top = 0;
    for (const { count } of groups) {
      this.tops.push(top);
      top += head + Math.ceil(count / this.columns) * this.pitch;
    }
    this.height = top;
  }

  /** The distance from one row to the next. */
  get pitch() {
    return this.side + this.gap;
  }

  /** The number of images. */
  get total() {
    const last = this.groups.at(-1);
    return last ? last.offset + last.count : 0;
  }

  /** @param {number} index @returns {Position} the corner of its cell */
  position(index) {
    const group = this.#groupOf(index);
    const inside = index - (this.groups[group]?.offset ?? 0);
    const row = Math.floor(inside / this.columns);
    return { x: (inside % this.columns) * this.pitch, y: (this.tops[group] ?? 0) + this.head + row * this.pitch };
  }

  /**
   * Cells and headings between two heights.
   * @param {number} top
   * @param {number} bottom
   * @returns {{ from: number, to: number, groups: number[] }} `to` is exclusive
   */
  between(top, bottom) {
    const first = this.#groupAt(top);
    const groups = [];
    let to = this.#firstAt(first, top);
    const from = to;
    for (let group = first; group < this.groups.length && (this.tops[group] ?? 0) < bottom; group += 1) {
      groups.push(group);
      const { count, offset } = this.groups[group] ?? { count: 0, offset: 0 };
      const rows = Math.max(0, Math.ceil((bottom - (this.tops[group] ?? 0) - this.head) / this.pitch));
      to = Math.max(to, offset + Math.min(count, rows * this.columns));
    }
    return { from, to, groups };
  }

  /** @param {number} group @param {number} top @returns {number} the first image of a group whose cell ends below a height */
  #firstAt(group, top) {
    const { count, offset } = this.groups[group] ?? { count: 0, offset: 0 };
    const rows = Math.max(0, Math.floor((top - (this.tops[group] ?? 0) - this.head) / this.pitch));
    return offset + Math.min(count, rows * this.columns);
  }

  /** @param {Position} point @returns {number} the image whose cell holds it, -1 for none */
  at({ x, y }) {
    const group = this.#groupAt(y);
    const { count = 0, offset = 0 } = this.groups[group] ?? {};
    const row = Math.floor((y - (this.tops[group] ?? 0) - this.head) / this.pitch);
    const column = Math.floor(x / this.pitch);
    const inside = row * this.columns + column;
    if (row < 0 || column < 0 || column >= this.columns || inside >= count) return -1;
    const corner = this.position(offset + inside);
    return x < corner.x + this.side && y < corner.y + this.side ? offset + inside : -1;
  }

  /** @param {Box} box @returns {number[]} images whose cells it touches */
  within({ left, top, right, bottom }) {
    const { from, to } = this.between(top, bottom);
    const indices = [];
    for (let index = from; index < to; index += 1) {
      const { x, y } = this.position(index);
      if (x < right && x + this.side > left && y < bottom && y + this.side > top) indices.push(index);
    }
    return indices;
  }

  /**
   * The image that a key leads to.
   * @param {number} index
   * @param {string} key one of `STEPS`
   * @param {number} page the height of the view
   */
  step(index, key, page) {
    const last = this.total - 1;
    const clamp = (/** @type {number} */ place) => Math.min(last, Math.max(0, place));
    if (index < 0) return clamp(0);
    if (key === "Home") return clamp(0);
    if (key === "End") return clamp(last);
    if (key === "ArrowLeft") return clamp(index - 1);
    if (key === "ArrowRight") return clamp(index + 1);
    const rows = key.startsWith("Page") ? Math.max(1, Math.floor(page / this.pitch) - 1) : 1;
    let at = index;
    for (let row = 0; row < rows; row += 1) at = key.endsWith("Down") ? this.#below(at) : this.#above(at);
    return clamp(at);
  }

  /** @param {number} index */
  #below(index) {
    const group = this.#groupOf(index);
    const { count = 0, offset = 0 } = this.groups[group] ?? {};
    const inside = index - offset;
    const column = inside % this.columns;
    if (inside + this.columns < count) return index + this.columns;
    if (Math.floor(inside / this.columns) < Math.floor((count - 1) / this.columns)) return offset + count - 1;
    const next = this.groups[group + 1];
    return next ? next.offset + Math.min(column, next.count - 1) : index;
  }

  /** @param {number} index */
  #above(index) {
    const group = this.#groupOf(index);
    const inside = index - (this.groups[group]?.offset ?? 0);
    if (inside >= this.columns) return index - this.columns;
    const former = this.groups[group - 1];
    if (!former) return index;
    const start = Math.floor((former.count - 1) / this.columns) * this.columns;
    return former.offset + Math.min(start + (inside % this.columns), former.count - 1);
  }

  /** @param {number} index @returns {number} its group */
  #groupOf(index) {
    return search(this.groups.length, (group) => (this.groups[group]?.offset ?? 0) <= index);
  }

  /** @param {number} y @returns {number} the group at a height */
  #groupAt(y) {
    return search(this.groups.length, (group) => (this.tops[group] ?? 0) <= y);
  }
}

/** The last of `count` numbers for which a falling condition holds, at least 0. @param {number} count @param {(n: number) => boolean} holds */
function search(count, holds) {
  let [low, high] = [0, Math.max(0, count - 1)];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (holds(middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}
