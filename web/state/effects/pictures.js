/** Pictures going back onto the wall: uploads, reuse, and restoring what made one. */
/** @import { Context } from "./context.js" */
/** @import { Json } from "../../document/types.js" */
/** @import { Recipe } from "../../document/image-metadata.js" */
import { entryNamed, portOfField } from "../../document/lookup.js";
import * as doc from "../../document/workflow.js";
import { Problem } from "../api.js";
import { open } from "./library.js";
import { place, spot } from "./wall.js";
import { luckySeeds } from "../selectors/blocked.js";

const INPUT = "image_input";
/** Assets that were asked for and not answered yet. @type {Set<string>} */
const asking = new Set();

/**
 * @param {Context} context
 * @param {string} asset
 * @param {string} [brick] a chosen image brick, else the first one, else a new one
 * @param {string} [name] the parameter that takes it
 */
async function useAsset(context, asset, brick, name = "image") {
  const { store } = context;
  const { workflow } = store.state;
  const target = brick ?? workflow.bricks.find((other) => other.type === INPUT)?.id;
  if (target) {
    store.commit("Set picture", doc.setProps(workflow, target, { [name]: asset }));
    return;
  }
  const id = doc.freshId(INPUT);
  await place(context, { id, type: INPUT, props: { image: asset }, ...spot(context, INPUT) }, "Add picture");
}

/**
 * The brick that owns a parameter of another one: the value brick wired to the port that
 * feeds it, else the brick itself.
 * @param {Context} context
 * @param {string} brick
 * @param {string} name
 */
export function home({ store }, brick, name) {
  const { entries, workflow } = store.state;
  const type = doc.find(workflow, brick)?.type;
  const entry = entryNamed(entries, type);
  const port = portOfField(entry, name);
  const wire = port && doc.feeding(workflow, `${brick}.${port.name}`)[0];
  if (!wire) return { brick, name };
  const from = doc.find(workflow, doc.owner(wire.from));
  const source = entryNamed(entries, from?.type);
  const target = port.fields.length > 1 ? name : doc.portName(wire.from);
  const known = source?.kind === "value" && target in source.schema.properties;
  return known && from ? { brick: from.id, name: target } : null;
}

/** What the clipboard takes: pictures as PNG. @param {string} url */
async function clipping(url) {
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

/** @param {Context} context @param {Recipe} recipe */
function parameters({ store }, { operation, params, seed }) {
  const entry = entryNamed(store.state.entries, operation);
  const known = Object.entries(params).filter(([name]) => name in (entry?.schema.properties ?? {}));
  /** @type {Record<string, Json>} */
  const values = Object.fromEntries(known);
  if (seed !== null && "seed" in values) values.seed = seed;
  if ("num_images" in values) values.num_images = 1;
  return values;
}

/** @param {Context} context @param {Recipe} recipe */
async function restore(context, recipe) {
  const { store } = context;
  const values = parameters(context, recipe);
  const type = recipe.operation;
  const wall = store.state.workflow;
  const brick =
    wall.bricks.find((other) => other.id === recipe.brick && other.type === type) ??
    wall.bricks.find((other) => other.type === type);
  if (brick) {
    let next = wall;
    for (const [name, value] of Object.entries(values)) {
      const at = home(context, brick.id, name);
      if (at) next = doc.setProps(next, at.brick, { [at.name]: value });
    }
    store.commit("Restore settings", next);
  } else {
    await place(context, { id: doc.freshId(type), type, props: values, ...spot(context, type) }, "Restore");
  }
  store.set({ overlay: { name: "" } });
  store.toast("good", "The settings of this picture are back on the wall.", "Run draws it again.");
}

/** @satisfies {Partial<import("./context.js").Effects>} */
export const pictureEffects = {
  restore: (context, { picture: { task, output } }) =>
    restore(context, { operation: task.operation, params: task.params, seed: output.seed, brick: task.brick_id }),

  "restore-recipe": (context, { recipe }) => restore(context, recipe),

  "ask-asset": async ({ store, api }, { asset }) => {
    if (asking.has(asset)) return;
    asking.add(asset);
    try {
      const found = await api.asset(asset).catch((error) => {
        if (error instanceof Problem && error.status === 404) return null;
        throw error;
      });
      store.set({ assets: { ...store.state.assets, [asset]: found } });
    } finally {
      asking.delete(asset);
    }
  },

  "more-pictures": async ({ store, api }) => {
    const { gallery } = store.state;
    if (!gallery?.next) return;
    const { items, next_cursor: next = null, total = 0 } = await api.pictures(gallery.next);
    store.set({ gallery: { items: [...gallery.items, ...items], next, total } });
  },

  "send-picture": async (context, { asset, type, name, brick }) => {
    const { store } = context;
    const entry = entryNamed(store.state.entries, type);
    const port = portOfField(entry, name)?.name ?? "";
    const title = entry?.title ?? type;
    if (brick) {
      const at = home(context, brick, name);
      const wall = at ? store.state.workflow : doc.disconnect(store.state.workflow, `${brick}.${port}`);
      const to = at ?? { brick, name };
      store.commit("Send picture", doc.setProps(wall, to.brick, { [to.name]: asset }));
    } else {
      const made = { id: doc.freshId(type), type, props: { [name]: asset }, ...spot(context, type) };
      await place(context, made, `Send to ${title}`, port);
    }
    store.set({ overlay: { name: "" } });
    store.toast("good", `The picture is in “${title}” now.`);
  },

  "copy-picture": async ({ store }, { url }) => {
    try {
      await navigator.clipboard.write([await clipping(url)]);
      store.toast("good", "The picture is in the clipboard.");
    } catch {
      store.toast("bad", "The browser did not let the picture into the clipboard.", "Download it instead.");
    }
  },

  "keep-mask": async ({ store, api }, { brick, mask }) => {
    const asset = mask && (await api.upload(mask, "mask"));
    let wall = doc.setProps(store.state.workflow, brick, { mask: asset ? asset.id : undefined });
    // The picture under the mask must come again: a seed left to chance stays at what it was.
    const seeds = Object.entries(asset ? luckySeeds(store.state, brick) : {});
    for (const [maker, seed] of seeds) wall = doc.setProps(wall, maker, { seed });
    store.commit(asset ? "Paint mask" : "Remove mask", wall);
    store.set({ overlay: { name: "" } });
    if (seeds.length) store.toast("calm", "The seed is kept, so that the picture under the mask stays.");
  },

  "take-file": async (context, { file, brick, name }) => {
    const { store, api } = context;
    const carried = brick ? null : await api.importPicture(file).catch(() => null);
    if (carried?.workflow?.bricks?.length) {
      await open(context, carried.workflow, null);
      return;
    }
    const key = `${brick ?? ""}.${name ?? "image"}`;
    store.set({ uploading: [...store.state.uploading, key] });
    const asset = await api.upload(file).finally(() => {
      store.set({ uploading: store.state.uploading.filter((other) => other !== key) });
    });
    store.set({ assets: { ...store.state.assets, [asset.id]: asset } });
    await useAsset(context, asset.id, brick, name);
    const warning = asset.warnings?.[0];
    if (warning) store.toast("calm", warning.detail);
  },
};
