/** Events of images and collections, applied to the lists that are shown. */
/** @import { Context } from "./context.js" */
/** @import { Asset } from "../types.js" */
import { Problem } from "../api.js";
import { mapped, placeOf, without } from "../image-list.js";
import { deselected } from "../image-selection.js";
import { inTrash } from "../selectors/gallery.js";
import { dropBeginnings, isOpening, loadFacets, loadNewest, openList, setGallery } from "./gallery.js";

const DELAY = 400; // milliseconds in which events are gathered

/** @typedef {{ timer: number, newest: boolean, anew: boolean }} Due work that waits for more events */

/** @type {WeakMap<Context, Due>} */
const waiting = new WeakMap();

/** @param {Context} context @param {{ newest?: boolean, anew?: boolean }} work */
function schedule(context, { newest = false, anew = false }) {
  const due = waiting.get(context) ?? { timer: 0, newest: false, anew: false };
  clearTimeout(due.timer);
  const timer = setTimeout(() => void refresh(context), DELAY);
  waiting.set(context, { timer, newest: due.newest || newest, anew: due.anew || anew });
}

/** @param {Context} context */
async function refresh(context) {
  const due = waiting.get(context);
  waiting.delete(context);
  const { total, problem } = context.store.state.gallery.list;
  if (total === null && isOpening()) return schedule(context, due ?? {});
  if (total === null && !problem) return; // not opened yet
  try {
    if (due?.anew || problem) await openList(context, "gallery");
    else if (due?.newest) await loadNewest(context);
    await loadFacets(context);
  } catch (error) {
    if (!(error instanceof Problem)) throw error; // offline: the next connection loads it
  }
}

/** @param {Context} context @param {{ type: string, data: any }} event */
export function applyImageEvent(context, { type, data }) {
  if (type === "assets") schedule(context, { anew: true });
  if (type === "collection") schedule(context, {});
  if (type === "missed") schedule(context, { newest: true });
  if (type === "import" && context.store.state.gallery.importing?.id === data.id) setGallery(context, { importing: data });
  if (type === "asset") assetEvent(context, data);
}

/** @param {Context} context @param {{ change: string, asset: Asset }} data */
function assetEvent(context, { change, asset }) {
  const { gallery } = context.store.state;
  const leaves = change === "purged" || change === (inTrash(gallery) ? "restored" : "deleted");
  if (change === "changed" && placeOf(gallery.list, asset.id) >= 0) {
    setGallery(context, { list: mapped(gallery.list, (item) => (item.id === asset.id ? { ...item, ...asset } : item)) });
  } else if (leaves && placeOf(gallery.list, asset.id) >= 0) {
    const ids = new Set([asset.id]);
    setGallery(context, { list: without(gallery.list, ids), selection: deselected(gallery.selection, ids) });
  }
  if (leaves) dropBeginnings();
  schedule(context, { newest: change === (inTrash(gallery) ? "deleted" : "created") || change === "restored" });
}
