/**
 * The undo history of a mask, by tiles: the cost of a stroke follows the area that it touches.
 *
 * @import { Area } from "./area.js"
 * @typedef {{ area: Area, cover: Uint8Array }} Tile
 * @typedef {{ read: (area: Area) => Uint8Array, write: (area: Area, cover: Uint8Array) => void }} Surface
 */
import { tiles, union } from "./area.js";

const MAX_BYTES = 96 << 20;

export class StrokeHistory {
  /** @type {Tile[][]} */
  #done = [];
  /** @type {Tile[][]} */
  #undone = [];
  /** @type {Map<string, Tile> | null} */
  #open = null;

  /** @param {Surface} surface @param {import("./area.js").Size} size @param {number} [bytes] memory limit of the history */
  constructor(surface, size, bytes = MAX_BYTES) {
    this.surface = surface;
    this.size = size;
    this.bytes = bytes;
  }

  get canUndo() {
    return this.#done.length > 0;
  }

  get canRedo() {
    return this.#undone.length > 0;
  }

  /** Begins a step; the tiles kept until its end are undone together. */
  begin() {
    this.#open = new Map();
  }

  /** @param {Area} area about to change */
  keep(area) {
    for (const tile of tiles(area, this.size)) {
      const key = `${tile.x} ${tile.y}`;
      if (this.#open && !this.#open.has(key)) {
        this.#open.set(key, { area: tile, cover: this.surface.read(tile) });
      }
    }
  }

  /** Ends the step. */
  end() {
    const pieces = [...(this.#open?.values() ?? [])];
    this.#open = null;
    if (!pieces.length) return;
    this.#done.push(pieces);
    this.#undone = [];
    let bytes = 0;
    const fits = (/** @type {Tile[]} */ step) => {
      bytes += step.reduce((sum, piece) => sum + piece.cover.length, 0);
      return bytes <= this.bytes;
    };
    // The newest step can always be undone.
    const first = this.#done.findLastIndex((step, index) => !fits(step) && index < this.#done.length - 1);
    this.#done.splice(0, first + 1);
  }

  /** Discards the step in progress. @returns {Area | null} the restored area */
  forget() {
    const pieces = [...(this.#open?.values() ?? [])];
    this.#open = null;
    return this.#swap(pieces)?.area ?? null;
  }

  /** @returns {Area | null} the changed area */
  undo() {
    return this.#step(this.#done, this.#undone);
  }

  /** @returns {Area | null} */
  redo() {
    return this.#step(this.#undone, this.#done);
  }

  /** @param {Tile[][]} from @param {Tile[][]} to */
  #step(from, to) {
    const swapped = this.#swap(from.pop() ?? []);
    if (!swapped) return null;
    to.push(swapped.pieces);
    return swapped.area;
  }

  /** @param {Tile[]} pieces @returns {{ pieces: Tile[], area: Area } | null} */
  #swap(pieces) {
    if (!pieces.length) return null;
    /** @type {Area | null} */
    let area = null;
    const now = pieces.map((piece) => ({ area: piece.area, cover: this.surface.read(piece.area) }));
    for (const piece of pieces) {
      this.surface.write(piece.area, piece.cover);
      area = union(area, piece.area);
    }
    return area && { pieces: now, area };
  }
}
