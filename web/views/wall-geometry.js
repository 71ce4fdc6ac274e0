/**
 * Positions of the wall's columns, bricks and ports, in its own CSS pixels whatever its zoom. Only
 * what changed is measured again: a brick that was drawn, or all positions after a change of layout.
 *
 * @import { BrickElement } from "../bricks/brick.js"
 * @import { Column, End } from "../elements/routing.js"
 *
 * @typedef {{ x: number, y: number, width: number, height: number }} Place
 * @typedef {{ id: string, column: number, place: Place, ports: Map<string, number> }} PlacedBrick `ports`: heights by side and name
 */
import { placePorts } from "../bricks/ports.js";

const BORDER = 1; // of a brick, inside of which its ports are placed

export class WallGeometry {
  scale = 1;
  /** @type {Map<string, PlacedBrick>} by id */
  bricks = new Map();
  /** @type {Column[]} */
  columns = [];
  /** @type {Set<BrickElement>} */
  #drawn = new Set();
  #moved = true;

  /** @param {HTMLElement} holder the element around the columns */
  constructor(holder) {
    this.holder = holder;
  }

  /** Marks a brick whose ports may have moved. @param {BrickElement} brick */
  touch(brick) {
    this.#drawn.add(brick);
  }

  /** Marks a change of sizes or places. */
  move() {
    this.#moved = true;
  }

  /** Measures what changed since the last call. */
  update() {
    if (this.#moved) this.#measureAll();
    for (const brick of this.#drawn) {
      const placed = this.bricks.get(brick.brickId);
      if (placed) placed.ports = placePorts(brick, this.scale);
    }
    this.#moved = false;
    this.#drawn.clear();
  }

  /**
   * @param {string} id
   * @param {"in" | "out"} side
   * @param {string} port
   * @returns {End | null}
   */
  end(id, side, port) {
    const brick = this.bricks.get(id);
    const height = brick?.ports.get(`${side} ${port}`);
    if (!brick || height === undefined) return null;
    const { x, y, width } = brick.place;
    return { column: brick.column, x: side === "in" ? x + BORDER : x + width - BORDER, y: y + BORDER + height };
  }

  #measureAll() {
    const before = this.bricks;
    const { offsetLeft: left, offsetTop: top } = this.holder;
    this.bricks = new Map();
    this.columns = Array.from(this.holder.querySelectorAll(":scope > .column"), (column, index) => {
      const element = /** @type {HTMLElement} */ (column);
      const bricks = Array.from(/** @type {Iterable<BrickElement>} */ (column.querySelectorAll(":scope > .stack > .brick")));
      const boxes = bricks.map((brick) => {
        const place = { x: left + brick.offsetLeft, y: top + brick.offsetTop, width: brick.offsetWidth, height: brick.offsetHeight };
        const placed = before.get(brick.brickId);
        if (placed?.place.height !== place.height) this.#drawn.add(brick);
        this.bricks.set(brick.brickId, { id: brick.brickId, column: index, place, ports: placed?.ports ?? new Map() });
        return { top: place.y, bottom: place.y + place.height };
      });
      return { left: left + element.offsetLeft, right: left + element.offsetLeft + element.offsetWidth, boxes };
    });
  }
}
