/** Exchange of the gallery with the wall, archives, the clipboard and files. */
/** @import { Context } from "./context.js" */
/** @import { Asset } from "../types.js" */
import { parametersOf } from "../../document/image-metadata.js";
import { focused, targetsOf } from "../selectors/gallery.js";
import { replayText } from "../selectors/task-log.js";
import { count } from "../words.js";
import { loadFacets, loadNewest, setGallery } from "./gallery.js";
import { openPlace } from "./page.js";
import { useAsset } from "./pictures.js";
import { restoreAsset } from "./task-log.js";

const FILES = 100; // of an import request
const BYTES = 200e6; // of an import request
const POLL = 600; // milliseconds
const MOST_INPUTS = 8;

/** @param {Context} context @param {string} id @returns {Promise<Asset>} with its whole metadata */
async function described({ store, api }, id) {
  const asset = await api.asset(id);
  store.set({ assets: { ...store.state.assets, [id]: asset } });
  return asset;
}

/**
 * Files in pieces of one request each.
 * @param {readonly File[]} files
 * @returns {File[][]}
 */
export function pieces(files) {
  /** @type {File[][]} */
  const all = [];
  let bytes = 0;
  for (const file of files) {
    const last = all.at(-1);
    if (!last || last.length >= FILES || bytes + file.size > BYTES) {
      all.push([file]);
      bytes = file.size;
    } else {
      last.push(file);
      bytes += file.size;
    }
  }
  return all;
}

function pause() {
  return new Promise((done) => {
    setTimeout(done, POLL);
  });
}

/** @param {Context} context @param {string} id @returns {Promise<import("../types.js").ImageImport>} */
async function imported(context, id) {
  for (;;) {
    const importing = await context.images.importState(id);
    setGallery(context, { importing });
    if (importing.state !== "running") return importing;
    await pause();
  }
}

/** Waits for a task. @param {Context} context @param {string} id @returns {Promise<boolean>} true for a completed one */
export async function completed({ api }, id) {
  for (;;) {
    const { status, finished_at: finished } = await api.task(id);
    if (finished) return status === "completed";
    await pause();
  }
}

/** @satisfies {Partial<import("./context.js").Effects>} */
export const galleryMoves = {
  "open-on-wall": async (context, { asset: id }) => {
    const { store } = context;
    const asset = await described(context, id);
    if (!parametersOf(asset.metadata)) {
      await galleryMoves["use-as-input"](context, { assets: [id] });
      store.toast("calm", "This image holds no settings, so it is the image input.");
      return;
    }
    await restoreAsset(context, id);
  },

  "use-as-input": async (context, { assets }) => {
    const [first = "", ...others] = assets.slice(0, MOST_INPUTS);
    await useAsset(context, first);
    for (const asset of others) await useAsset(context, asset, { added: true });
    openPlace("wall");
    const left = assets.length - MOST_INPUTS;
    if (left > 0) context.store.toast("calm", `Sent ${MOST_INPUTS} images; ${left} were left out.`);
  },

  "send-to-brick": async (context, { asset, brick, name }) => {
    await useAsset(context, asset, { brick, name });
    openPlace("wall");
  },

  "download-images": async (context, kept) => {
    const targets = targetsOf(context.store.state.gallery);
    if (!targets) return;
    const { url, images } = await context.images.archive(targets, kept);
    location.assign(url); // a download: the page stays
    context.store.toast("calm", `Downloading ${count(images, "image")} as a zip archive.`);
  },

  "copy-settings": async (context) => {
    const { store } = context;
    const asset = focused(store.state.gallery);
    if (!asset) return;
    const { metadata } = await described(context, asset.id);
    const text = String(metadata.parameters ?? asset.prompt ?? "");
    if (!text) {
      store.toast("calm", "This image holds no settings.");
      return;
    }
    try {
      await navigator.clipboard.writeText(text);
      store.toast("good", "Copied the settings.");
    } catch {
      store.toast("bad", "The browser denied access to the clipboard.");
    }
  },

  "import-images": async (context, { files, collection = "" }) => {
    const { store, images } = context;
    if (!files.length) return;
    let [added, duplicates] = [0, 0];
    /** @type {{ name: string, detail: string }[]} */
    const failed = [];
    setGallery(context, { importing: { id: "", state: "running", done: 0, total: files.length, added: 0, duplicates: 0, failed } });
    try {
      for (const piece of pieces(files)) {
        const { id } = await images.importFiles(piece, collection);
        const result = await imported(context, id);
        added += result.added;
        duplicates += result.duplicates;
        failed.push(...result.failed);
      }
    } finally {
      setGallery(context, { importing: null });
    }
    const known = duplicates ? ` ${count(duplicates, "duplicate")} left out.` : "";
    const [first] = failed;
    const bad = first ? `${count(failed.length, "file")} failed: ${first.name}: ${first.detail}` : "";
    store.toast(first ? "bad" : "good", `Imported ${count(added, "image")}.${known}`, bad);
    await Promise.all([loadNewest(context), loadFacets(context)]);
  },

  "verify-image": async (context, { asset: id }) => {
    const { sentences, contradicted } = await context.images.verify(id);
    const asset = await described(context, id);
    const { store } = context;
    store.set({ assets: { ...store.state.assets, [id]: { ...asset, verification: { sentences, contradicted } } } });
  },

  "replay-image": async (context, { asset: id }) => {
    const { store, images } = context;
    const { task_id: task } = await images.replay(id);
    store.toast("calm", "Replaying the image.", "The queue shows its progress.");
    if (!(await completed(context, task))) return;
    const { replay } = await described(context, id);
    if (replay) store.toast(replay.identical ? "good" : "warn", replayText(replay));
  },
};
