/** Images: uploads, reuse as inputs, and masks. */
/** @import { Context } from "./context.js" */
import { entryNamed, portOfField, valueEntry } from "../../document/lookup.js";
import { maskProps } from "../../document/mask-layers.js";
import * as doc from "../../document/workflow.js";
import { Problem } from "../api.js";
import { openImported } from "./library.js";
import { placeBrick } from "./wall.js";
import { randomSeeds } from "../selectors/blocked.js";

/** Ids of assets being loaded. @type {Set<string>} */
const loading = new Set();

/**
 * @param {Context} context
 * @param {string} asset
 * @param {{ brick?: string, name?: string, added?: boolean }} [target] a brick and the parameter that takes the image; without a brick the first image brick, or a new one; `added`: always a new one
 */
export async function useAsset(context, asset, { brick, name = "image", added = false } = {}) {
  const { store } = context;
  const { entries, workflow } = store.state;
  const type = valueEntry(entries, (output) => output.type === "image")?.name;
  const first = added ? undefined : workflow.bricks.find((other) => other.type === type)?.id;
  const target = brick ?? first;
  if (target) {
    store.commit("Set image", doc.setProps(workflow, target, { [name]: asset }));
    return;
  }
  if (!type) return;
  const id = doc.freshId(type);
  await placeBrick(context, { id, type, props: { image: asset } }, "Add image");
}

/**
 * The brick that holds a parameter of another one: the value brick connected to its port, else the
 * brick itself; null where another operation produces the value.
 * @param {Context} context
 * @param {string} brick
 * @param {string} name
 */
export function parameterOwner({ store }, brick, name) {
  const { entries, workflow } = store.state;
  const type = doc.find(workflow, brick)?.type;
  const entry = entryNamed(entries, type);
  const port = portOfField(entry, name);
  const wire = port && doc.feeding(workflow, `${brick}.${port.name}`)[0];
  if (!wire) return { brick, name };
  const from = doc.find(workflow, doc.owner(wire.from));
  const source = entryNamed(entries, from?.type);
  const target = port.fields.length > 1 ? name : doc.portName(wire.from);
  const editable = source?.kind === "value" && target in source.schema.properties;
  return editable && from ? { brick: from.id, name: target } : null;
}

/** An image as PNG, the format of the clipboard. @param {string} url */
async function clipboardItem(url) {
  const image = new Image();
  image.src = url;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = image.naturalWidth;
  canvas.height = image.naturalHeight;
  canvas.getContext("2d")?.drawImage(image, 0, 0);
  /** @type {Blob | null} */
  const blob = await new Promise((done) => {
    canvas.toBlob(done, "image/png");
  });
  return new ClipboardItem({ "image/png": blob ?? "" });
}

/** @satisfies {Partial<import("./context.js").Effects>} */
export const pictureEffects = {
  "load-asset": async ({ store, api }, { asset }) => {
    if (loading.has(asset)) return;
    loading.add(asset);
    try {
      const record = await api.asset(asset).catch((error) => {
        if (error instanceof Problem && error.status === 404) return null;
        throw error;
      });
      store.set({ assets: { ...store.state.assets, [asset]: record } });
    } finally {
      loading.delete(asset);
    }
  },

  "send-image": async (context, { asset, type, name, brick }) => {
    const { store } = context;
    const entry = entryNamed(store.state.entries, type);
    const port = portOfField(entry, name)?.name ?? "";
    const title = entry?.title ?? type;
    if (brick) {
      const holder = parameterOwner(context, brick, name);
      const wall = holder ? store.state.workflow : doc.disconnect(store.state.workflow, `${brick}.${port}`);
      const to = holder ?? { brick, name };
      store.commit("Send image", doc.setProps(wall, to.brick, { [to.name]: asset }));
    } else {
      const target = { id: doc.freshId(type), type, props: { [name]: asset } };
      await placeBrick(context, target, `Send to ${title}`, { unwired: port });
    }
    store.set({ overlay: { name: "" } });
    store.toast("good", `Sent the image to “${title}”.`);
  },

  "copy-image": async ({ store }, { url }) => {
    try {
      await navigator.clipboard.write([await clipboardItem(url)]);
      store.toast("good", "Copied the image.");
    } catch {
      store.toast("bad", "The browser denied access to the clipboard.", "Download the image instead.");
    }
  },

  "save-masks": async ({ store, api }, { brick, masks }) => {
    const saved = await Promise.all(
      masks.map(async ({ region, mask }) => ({ region, asset: mask ? (await api.upload(mask, "mask")).id : undefined })),
    );
    const asset = saved.some((entry) => entry.asset);
    const painted = doc.find(store.state.workflow, brick);
    let wall = doc.setProps(store.state.workflow, brick, painted ? maskProps(painted, saved) : {});
    // The next run must reproduce the image under the mask, so random seeds are fixed.
    const seeds = Object.entries(asset ? randomSeeds(store.state, brick) : {});
    for (const [source, seed] of seeds) wall = doc.setProps(wall, source, { seed });
    store.commit(asset ? "Paint mask" : "Remove mask", wall);
    store.set({ overlay: { name: "" } });
    if (seeds.length) store.toast("calm", "The seed is fixed so that the image under the mask stays the same.");
  },

  "save-drawing": async ({ store, api }, { brick, image, props = {} }) => {
    const asset = image && (await api.upload(image));
    store.commit(asset ? "Draw" : "Remove drawing", doc.setProps(store.state.workflow, brick, { ...props, image: asset?.id }));
    store.set({ overlay: { name: "" } });
  },

  "upload-file": async (context, { file, brick, name }) => {
    const { store, api } = context;
    const imported = brick ? null : await api.importFile(file).catch(() => null);
    if (imported?.workflow?.bricks?.length) {
      await openImported(context, imported, file);
      return;
    }
    const key = `${brick ?? ""}.${name ?? "image"}`;
    store.set({ uploading: [...store.state.uploading, key] });
    const asset = await api.upload(file).finally(() => {
      store.set({ uploading: store.state.uploading.filter((other) => other !== key) });
    });
    store.set({ assets: { ...store.state.assets, [asset.id]: asset } });
    await useAsset(context, asset.id, { brick, name });
    const warning = asset.warnings?.[0];
    if (warning) store.toast("calm", warning.detail);
  },
};
