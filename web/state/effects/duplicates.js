/** Duplicates in the gallery: groups of images that look alike, of which one is kept. */
/** @import { Context } from "./context.js" */
/** @import { Duplicates } from "../types.js" */
import { count } from "../words.js";
import { loadFacets, openList, setGallery } from "./gallery.js";
import { notify } from "./gallery-edits.js";

const PAGE = 50; // groups of a request

/** @param {Context} context @param {number} distance @param {string} cursor empty for the first page */
async function load(context, distance, cursor) {
  const before = context.store.state.gallery.duplicates;
  const former = cursor ? (before?.groups ?? []) : [];
  const page = await context.images.duplicates(distance, PAGE, cursor);
  const { duplicates } = context.store.state.gallery;
  if (duplicates?.distance !== distance) return; // closed, or another bound was chosen meanwhile
  if (cursor && duplicates !== before) return; // groups left it, or this page was added
  const groups = [...former, ...page.items];
  setGallery(context, { duplicates: { distance, groups, cursor: page.next_cursor ?? null, total: page.total ?? 0, analysing: page.analysing } });
}

/**
 * Moves the other images of groups to the trash.
 * @param {Context} context
 * @param {readonly { group: Duplicates["groups"][number], asset: string }[]} kept the image to keep of each group
 */
async function keep(context, kept) {
  const { duplicates } = context.store.state.gallery;
  if (!duplicates || !kept.length) return;
  const ids = kept.flatMap(({ group, asset }) => group.members.map((member) => member.asset.id).filter((id) => id !== asset));
  const done = new Set(kept.map(({ group }) => group));
  const groups = duplicates.groups.filter((group) => !done.has(group));
  const { changed } = await context.images.trash({ ids });
  setGallery(context, { duplicates: { ...duplicates, groups, total: (duplicates.total ?? 0) - done.size } });
  notify(context, `Moved ${count(changed, "duplicate")} to the trash.`, async () => {
    await context.images.restore({ ids });
    if (context.store.state.gallery.duplicates) await load(context, duplicates.distance, "");
    await Promise.all([openList(context, "gallery"), loadFacets(context)]);
  });
  await Promise.all([openList(context, "gallery"), loadFacets(context)]);
}

/** @satisfies {Partial<import("./context.js").Effects>} */
export const duplicateEffects = {
  "find-duplicates": async (context, { distance }) => {
    setGallery(context, { duplicates: { distance, groups: [], cursor: null, total: null, analysing: 0 } });
    await load(context, distance, "");
  },

  "more-duplicates": async (context) => {
    const { duplicates } = context.store.state.gallery;
    if (duplicates?.cursor) await load(context, duplicates.distance, duplicates.cursor);
  },

  "keep-duplicate": (context, { group, asset }) => keep(context, [{ group, asset }]),

  "keep-best": (context) => {
    const groups = context.store.state.gallery.duplicates?.groups ?? [];
    return keep(context, groups.map((group) => ({ group, asset: group.members[0]?.asset.id ?? "" })));
  },
};
