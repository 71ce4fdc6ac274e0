/** The gallery: the image in focus, the images that an action applies to, facets. */
/** @import { Asset, Collection, FacetValue, Gallery, State } from "../types.js" */
/** @import { Targets } from "../image-api.js" */
import { FACETS, sourceOf } from "../../document/image-filter.js";
import { entryNamed, withId } from "../../document/lookup.js";
import { isSelecting, selectedCount } from "../image-selection.js";
import { quantity } from "../words.js";

/** The tag of images that were rejected with a key, to be looked through before they are deleted. */
export const REJECTED = "rejected";

/** @param {Gallery} gallery @returns {Asset | undefined} */
export function focused({ list, focus }) {
  return list.items.get(focus);
}

/** @param {Gallery} gallery */
export function inTrash({ list }) {
  return sourceOf(list.filter).name === "deleted";
}

/**
 * The images that an action applies to: the selection, else the image in focus.
 * @param {Gallery} gallery
 * @param {string} [only] the id of the one image that it applies to
 * @returns {Targets | null} null for none
 */
export function targetsOf(gallery, only = "") {
  const { list, selection } = gallery;
  if (only) return { ids: [only] };
  if (selection.all) return { filter: list.filter };
  if (isSelecting(selection)) return { ids: [...selection.ids] };
  const asset = focused(gallery);
  return asset ? { ids: [asset.id] } : null;
}

/** @param {Gallery} gallery @returns {number} images of `targetsOf` */
export function targetCount(gallery) {
  if (isSelecting(gallery.selection)) return selectedCount(gallery.selection, gallery.list.total);
  return focused(gallery) ? 1 : 0;
}

/** @param {Gallery} gallery @param {string} [only] @returns {(asset: Asset) => boolean} a test for the images of `targetsOf` that are loaded */
export function isTarget(gallery, only = "") {
  const { selection } = gallery;
  if (only) return ({ id }) => id === only;
  if (selection.all) return () => true;
  if (isSelecting(selection)) return ({ id }) => selection.ids.has(id);
  const asset = focused(gallery);
  return ({ id }) => id === asset?.id;
}

/**
 * The facets that have values, most frequent first.
 * @param {Gallery} gallery
 * @returns {{ name: string, title: string, values: readonly FacetValue[] }[]}
 */
export function facetsOf({ facets }) {
  return FACETS.map(({ name, title }) => ({ name, title, values: facets?.facets[name] ?? [] })).filter(
    ({ name, values }) => values.some(({ value }) => value !== "" && !(name === "rating" && value === "0")),
  );
}

/** The name of the source that is shown. @param {Gallery} gallery */
export function sourceTitle({ list, collections }) {
  const { name, value } = sourceOf(list.filter);
  if (name === "favourite") return "Favourites";
  if (name === "deleted") return "Trash";
  if (name === "collection") return collectionNamed(collections, value)?.name ?? "Collection";
  return "All images";
}

/** @param {readonly Collection[]} collections @param {string} id */
export function collectionNamed(collections, id) {
  return collections.find((collection) => collection.id === id);
}

/** The title of the operation that made an image. @param {State} state @param {Pick<Asset, "operation">} asset */
export function operationTitle(state, { operation }) {
  if (operation === "upload") return "Uploaded";
  if (operation === "import") return "Imported";
  return entryNamed(state.entries, operation ?? "")?.title ?? operation ?? "";
}

/** The corner mark of a cell: a vector image, or an operation that changes images. @param {State} state @param {Asset} asset */
export function markOf(state, asset) {
  if (asset.kind === "svg") return "SVG";
  const entry = entryNamed(state.entries, asset.operation ?? "");
  const changes = entry?.kind === "operation" && entry.inputs.some(({ type, required }) => type === "image" && required);
  return changes ? entry.title : "";
}

/**
 * Parameters of an image in the order of its operation, without texts, images and unset ones.
 * @param {State} state
 * @param {Asset} asset with its whole metadata
 * @returns {{ label: string, value: string, parameter: string | null }[]}
 */
export function parameterRows(state, asset) {
  const snapshot = asset.metadata?.qpyt;
  const settings = asset.metadata?.generation?.settings ?? {};
  if (!snapshot?.params) return Object.entries(settings).map(([label, value]) => ({ label, value: String(value), parameter: null }));
  const entry = entryNamed(state.entries, snapshot.operation);
  const properties = entry?.schema.properties ?? {};
  const names = [...new Set([...Object.keys(properties), ...Object.keys(snapshot.params)])];
  const rows = names.flatMap((name) => {
    const text = valueText(state, name, snapshot.params[name]);
    const schema = properties[name];
    const hidden = UNLISTED.includes(name) || schema?.ui?.widget === "image";
    return text && !hidden ? [{ label: schema?.title ?? name, value: text, parameter: name }] : [];
  });
  return snapshot.step_cache ? [...rows, predictedRow(snapshot.step_cache)] : rows;
}

/** The steps that a step cache saved. @param {{ steps: number, predicted: number, error: number, drift?: number }} cache */
function predictedRow({ steps, predicted, error, drift }) {
  const pixels = drift === undefined ? "" : `, drift ${quantity((drift * 100).toFixed(1), "%")}`;
  return { label: "Predicted", value: `${predicted} of ${steps} steps, error ${quantity((error * 100).toFixed(1), "%")}${pixels}`, parameter: "step_cache" };
}

/** Parameters that the panel shows elsewhere. */
const UNLISTED = ["prompt", "negative_prompt", "seed", "num_images", "width", "height", "loras", "model", "lora_policy"];

/** @param {State} state @param {string} name @param {unknown} value */
function valueText(state, name, value) {
  if (value === null || value === undefined || value === "" || value === false) return "";
  if (Array.isArray(value)) return value.map((item) => item?.name ?? item?.id ?? item).filter((item) => typeof item !== "object").join(", ");
  if (typeof value === "object") return "";
  if (name === "vae") return withId(state.models, String(value))?.label ?? String(value);
  if (typeof value === "number") return String(Number(value.toFixed(4)));
  return value === true ? "on" : String(value);
}

/** The ids that are sent: the selection, else the image in focus. @param {State} state */
export function sentIds({ gallery }) {
  if (isSelecting(gallery.selection)) return [...gallery.selection.ids];
  const asset = focused(gallery);
  return asset ? [asset.id] : [];
}
