/** The gallery: searching, loading what is looked at, focus and selection. */
/** @import { Context } from "./context.js" */
/** @import { Gallery, ImageList } from "../types.js" */
import { NO_FILTER } from "../../document/image-filter.js";
import { Problem } from "../api.js";
import { CELL_KEY, writeSetting } from "../draft.js";
import { changedList, daysInOrder, missingPages, newList, placeOf, shifted, withItems } from "../image-list.js";
import { EVERYTHING, NO_SELECTION, selectOnly, selectRange, toggleImage } from "../image-selection.js";
import { Newest } from "../newest.js";

export const PAGE = 100; // images of a request
const MOST_SELECTED = 10_000; // by a range

/** Answers about the beginnings of lists, and the number of those on their way. */
const beginnings = { gallery: new Newest(), picker: new Newest() };
const opening = { gallery: 0, picker: 0 };

/** Pages on their way, by the generation of their list. @type {Set<string>} */
const loading = new Set();

/** @param {Context} context @param {Partial<Gallery>} change */
export function setGallery({ store }, change) {
  store.set({ gallery: { ...store.state.gallery, ...change } });
}

/** @param {Context} context @param {"gallery" | "picker"} name @returns {ImageList | null} */
function listNamed({ store }, name) {
  return name === "gallery" ? store.state.gallery.list : store.state.picker;
}

/** @param {Context} context @param {"gallery" | "picker"} name @param {ImageList} list */
function setList(context, name, list) {
  if (name === "gallery") setGallery(context, { list });
  else context.store.set({ picker: list });
}

/** Applies a change to the list that a request was made for, unless another one took its place. @param {Context} context @param {"gallery" | "picker"} name @param {ImageList} asked @param {(list: ImageList) => ImageList} change */
function answer(context, name, asked, change) {
  const list = listNamed(context, name);
  if (list?.generation === asked.generation) setList(context, name, change(list));
}

/**
 * Loads the beginning of a list and its days; a problem is shown in its place.
 * @param {Context} context
 * @param {"gallery" | "picker"} name
 * @returns {Promise<void>}
 */
export async function openList(context, name) {
  const { images } = context;
  const list = listNamed(context, name);
  if (!list) return;
  const start = performance.now();
  const byDate = list.sort === "newest" || list.sort === "oldest";
  opening[name] += 1;
  try {
    const loaded = await beginnings[name].of(() =>
      Promise.all([
        images.list(list.filter, list.sort, 0, PAGE),
        byDate ? images.days(list.filter).catch(() => ({ days: [] })) : { days: [] }, // the headings may be missing
      ]),
    );
    if (!loaded) return repeat(context, name, list, () => openList(context, name));
    const [page, days] = loaded;
    const milliseconds = Math.max(1, Math.round(performance.now() - start));
    answer(context, name, list, (current) =>
      withItems(changedList(current, { total: page.total ?? 0, days: daysInOrder(days.days, list.sort), problem: null, milliseconds }), 0, page.items),
    );
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    answer(context, name, list, (current) => changedList(current, { problem: { text: error.message, fix: error.fix } }));
  } finally {
    opening[name] -= 1;
  }
}

/** True while the gallery is opened: its answer may be older than an event. */
export const isOpening = () => opening.gallery > 0;

/** Drops the beginnings of the gallery that are on their way, which are loaded again: they may hold images that left. */
export const dropBeginnings = () => beginnings.gallery.drop();

/** Loads a list again whose answer was overtaken, unless another list took its place. @param {Context} context @param {"gallery" | "picker"} name @param {ImageList} asked @param {() => Promise<void>} load */
async function repeat(context, name, asked, load) {
  if (listNamed(context, name)?.generation === asked.generation) await load();
}

/** Loads facets and collections; without an answer the former ones stay. @param {Context} context */
export async function loadFacets(context) {
  const { store, images } = context;
  const { list } = store.state.gallery;
  const [facets, collections] = await Promise.all([
    images.facets(list.filter).catch(() => null),
    images.collections().catch(() => null),
  ]);
  const current = store.state.gallery;
  if (facets && current.list.filter === list.filter) setGallery(context, { facets });
  if (collections) setGallery(context, { collections: collections.items });
}

/**
 * Shows images that appeared at the top of the list; what is in view and in focus stays.
 * @param {Context} context
 * @returns {Promise<void>}
 */
export async function loadNewest(context) {
  const { store, images } = context;
  const { list } = store.state.gallery;
  if (list.total === null || list.sort !== "newest") return;
  const loaded = await beginnings.gallery.of(() => Promise.all([images.list(list.filter, list.sort, 0, PAGE), images.days(list.filter)]));
  if (!loaded) return repeat(context, "gallery", list, () => loadNewest(context));
  const [page, days] = loaded;
  const { gallery } = store.state;
  if (gallery.list.generation !== list.generation) return;
  const first = gallery.list.items.get(0)?.id;
  const place = page.items.findIndex(({ id }) => id === first);
  const count = place >= 0 ? place : Math.max(0, (page.total ?? 0) - (gallery.list.total ?? 0));
  const moved = count ? shifted(gallery.list, count) : gallery.list;
  const next = withItems(changedList(moved, { total: page.total ?? 0, days: days.days }), 0, page.items);
  const selection = { ...gallery.selection, anchor: gallery.selection.anchor + count };
  setGallery(context, { list: next, selection, focus: gallery.focus < 0 ? 0 : gallery.focus + count });
}

/** @param {Context} context @param {"gallery" | "picker"} name @param {number} from @param {number} to exclusive */
async function loadRange(context, name, from, to) {
  const list = listNamed(context, name);
  if (!list) return;
  const pages = missingPages(list, from, to, PAGE).filter((offset) => !loading.has(`${list.generation}.${offset}`));
  await Promise.all(
    pages.map(async (offset) => {
      const key = `${list.generation}.${offset}`;
      const { inserted } = list;
      loading.add(key);
      try {
        const page = await context.images.list(list.filter, list.sort, offset, PAGE);
        answer(context, name, list, (current) => withItems(current, offset + current.inserted - inserted, page.items));
      } finally {
        loading.delete(key);
      }
    }),
  );
}

/** @satisfies {Partial<import("./context.js").Effects>} */
export const galleryEffects = {
  "open-gallery": async (context) => {
    const { list } = context.store.state.gallery;
    if (list.total !== null && !list.problem) return;
    await Promise.all([openList(context, "gallery"), loadFacets(context)]);
  },

  "search-images": async (context, { filter, sort }) => {
    const { list } = context.store.state.gallery;
    const next = newList(filter ?? list.filter, sort ?? list.sort);
    setGallery(context, { list: next, focus: 0, selection: NO_SELECTION, duplicates: null });
    await Promise.all([openList(context, "gallery"), loadFacets(context)]);
  },

  "search-picker": async (context, { filter }) => {
    context.store.set({ picker: newList(filter ?? NO_FILTER, "newest") });
    await openList(context, "picker");
  },

  "load-images": (context, { list, from, to }) => loadRange(context, list, from, to),

  "pick-image": async (context, { index, toggle = false, range = false, touch = false }) => {
    const { store } = context;
    const before = store.state.gallery;
    if (range) {
      const [from, to] = [Math.min(before.selection.anchor, index), Math.max(before.selection.anchor, index) + 1];
      setGallery(context, { focus: index });
      await loadRange(context, "gallery", from, Math.min(to, from + MOST_SELECTED));
      const { list, selection } = store.state.gallery;
      if (list.generation !== before.list.generation) return;
      const ids = Array.from({ length: to - from }, (_, step) => list.items.get(from + step)?.id ?? "").filter(Boolean);
      setGallery(context, { selection: selectRange(selection, ids, toggle) });
      return;
    }
    const id = before.list.items.get(index)?.id ?? "";
    const adding = toggle || (touch && before.selection.explicit);
    const selection = adding && id ? toggleImage(before.selection, id, index) : selectOnly(id, index);
    const sheet = touch && !adding ? "detail" : before.sheet;
    setGallery(context, { focus: index, selection, sheet });
  },

  "pick-box": (context, { indices, keep }) => {
    const { list, selection } = context.store.state.gallery;
    const ids = indices.map((index) => list.items.get(index)?.id ?? "").filter(Boolean);
    setGallery(context, { selection: selectRange(selection, ids, keep) });
  },

  "pick-all": (context) => setGallery(context, { selection: EVERYTHING }),

  "pick-none": (context) => setGallery(context, { selection: NO_SELECTION }),

  "set-cell": (context, { cell }) => {
    writeSetting(CELL_KEY, String(cell));
    setGallery(context, { cell });
  },

  "show-sheet": (context, { sheet }) => setGallery(context, { sheet }),

  "find-image": async (context, { asset: id }) => {
    const { api, images, store } = context;
    const asset = await api.asset(id);
    store.set({ assets: { ...store.state.assets, [id]: asset } });
    setGallery(context, { list: newList(NO_FILTER, "newest"), focus: 0, selection: NO_SELECTION, duplicates: null });
    const { total: newer = 0 } = await images.list({ from: asset.created_at }, "newest", 0, 1);
    await Promise.all([openList(context, "gallery"), loadFacets(context)]);
    const around = Math.max(0, newer - 1);
    await loadRange(context, "gallery", around - PAGE, around + PAGE);
    const place = placeOf(store.state.gallery.list, id);
    setGallery(context, { focus: place < 0 ? around : place });
  },
};
