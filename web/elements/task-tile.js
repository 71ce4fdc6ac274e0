/** The ground of a task's thumbnail, seen where there is no image: an icon, or the ending of a file. */
/** @import { Tile } from "../state/selectors/tile.js" */
import { icon } from "./icons.js";

/** @param {HTMLElement} element @param {Tile | null} tile */
export function drawTile(element, tile) {
  const key = tile ? tile.text || tile.icon : "";
  if (element.dataset.tile === key) return;
  element.dataset.tile = key;
  element.replaceChildren(...(tile ? [tile.text || icon(tile.icon)] : []));
}
