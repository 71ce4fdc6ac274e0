/**
 * An image input: dropped, pasted, picked, photographed, or from the gallery. The value is the
 * asset's id.
 */
/** @import { Field, FieldContext, FieldView } from "./field.js" */
/** @import { Asset } from "../../state/types.js" */
import { sourceName, parametersOf } from "../../document/image-metadata.js";
import { entryNamed, portOfField, valueEntry } from "../../document/lookup.js";
import { assetUrl } from "../../state/selectors/input-preview.js";
import { h, say, show } from "../dom.js";
import { carriesImages, draggedImages } from "../dropped-files.js";
import { fieldRow } from "./field.js";
import { icon } from "../icons.js";

// Touch screens have no drag and drop.
const INVITATION = matchMedia("(hover: none)").matches ? "Tap to choose an image" : "Drop or paste an image";
const TYPES = "image/png,image/jpeg,image/webp,image/avif,image/gif,image/bmp";

/**
 * The first image that was dropped or pasted.
 * @param {DataTransfer | null} data
 * @returns {File | null}
 */
export function pictureIn(data) {
  return Array.from(data?.files ?? []).find((file) => file.type.startsWith("image/")) ?? null;
}

/**
 * The first workflow file that was dropped.
 * @param {DataTransfer | null} data
 * @returns {File | null}
 */
export function workflowIn(data) {
  return Array.from(data?.files ?? []).find((file) => file.name.toLowerCase().endsWith(".json")) ?? null;
}

/** @param {DragEvent} event */
export function carriesFiles(event) {
  return event.dataTransfer?.types.includes("Files") ?? false;
}

/**
 * @param {FieldContext} context
 * @param {Record<string, unknown>} attributes
 */
function fileInput(context, attributes) {
  const file = h("input", { type: "file", class: "unseen", ...attributes });
  file.addEventListener("change", () => {
    const picked = file.files?.[0];
    if (picked) context.upload(picked);
    file.value = "";
  });
  return file;
}

/** @param {FieldContext} context */
function dropZone(context) {
  const file = fileInput(context, { id: context.id, accept: TYPES });
  const picture = h("img", { class: "drop-picture", alt: "The selected image", hidden: true });
  const head = h("span", {}, INVITATION);
  const hint = h("span", { class: "drop-hint" }, icon("upload"), head, h("span", { class: "drop-more" }, "or click to choose a file"));
  const zone = h("label", { class: "drop" }, file, picture, hint);
  zone.addEventListener("dragover", (event) => {
    if (!carriesFiles(event) && !carriesImages(event.dataTransfer)) return;
    event.preventDefault();
    zone.classList.add("over");
  });
  zone.addEventListener("dragleave", () => zone.classList.remove("over"));
  zone.addEventListener("drop", (event) => {
    const dropped = pictureIn(event.dataTransfer);
    zone.classList.remove("over");
    const [asset] = draggedImages(event.dataTransfer);
    if (!dropped && !asset) return;
    event.preventDefault();
    event.stopPropagation();
    if (dropped) context.upload(dropped);
    else context.change(asset);
  });
  return { zone, picture, hint, head };
}

/** Other sources of an image: gallery, camera, painter. @param {FieldContext} context */
function otherSources(context) {
  const gallery = h("button", { type: "button", class: "quiet small" }, icon("gallery"), "Gallery");
  gallery.addEventListener("click", () =>
    context.request("show", { name: "image-picker", brick: context.brick, field: context.name }),
  );
  // Phones open the camera; other devices would show a second file dialog.
  const shot = fileInput(context, { accept: "image/*", capture: "environment" });
  const camera = h("label", { class: "quiet small camera" }, icon("camera"), "Camera", shot);
  const paint = paintButton(context);
  return { element: h("div", { class: "picture-sources" }, paint.element, gallery, camera), update: paint.update };
}

/** The button that adds the value brick of a mask. @param {FieldContext} context */
function paintButton(context) {
  const words = h("span", {});
  const element = h("button", { type: "button", class: "quiet small", hidden: true }, icon("brush"), words);
  /** @type {FieldView | null} */
  let view = null;
  element.addEventListener("click", () => {
    const painter = view && painterOf(view, context.name);
    if (!view || !painter) return;
    const { column, row, props } = view.brick;
    const image = painter.inputs.find((port) => port.type === "image")?.name ?? "";
    const initial = typeof props[image] === "string" ? { [image]: props[image] } : {};
    context.request("add-brick", { type: painter.name, props: initial, column, row, unwired: image in initial ? image : "" });
  });
  return {
    element,
    /** @param {FieldView} next */
    update(next) {
      view = next;
      const painter = painterOf(next, context.name);
      show(element, painter !== undefined);
      say(words, painter?.title ?? "");
    },
  };
}

/**
 * The value brick that produces the kind of a port, where that is not an image.
 * @param {FieldView} view
 * @param {string} name
 */
function painterOf({ state, brick }, name) {
  const type = portOfField(entryNamed(state.entries, brick.type), name)?.type ?? "image";
  if (type === "image") return undefined;
  return valueEntry(state.entries, (output) => output.type === type);
}

/** Facts on the image: size, file name, and the parameters in its metadata. @param {FieldContext} context */
function facts(context) {
  const line = h("p", { class: "note" });
  const words = h("span", {});
  const restore = h("button", { type: "button", class: "link", title: "Restore the parameters of this image" }, "Restore");
  const madeWith = h("p", { class: "made-with", hidden: true }, words, restore);
  /** @type {Asset | null} */
  let current = null;
  restore.addEventListener("click", () => {
    if (current) context.request("restore-asset", { asset: current.id });
  });
  return {
    element: h("div", { class: "picture-facts", hidden: true }, line, madeWith),
    /** @param {Asset | null} asset */
    draw(asset) {
      current = asset;
      const size = asset?.width ? `${asset.width} × ${asset.height}` : "";
      say(line, [size, asset?.name].filter(Boolean).join(" · "));
      const parameters = asset && parametersOf(asset.metadata);
      show(madeWith, Boolean(parameters));
      const prompt = String(parameters?.params.prompt ?? "");
      say(words, parameters ? `Made with ${sourceName(asset.metadata)}${prompt ? `: ${prompt}` : ""}` : "");
      words.title = prompt;
    },
  };
}

/** @param {FieldContext} context @returns {Field} */
export function imageField(context) {
  const { zone, picture, hint, head } = dropZone(context);
  const details = facts(context);
  const sources = otherSources(context);
  const clear = h("button", { type: "button", class: "link" }, "remove");
  clear.addEventListener("click", () => context.change(undefined));
  const outer = fieldRow(context, h("div", { class: "stacked" }, zone, details.element, sources.element), clear);
  picture.addEventListener("error", () => {
    show(picture, false);
    show(hint, true);
    outer.setProblem("This image was deleted. Choose another one.");
  });
  let drawn = "";
  /** @param {FieldView} view @param {string} asset */
  const drawFacts = ({ state }, asset) => {
    const stored = asset && !asset.startsWith("data:");
    const record = stored ? state.assets[asset] : null;
    if (stored && record === undefined) context.request("load-asset", { asset });
    show(details.element, Boolean(record));
    details.draw(record ?? null);
  };
  return {
    element: outer.element,
    update(view) {
      const asset = typeof view.value === "string" ? view.value : "";
      sources.update(view);
      const busy = view.state.uploading.includes(`${context.brick}.${context.name}`);
      show(clear, asset !== "");
      zone.classList.toggle("busy", busy);
      say(head, busy ? "Uploading…" : INVITATION);
      if (asset !== drawn) {
        drawn = asset;
        show(picture, asset !== "");
        show(hint, asset === "");
        if (asset) picture.src = assetUrl(asset);
        outer.setProblem("");
      }
      drawFacts(view, asset);
      if (view.problem) outer.setProblem(view.problem);
    },
  };
}
