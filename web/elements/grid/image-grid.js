/**
 * A virtual grid of images: cells of the visible rows only, whatever the length of the list. It
 * reports pointers and keys as picks and asks for the images that it shows; the list, the focus and
 * the selection are its owner's.
 *
 * @import { Asset } from "../../state/types.js"
 * @import { Group } from "./layout.js"
 *
 * @typedef {object} GridView
 * @property {readonly Group[]} groups
 * @property {(index: number) => Asset | undefined} item undefined until it is loaded
 * @property {(group: Group) => { title: string, note: string }} heading
 * @property {boolean} headed
 * @property {(asset: Asset) => boolean} selected
 * @property {(asset: Asset) => string} mark
 * @property {number} focus the place of the image in focus, -1 for none
 * @property {number} cell the least side of a cell, pixels
 * @property {number} inserted images that appeared at the top so far
 * @property {unknown} list another one begins at its top
 *
 * @typedef {{ toggle?: boolean, range?: boolean, touch?: boolean }} Pick
 *
 * @typedef {object} GridHost
 * @property {(from: number, to: number) => void} need images that are shown and not loaded; `to` is exclusive
 * @property {(index: number, pick: Pick) => void} pick
 * @property {(indices: number[], keep: boolean) => void} box
 * @property {() => void} [all]
 * @property {(index: number) => void} open
 * @property {(event: DragEvent, index: number) => void} [drag]
 * @property {(index: number, at: { x: number, y: number }) => void} [menu] at a point of the window, by the right button, the Menu key or a long press
 * @property {(grid: ImageGrid) => void} [scrolled]
 */
import { h, reconcile, say, show } from "../dom.js";
import { BoxSelect } from "./box-select.js";
import { ImageCell } from "./cell.js";
import { GridLayout, STEPS } from "./layout.js";

const OVERSCAN = 400; // pixels beyond the view that have cells
const HEAD = 38; // pixels of a heading
const PHONE_COLUMNS = 3;
const NEED_DELAY = 70; // milliseconds: places that fly by are not loaded
const LONG_PRESS = 450; // milliseconds
const LARGE = 280; // device pixels from which a thumbnail of 256 is too small

let grids = 0;

export class ImageGrid {
  #space = h("div", { class: "grid-space", role: "presentation" });
  #heads = h("div", { class: "grid-heads", role: "presentation" });
  #cells = h("div", { class: "grid-cells", role: "presentation" });
  element = h("div", { class: "grid", role: "listbox", tabindex: 0, "aria-multiselectable": "true" }, this.#space);
  #id = `grid-${(grids += 1)}`;
  /** @type {Map<number, ImageCell>} cells in the page by place */
  #shown = new Map();
  /** @type {ImageCell[]} */
  #spare = [];
  /** @type {GridView | null} */
  #view = null;
  layout = new GridLayout({ groups: [], width: 0, cell: 1, columns: 1, gap: 0, head: 0 });
  #frame = 0;
  #needTimer = 0;
  #pressTimer = 0;
  #pressed = false;
  #size = { width: 0, height: 0 };
  #padding = 0;

  /** @param {string} label @param {GridHost} host */
  constructor(label, host) {
    this.host = host;
    this.element.setAttribute("aria-label", label);
    this.#space.append(this.#heads, this.#cells);
    const box = new BoxSelect(this.element, this.#space, (frame, keep) => host.box(this.layout.within(frame), keep));
    this.element.addEventListener("scroll", () => this.#schedule(), { passive: true });
    this.element.addEventListener("keydown", (event) => this.#key(event));
    this.element.addEventListener("click", (event) => box.active || this.#click(event));
    this.element.addEventListener("dblclick", (event) => this.#over(event) >= 0 && host.open(this.#over(event)));
    this.element.addEventListener("dragstart", (event) => host.drag?.(event, this.#over(event)));
    this.element.addEventListener("pointerdown", (event) => this.#press(event));
    for (const end of ["pointerup", "pointercancel", "pointermove"]) this.element.addEventListener(end, () => clearTimeout(this.#pressTimer));
    this.element.addEventListener("contextmenu", (event) => this.#menu(event));
    new ResizeObserver(([entry]) => this.#resize(entry)).observe(this.element);
  }

  /** @param {GridView} view */
  draw(view) {
    const before = this.#view;
    this.#view = view;
    const inserted = before && before.list === view.list ? view.inserted - before.inserted : 0;
    if (before && before.list !== view.list) this.element.scrollTop = 0;
    const same = before?.groups === view.groups && before.cell === view.cell && before.headed === view.headed;
    if (!same) this.#arrange(inserted);
    this.#draw();
    const moved = before && before.list === view.list && view.focus !== before.focus + inserted;
    if (moved && view.focus >= 0) this.reveal(view.focus);
  }

  /** Scrolls as little as shows a place. @param {number} index */
  reveal(index) {
    const { y } = this.layout.position(index);
    const inset = this.#inset();
    const top = y + inset - 8;
    const bottom = y + inset + this.layout.side + 8;
    if (top < this.element.scrollTop) this.element.scrollTop = top - (this.layout.head ? HEAD : 0);
    else if (bottom > this.element.scrollTop + this.#size.height) this.element.scrollTop = bottom - this.#size.height;
  }

  /** Scrolls a group to the top. @param {number} group */
  revealGroup(group) {
    this.element.scrollTop = (this.layout.tops[group] ?? 0) + this.#inset();
  }

  /** The height that is scrolled away, in the coordinates of the layout. */
  get top() {
    return Math.max(0, this.element.scrollTop - this.#inset());
  }

  /** The padding above the space. */
  #inset() {
    return this.#padding;
  }

  /** @param {ResizeObserverEntry | undefined} entry */
  #resize(entry) {
    if (!entry) return;
    const { width, height } = entry.contentRect;
    const before = this.#size;
    this.#padding = this.#space.offsetTop;
    this.#size = { width, height: this.element.clientHeight || height };
    if (width === before.width && this.#size.height === before.height) return;
    if (width !== before.width) this.#arrange(0);
    this.#draw();
  }

  /** Computes the layout; the image at the top of the view stays where it is. @param {number} inserted images before it */
  #arrange(inserted) {
    const view = this.#view;
    if (!view) return;
    const { top } = this;
    const first = this.layout.between(top, top + 1).from;
    const offset = this.layout.position(first).y - top;
    const phone = innerWidth <= 860;
    this.layout = new GridLayout({
      groups: view.groups,
      width: this.#size.width,
      cell: phone ? 1e6 : view.cell,
      columns: phone ? PHONE_COLUMNS : 2,
      gap: phone ? 4 : 6,
      head: view.headed ? HEAD : 0,
    });
    this.#space.style.height = `${this.layout.height}px`;
    this.#space.style.setProperty("--side", `${this.layout.side}px`);
    if (top > 0) this.element.scrollTop += this.layout.position(first + inserted).y - offset - this.top;
  }

  #schedule() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#draw();
    });
  }

  #draw() {
    const view = this.#view;
    if (!view || !this.#size.width) return;
    const { top } = this;
    const { from, to, groups } = this.layout.between(top - OVERSCAN, top + this.#size.height + OVERSCAN);
    this.#drawCells(view, from, to);
    this.#drawHeads(view, view.headed ? groups : []);
    const active = this.#shown.get(view.focus)?.element.id;
    if (active) this.element.setAttribute("aria-activedescendant", active);
    else this.element.removeAttribute("aria-activedescendant");
    this.host.scrolled?.(this);
    this.#need(view, from, to);
  }

  /** @param {GridView} view @param {number} from @param {number} to */
  #drawCells(view, from, to) {
    for (const [index, cell] of this.#shown) {
      if (index >= from && index < to) continue;
      this.#shown.delete(index);
      this.#spare.push(cell);
    }
    const { total, side } = this.layout;
    const large = side * (devicePixelRatio || 1) > LARGE;
    for (let index = from; index < to; index += 1) {
      let cell = this.#shown.get(index);
      if (!cell) {
        cell = this.#spare.pop() ?? new ImageCell();
        this.#shown.set(index, cell);
        if (!cell.element.isConnected) this.#cells.append(cell.element);
      }
      cell.place(`${this.#id}-${index}`, index, total, this.layout.position(index));
      const asset = view.item(index);
      const selected = asset !== undefined && view.selected(asset);
      cell.draw(asset, { selected, focused: index === view.focus, mark: asset ? view.mark(asset) : "", large });
    }
    for (const cell of this.#spare) cell.element.remove();
    this.#spare.length = Math.min(this.#spare.length, 60);
  }

  /** @param {GridView} view @param {number[]} groups */
  #drawHeads(view, groups) {
    const visible = groups.flatMap((index) => view.groups[index] ?? []);
    reconcile(this.#heads, visible, ({ key }) => key, () => h("div", { class: "grid-head" }, h("strong", {}), h("span", { class: "note" })), (head, group) => {
      const { title, note } = view.heading(group);
      const [name, count] = head.children;
      if (name) say(name, title);
      if (count) say(count, note);
      head.style.transform = `translateY(${this.layout.tops[view.groups.indexOf(group)] ?? 0}px)`;
    });
    show(this.#heads, visible.length > 0);
  }

  /** Asks for missing images when the view rests on them. @param {GridView} view @param {number} from @param {number} to */
  #need(view, from, to) {
    clearTimeout(this.#needTimer);
    let missing = from;
    while (missing < to && view.item(missing)) missing += 1;
    if (missing < to) this.#needTimer = setTimeout(() => this.host.need(from, to), NEED_DELAY);
  }

  /** @param {Event} event @returns {number} the place of the cell under it, -1 for none */
  #over(event) {
    const cell = event.target instanceof Element ? event.target.closest(".cell") : null;
    return cell instanceof HTMLElement ? Number(cell.dataset.index) : -1;
  }

  /** @param {MouseEvent} event */
  #click(event) {
    const index = this.#over(event);
    if (this.#pressed || index < 0) return;
    const onCheck = event.target instanceof Element && event.target.closest(".cell-check") !== null;
    const touch = event instanceof PointerEvent && event.pointerType === "touch";
    this.host.pick(index, { toggle: onCheck || event.ctrlKey || event.metaKey, range: event.shiftKey, touch });
  }

  /** The menu of the cell under the pointer, or by keys of the one in focus. @param {MouseEvent} event */
  #menu(event) {
    const { menu } = this.host;
    const over = this.#over(event);
    const byKey = over < 0 && event.button !== 2;
    const index = byKey ? (this.#view?.focus ?? -1) : over;
    if (this.#pressed || (menu && index >= 0)) event.preventDefault();
    if (!menu || index < 0 || this.#pressed) return;
    const cell = this.#shown.get(index)?.element.getBoundingClientRect();
    menu(index, byKey && cell ? { x: cell.left + cell.width / 2, y: cell.top + cell.height / 2 } : { x: event.clientX, y: event.clientY });
  }

  /** Opens the menu, or selects, with a long press of a finger. @param {PointerEvent} event */
  #press(event) {
    this.#pressed = false;
    clearTimeout(this.#pressTimer);
    const index = this.#over(event);
    if (event.pointerType !== "touch" || index < 0) return;
    this.#pressTimer = setTimeout(() => {
      this.#pressed = true;
      if (this.host.menu) this.host.menu(index, { x: event.clientX, y: event.clientY });
      else this.host.pick(index, { toggle: true });
    }, LONG_PRESS);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const view = this.#view;
    if (!view || event.altKey) return;
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "a" && this.host.all) this.host.all();
    else if (STEPS.includes(event.key) && !event.ctrlKey && !event.metaKey) {
      this.host.pick(this.layout.step(view.focus, event.key, this.#size.height), { range: event.shiftKey });
    } else return;
    event.preventDefault();
  }
}
