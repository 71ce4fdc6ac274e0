/** Datasets: upload, captions, repairs, versions. */
/** @import { Context } from "./context.js" */
/** @import { DatasetsState, OpenDataset } from "../datasets.js" */
import { DESCRIBE, freeName, freeTitle, uploadParts } from "../datasets.js";
import { Newest } from "../newest.js";
import { mergeTasks } from "../selectors/tasks.js";
import { targetsOf } from "../selectors/gallery.js";
import { count } from "../words.js";
import { openPlace } from "./page.js";

const PAGE = 100; // images of a request

/** @type {DatasetsState} */
const EMPTY = { items: [], open: null, upload: null, trash: null };

const [lists, details] = [new Newest(), new Newest()];

/** @param {Context} context @param {Partial<DatasetsState>} change */
function setDatasets({ store }, change) {
  store.set({ datasets: { ...(store.state.datasets ?? EMPTY), ...change } });
}

/** @param {Context} context @param {Partial<OpenDataset>} change */
function setOpen(context, change) {
  const open = context.store.state.datasets?.open;
  if (open) setDatasets(context, { open: { ...open, ...change } });
}

/** @param {string} id */
const path = (id) => `/datasets/${encodeURIComponent(id)}`;

/** @param {Context} context */
async function loadList(context) {
  const list = await lists.of(() => context.api.call("GET", "/datasets"));
  if (list) setDatasets(context, { items: list.items });
}

/** The versions of a dataset, with images and faults of the newest one. @param {Context} context @param {string} id */
async function read({ api }, id) {
  const versions = await api.call("GET", `${path(id)}/versions`);
  const version = versions.items[0]?.version ?? 1;
  const parts = [`images?limit=${PAGE}&version=${version}`, `faults?version=${version}`];
  return [versions, ...(await Promise.all(parts.map((part) => api.call("GET", `${path(id)}/${part}`))))];
}

/** Loads the newest version of a dataset. @param {Context} context @param {string} id */
async function load(context, id) {
  const answer = await details.of(() => read(context, id));
  if (!answer) return;
  const [versions, images, faults] = answer;
  const { open } = context.store.state.datasets ?? EMPTY;
  if (open?.id !== id) return; // another one was opened meanwhile
  const names = new Set(images.items.map((/** @type {{ name: string }} */ { name }) => name));
  setOpen(context, {
    images: images.items,
    next: images.next_cursor,
    faults: faults.items,
    versions: versions.items,
    selected: open.selected.filter((name) => names.has(name)),
  });
}

/** @param {Context} context @param {string} part @param {object} body */
async function post(context, part, body) {
  const open = context.store.state.datasets?.open;
  if (!open) return;
  await context.api.call("POST", `${path(open.id)}/${part}`, body);
  await Promise.all([loadList(context), load(context, open.id)]);
}

/** The newest version that the page shows. @param {Context} context */
function shownVersion({ store }) {
  return store.state.datasets?.open?.versions[0]?.version ?? null;
}

/** @satisfies {Partial<import("./context.js").Effects>} */
export const datasetEffects = {
  "open-datasets": async (context) => {
    await Promise.all([loadList(context), datasetEffects["open-dataset-trash"](context)]);
  },

  "open-dataset": async (context, { id }) => {
    setDatasets(context, { open: id ? { id, images: [], next: null, faults: [], versions: [], selected: [] } : null });
    if (id) await load(context, id);
  },

  "more-dataset-images": async (context) => {
    const open = context.store.state.datasets?.open;
    if (!open?.next) return;
    const version = shownVersion(context) ?? 1;
    const page = await context.api.call("GET", `${path(open.id)}/images?limit=${PAGE}&version=${version}&cursor=${encodeURIComponent(open.next)}`);
    if (context.store.state.datasets?.open?.images !== open.images) return; // loaded anew, or this page of it
    setOpen(context, { images: [...open.images, ...page.items], next: page.next_cursor });
  },

  "import-dataset": async (context, { files, id }) => {
    if (!files.length) return context.store.toast("calm", "There is no image among these files.", "Drop JPEG, PNG or WebP images, a folder or a zip.");
    const parts = uploadParts(files);
    const name = freeName(files, context.store.state.datasets?.items ?? []);
    let dataset = id ?? "";
    let added = 0;
    /** @type {{ name: string, detail: string }[]} */
    const refused = [];
    try {
      for (const [done, part] of parts.entries()) {
        setDatasets(context, { upload: { done, total: parts.length } });
        const form = new FormData();
        for (const placed of part) form.append("file", placed.file, placed.path);
        form.append(dataset ? "dataset" : "name", dataset || name);
        const answer = await context.api.call("POST", "/datasets/import", form);
        dataset = answer.dataset.id;
        added += answer.added;
        refused.push(...answer.refused);
      }
    } finally {
      setDatasets(context, { upload: null });
      await loadList(context);
    }
    await datasetEffects["open-dataset"](context, { id: dataset });
    const first = refused[0];
    context.store.toast(first ? "calm" : "good", `${count(added, "image")} added.`, first ? `${first.name} ${first.detail}` : "");
  },

  "select-dataset-images": (context, { names }) => setOpen(context, { selected: names }),

  "caption-image": (context, { name, caption }) => post(context, "captions", { captions: { [name]: caption }, version: shownVersion(context) }),

  "edit-captions": (context, edit) => {
    const selected = context.store.state.datasets?.open?.selected ?? [];
    return post(context, "edit", { ...edit, names: selected.length ? selected : null, version: shownVersion(context) });
  },

  "describe-dataset": async (context, { id, values }) => {
    const selected = context.store.state.datasets?.open?.selected ?? [];
    const given = Object.entries(values).filter(([, value]) => value !== undefined && value !== "");
    const { task_id: task } = await context.api.call("POST", `/${DESCRIBE}`, { ...Object.fromEntries(given), dataset: id, names: [...selected] });
    context.store.set({ tasks: mergeTasks(context.store.state, [await context.api.task(task)]) });
    context.live.queue.soon();
  },

  "remove-dataset-images": (context) => {
    const names = context.store.state.datasets?.open?.selected ?? [];
    return post(context, "remove", { names, version: shownVersion(context) });
  },

  "repair-dataset": (context) => post(context, "fix", {}),

  "restore-dataset": (context, { version }) => post(context, "restore", { version }),

  "make-dataset": async (context) => {
    const targets = targetsOf(context.store.state.gallery);
    if (!targets) return;
    await loadList(context);
    const name = freeTitle("From the gallery", context.store.state.datasets?.items ?? []);
    const { id } = await context.api.call("POST", "/datasets", { name });
    try {
      const { added, refused } = await context.api.call("POST", `${path(id)}/assets`, targets);
      const [first] = refused;
      context.store.toast("good", `${count(added, "image")} added to “${name}”.`, first ? `${first.name} ${first.detail}` : "Their prompts are the captions.");
    } catch (error) {
      await context.api.call("DELETE", path(id));
      await context.api.call("POST", `${path(id)}/purge`, {}); // an empty dataset is not kept
      throw error;
    }
    context.store.set({ training: { ...context.store.state.training, tab: "datasets" } });
    openPlace("training");
    await datasetEffects["open-dataset"](context, { id });
  },

  "rename-dataset": async (context, { id, name }) => {
    await context.api.call("PATCH", path(id), { name });
    await loadList(context);
  },

  "augment-dataset": async (context, { id, samples }) => {
    const { items } = context.store.state.datasets ?? EMPTY;
    const name = freeTitle(`${items.find((dataset) => dataset.id === id)?.name ?? "Dataset"}, augmented`, items);
    const { dataset, added } = await context.api.call("POST", `${path(id)}/augment`, { samples, name });
    await loadList(context);
    await datasetEffects["open-dataset"](context, { id: dataset.id });
    context.store.toast("good", `“${name}” has ${count(added, "image")} more.`, "The dataset it was made of is unchanged.");
  },

  "open-dataset-trash": async (context) => setDatasets(context, { trash: (await context.api.call("GET", "/datasets?deleted=true")).items }),

  "recover-dataset": async (context, { id }) => {
    await context.api.call("POST", `${path(id)}/recover`, {});
    await Promise.all([loadList(context), datasetEffects["open-dataset-trash"](context)]);
  },

  "purge-dataset": ({ store, api, ...rest }, { id }) => {
    const context = { store, api, ...rest };
    const dataset = store.state.datasets?.trash?.find((entry) => entry.id === id);
    const perform = async () => {
      await api.call("POST", `${path(id)}/purge`, {});
      await datasetEffects["open-dataset-trash"](context);
    };
    store.set({ overlay: { name: "confirm", question: { title: "Delete for good?", text: `“${dataset?.name}” and all of its versions are removed.`, verb: "Delete for good", perform } } });
  },

  "trash-dataset": async (context, { id }) => {
    await context.api.call("DELETE", path(id));
    setDatasets(context, { open: null });
    await Promise.all([loadList(context), datasetEffects["open-dataset-trash"](context)]);
    const recover = async () => {
      await context.api.call("POST", `${path(id)}/recover`, {});
      await Promise.all([loadList(context), datasetEffects["open-dataset-trash"](context)]);
    };
    context.store.toast("calm", "The dataset is in the trash.", "", { label: "Undo", perform: () => void recover() });
  },
};

/** @param {Context} context @param {{ type: string, data: any }} event */
export function applyDatasetEvent(context, { type, data }) {
  const { datasets, place } = context.store.state;
  const missed = type === "missed";
  if (!(missed || type === "dataset") || !datasets || place !== "training" || datasets.upload) return;
  void loadList(context).catch(() => undefined); // offline: the next event repeats it
  const newest = datasets.open?.versions[0]?.version ?? 0;
  const { open } = datasets;
  const changed = open?.id === data.id && data.version > newest && data.change !== "deleted";
  if (open && (missed || changed)) void load(context, open.id).catch(() => undefined);
}
