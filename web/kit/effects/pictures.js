/** Pictures going back onto the wall: uploads, reuse, and restoring what made one. */
/** @import { Studio } from "../studio.js" */
/** @import { Json, Picture } from "../types.js" */
import * as doc from "../workflow.js";
import { open } from "./library.js";
import { place, spot } from "./wall.js";

const INPUT = "image_input";

/**
 * @param {Studio} studio
 * @param {string} asset
 * @param {string} [brick] a chosen image brick, else the first one, else a new one
 * @param {string} [name] the parameter that takes it
 */
async function useAsset(studio, asset, brick, name = "image") {
  const { store } = studio;
  const { workflow } = store.state;
  const target = brick ?? workflow.bricks.find((other) => other.type === INPUT)?.id;
  if (target) {
    store.commit("Set picture", doc.setProps(workflow, target, { [name]: asset }));
    return;
  }
  const id = doc.freshId(INPUT);
  await place(studio, { id, type: INPUT, props: { image: asset }, ...spot(studio, INPUT) }, "Add picture");
}

/**
 * The brick that owns a parameter of another one: the value brick wired to the port that
 * feeds it, else the brick itself.
 * @param {Studio} studio
 * @param {string} brick
 * @param {string} name
 */
export function home({ store }, brick, name) {
  const { entries, workflow } = store.state;
  const type = doc.find(workflow, brick)?.type;
  const entry = entries.find((other) => other.name === type);
  const port = entry?.inputs.find((input) => input.fields.includes(name));
  const wire = port && doc.feeding(workflow, `${brick}.${port.name}`)[0];
  if (!wire) return { brick, name };
  const from = doc.find(workflow, doc.owner(wire.from));
  const source = entries.find((other) => other.name === from?.type);
  const target = port.fields.length > 1 ? name : doc.portName(wire.from);
  const known = source?.kind === "value" && target in source.schema.properties;
  return known && from ? { brick: from.id, name: target } : null;
}

/** @param {Studio} studio @param {Picture} picture */
function parameters({ store }, { task, output }) {
  const entry = store.state.entries.find((other) => other.name === task.operation);
  const known = Object.entries(task.params).filter(([name]) => name in (entry?.schema.properties ?? {}));
  /** @type {Record<string, Json>} */
  const values = Object.fromEntries(known);
  if (output.seed !== null && "seed" in values) values.seed = output.seed;
  if ("num_images" in values) values.num_images = 1;
  return values;
}

/** @satisfies {Partial<import("../studio.js").Effects>} */
export const pictureEffects = {
  restore: async (studio, { picture }) => {
    const { store } = studio;
    const values = parameters(studio, picture);
    const type = picture.task.operation;
    const wall = store.state.workflow;
    const brick =
      wall.bricks.find((other) => other.id === picture.task.brick_id && other.type === type) ??
      wall.bricks.find((other) => other.type === type);
    if (brick) {
      let next = wall;
      for (const [name, value] of Object.entries(values)) {
        const at = home(studio, brick.id, name);
        if (at) next = doc.setProps(next, at.brick, { [at.name]: value });
      }
      store.commit("Restore settings", next);
    } else {
      await place(studio, { id: doc.freshId(type), type, props: values, ...spot(studio, type) }, "Restore");
    }
    store.set({ overlay: { name: "" } });
    store.toast("good", "The settings of this picture are back on the wall.", "Run draws it again.");
  },

  "use-as-input": async (studio, { asset }) => {
    await useAsset(studio, asset);
    studio.store.set({ overlay: { name: "" } });
    studio.store.toast("good", "The picture is now an input on the wall.");
  },

  "keep-mask": async ({ store, api }, { brick, mask }) => {
    const asset = mask && (await api.upload(mask, "mask"));
    const props = { mask: asset ? asset.id : undefined };
    store.commit(asset ? "Paint mask" : "Remove mask", doc.setProps(store.state.workflow, brick, props));
    store.set({ overlay: { name: "" } });
  },

  "take-file": async (studio, { file, brick, name }) => {
    const { store, api } = studio;
    const carried = brick ? null : await api.importPicture(file).catch(() => null);
    if (carried?.workflow?.bricks?.length) {
      await open(studio, carried.workflow, null);
      return;
    }
    const asset = await api.upload(file);
    await useAsset(studio, asset.id, brick, name);
    const warning = asset.warnings?.[0];
    if (warning) store.toast("calm", warning.detail);
  },
};
