/** Changes of images in the gallery: ratings, tags, the trash, collections; each with an undo. */
/** @import { Context } from "./context.js" */
/** @import { Asset } from "../types.js" */
/** @import { ImageChanges, Targets } from "../image-api.js" */
/** @import { Store } from "../store.js" */
import { sourceFilter } from "../../document/image-filter.js";
import { mapped, without } from "../image-list.js";
import { deselected, NO_SELECTION } from "../image-selection.js";
import { REJECTED, collectionNamed, inTrash, isTarget, targetCount, targetsOf } from "../selectors/gallery.js";
import { count } from "../words.js";
import { dropBeginnings, loadFacets, loadNewest, openList, setGallery } from "./gallery.js";
import { attempt } from "./saved.js";

const MOST_IDS = 10_000; // of a request

/** The undo of the last change, by page. @type {WeakMap<Store, () => Promise<unknown>>} */
const undos = new WeakMap();

/** @param {Context} context @param {string} text @param {() => Promise<unknown>} undo */
export function notify(context, text, undo) {
  const { store } = context;
  undos.set(store, undo);
  const perform = () => void attempt(store, galleryEdits["undo-images"](context));
  store.toast("calm", text, "", { label: "Undo", perform });
}

/** Draws a change of images before the server has stored it. @param {Context} context @param {(asset: Asset) => Asset} change */
function draw(context, change) {
  const { store } = context;
  const { gallery, assets } = store.state;
  setGallery(context, { list: mapped(gallery.list, change) });
  const changed = Object.entries(assets).map(([id, asset]) => [id, asset && asset.kind ? change(asset) : asset]);
  store.set({ assets: Object.fromEntries(changed) });
}

/**
 * Changes images, and loads them anew where the server refuses.
 * @param {Context} context
 * @param {string | undefined} only the id of the one image that is changed
 * @param {ImageChanges} changes
 * @param {(asset: Asset) => Asset} change
 */
async function annotate(context, only, changes, change) {
  const { gallery } = context.store.state;
  const targets = targetsOf(gallery, only);
  if (!targets) return;
  const of = isTarget(gallery, only);
  draw(context, (asset) => (of(asset) ? change(asset) : asset));
  try {
    await context.images.annotate(targets, changes);
  } catch (error) {
    await openList(context, "gallery");
    throw error;
  }
  void loadFacets(context);
}

/** Removes images from the list that is shown. @param {Context} context @param {Targets} targets */
async function leave(context, targets) {
  const { gallery } = context.store.state;
  if ("filter" in targets) {
    await openList(context, "gallery");
    setGallery(context, { selection: NO_SELECTION, focus: 0 });
  } else {
    const ids = new Set(targets.ids);
    dropBeginnings();
    const list = without(gallery.list, ids);
    const focus = Math.min(gallery.focus, (list.total ?? 1) - 1);
    setGallery(context, { list, focus, selection: deselected(gallery.selection, ids) });
  }
  void loadFacets(context);
}

/** Loads the list anew, after images came back. @param {Context} context */
async function comeBack(context) {
  await loadNewest(context);
  if (context.store.state.gallery.list.sort !== "newest") await openList(context, "gallery");
  await loadFacets(context);
}

/** The ids of all images of a filter, at most those of one request. @param {Context} context @param {Targets} targets @returns {Promise<readonly string[]>} */
async function idsOf({ images }, targets) {
  if ("ids" in targets) return targets.ids;
  const ids = [];
  for (let offset = 0; offset < MOST_IDS; offset += 200) {
    const { items } = await images.list(targets.filter, "newest", offset, 200);
    ids.push(...items.map(({ id }) => id));
    if (items.length < 200) break;
  }
  return ids;
}

/** Former values of loaded images, as one request for each value. @param {Context} context @param {"rating" | "favourite"} name @param {string} [only] @returns {() => Promise<void>} */
function restorer(context, name, only) {
  const { gallery } = context.store.state;
  const of = isTarget(gallery, only);
  /** @type {Map<number | boolean, string[]>} */
  const former = new Map();
  for (const asset of gallery.list.items.values()) {
    if (of(asset)) former.set(asset[name], [...(former.get(asset[name]) ?? []), asset.id]);
  }
  return async () => {
    for (const [value, ids] of former) {
      const marked = new Set(ids);
      draw(context, (asset) => (marked.has(asset.id) ? { ...asset, [name]: value } : asset));
      await context.images.annotate({ ids }, { [name]: value });
    }
    void loadFacets(context);
  };
}

/** @satisfies {Partial<import("./context.js").Effects>} */
export const galleryEdits = {
  "rate-images": async (context, { rating, asset: only }) => {
    undos.set(context.store, restorer(context, "rating", only));
    await annotate(context, only, { rating }, (asset) => ({ ...asset, rating }));
  },

  "toggle-favourite": async (context, { asset: only }) => {
    const { gallery } = context.store.state;
    const of = isTarget(gallery, only);
    const favourite = [...gallery.list.items.values()].some((asset) => of(asset) && !asset.favourite);
    undos.set(context.store, restorer(context, "favourite", only));
    await annotate(context, only, { favourite }, (asset) => ({ ...asset, favourite }));
  },

  "tag-images": async (context, { add = [], remove = [], asset: only }) => {
    /** @param {Asset} asset */
    const change = (asset) => ({ ...asset, tags: [...new Set([...asset.tags, ...add])].filter((tag) => !remove.includes(tag)) });
    await annotate(context, only, { add_tags: add, remove_tags: remove }, change);
  },

  "reject-images": async (context) => {
    const { gallery } = context.store.state;
    const of = isTarget(gallery);
    const rejected = [...gallery.list.items.values()].every((asset) => !of(asset) || asset.tags.includes(REJECTED));
    await galleryEdits["tag-images"](context, rejected ? { remove: [REJECTED] } : { add: [REJECTED] });
  },

  "note-image": async (context, { asset: id, note }) => {
    draw(context, (asset) => (asset.id === id ? { ...asset, note } : asset));
    await context.images.annotate({ ids: [id] }, { note });
  },

  "trash-images": async (context, { asset: only }) => {
    const { gallery } = context.store.state;
    if (inTrash(gallery)) {
      galleryEdits["purge-images"](context, {});
      return;
    }
    const targets = targetsOf(gallery, only);
    if (!targets) return;
    const ids = await idsOf(context, targets); // a filter would not match them in the trash again
    const { changed } = await context.images.trash(targets);
    await leave(context, targets);
    notify(context, `Moved ${count(changed, "image")} to the trash.`, async () => {
      await context.images.restore({ ids });
      await comeBack(context);
    });
  },

  "restore-images": async (context) => {
    const targets = targetsOf(context.store.state.gallery);
    if (!targets) return;
    const { changed } = await context.images.restore(targets);
    await leave(context, targets);
    context.store.toast("good", `Restored ${count(changed, "image")}.`);
  },

  "purge-images": (context, { all = false }) => {
    const { gallery } = context.store.state;
    const targets = all ? { filter: sourceFilter("deleted") } : targetsOf(gallery);
    if (!targets) return;
    const images = all ? (gallery.facets?.trash ?? 0) : targetCount(gallery);
    context.store.set({ overlay: { name: "confirm", question: questionOf(context, targets, images) } });
  },

  "new-collection": async (context, { name, collect = false }) => {
    const collection = await context.images.createCollection(name);
    setGallery(context, { collections: [...context.store.state.gallery.collections, collection] });
    if (collect) await galleryEdits["collect-images"](context, { collection: collection.id });
    else context.store.toast("good", `Created the collection “${name}”.`);
  },

  "rename-collection": async (context, { collection, name }) => {
    await context.images.renameCollection(collection, name);
    await loadFacets(context);
  },

  "delete-collection": async (context, { collection }) => {
    const { store, images } = context;
    const { gallery } = store.state;
    const name = collectionNamed(gallery.collections, collection)?.name ?? "";
    const ids = await idsOf(context, { filter: sourceFilter("collection", collection) });
    await images.deleteCollection(collection);
    setGallery(context, { collections: gallery.collections.filter(({ id }) => id !== collection) });
    notify(context, `Deleted the collection “${name}”. Its images are kept.`, async () => {
      const again = await images.createCollection(name);
      if (ids.length) await images.collect(again.id, "add", { ids });
      await loadFacets(context);
    });
  },

  "collect-images": async (context, { collection, ids }) => {
    const { store, images } = context;
    const targets = ids ? { ids } : targetsOf(store.state.gallery);
    if (!targets) return;
    const { changed } = await images.collect(collection, "add", targets);
    const name = collectionNamed(store.state.gallery.collections, collection)?.name ?? "";
    notify(context, `Added ${count(changed, "image")} to “${name}”.`, async () => {
      await images.collect(collection, "remove", targets);
      await loadFacets(context);
    });
    await loadFacets(context);
  },

  "uncollect-images": async (context, { collection }) => {
    const targets = targetsOf(context.store.state.gallery);
    if (!targets) return;
    const { changed } = await context.images.collect(collection, "remove", targets);
    await leave(context, targets);
    notify(context, `Removed ${count(changed, "image")} from the collection.`, async () => {
      await context.images.collect(collection, "add", targets);
      await comeBack(context);
    });
  },

  /** @param {Context} context */
  "undo-images": async ({ store }) => {
    const undo = undos.get(store);
    undos.delete(store);
    if (undo) await undo();
    else store.toast("calm", "Nothing to undo in the gallery.");
  },
};

/** @param {Context} context @param {Targets} targets @param {number} images */
function questionOf(context, targets, images) {
  return {
    title: images === 1 ? "Delete this image for good?" : `Delete ${images.toLocaleString()} images for good?`,
    text: "Files and metadata are removed from the disk. This cannot be undone.",
    verb: "Delete for good",
    perform: async () => {
      const { changed } = await context.images.purge(targets);
      await leave(context, targets);
      context.store.toast("calm", `Deleted ${count(changed, "image")} for good.`);
    },
  };
}
