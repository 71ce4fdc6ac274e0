/**
 * A picture of the user's: dropped, pasted, picked, photographed, or one from before. The field
 * holds its asset id, and tells what is known of it.
 */
/** @import { Field, FieldContext, FieldView } from "./field.js" */
/** @import { Asset } from "../../state/types.js" */
import { sourceName, parametersOf } from "../../document/image-metadata.js";
import { entryNamed, portOfField, valueEntry } from "../../document/lookup.js";
import { assetUrl } from "../../state/selectors/input-preview.js";
import { h, say, show } from "../dom.js";
import { fieldRow } from "./field.js";
import { icon } from "../icons.js";

// Where nothing can be dropped, nothing is said of dropping.
const INVITATION = matchMedia("(hover: none)").matches ? "Tap to pick a picture" : "Drop or paste a picture";
const TYPES = "image/png,image/jpeg,image/webp,image/gif,image/bmp";

/**
 * The first picture in what was dropped or pasted.
 * @param {DataTransfer | null} data
 * @returns {File | null}
 */
export function pictureIn(data) {
  return Array.from(data?.files ?? []).find((file) => file.type.startsWith("image/")) ?? null;
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
  const picture = h("img", { class: "drop-picture", alt: "The chosen picture", hidden: true });
  const head = h("span", {}, INVITATION);
  const hint = h("span", { class: "drop-hint" }, icon("upload"), head, h("span", { class: "drop-more" }, "or click to pick a file"));
  const zone = h("label", { class: "drop" }, file, picture, hint);
  zone.addEventListener("dragover", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    zone.classList.add("over");
  });
  zone.addEventListener("dragleave", () => zone.classList.remove("over"));
  zone.addEventListener("drop", (event) => {
    const dropped = pictureIn(event.dataTransfer);
    zone.classList.remove("over");
    if (!dropped) return;
    event.preventDefault();
    event.stopPropagation();
    context.upload(dropped);
  });
  return { zone, picture, hint, head };
}

/** Where else a picture may come from. @param {FieldContext} context */
function otherSources(context) {
  const gallery = h("button", { type: "button", class: "quiet small" }, icon("gallery"), "Gallery");
  gallery.addEventListener("click", () =>
    context.request("show", { name: "gallery", brick: context.brick, field: context.name }),
  );
  // A phone opens its camera; elsewhere this would be a second way to pick a file.
  const shot = fileInput(context, { accept: "image/*", capture: "environment" });
  const camera = h("label", { class: "quiet small camera" }, icon("camera"), "Camera", shot);
  const paint = paintButton(context);
  return { element: h("div", { class: "picture-sources" }, paint.element, gallery, camera), update: paint.update };
}

/** The way to a brick that makes what no file holds, such as a mask. @param {FieldContext} context */
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
    const own = typeof props[image] === "string" ? { [image]: props[image] } : {};
    context.request("add-brick", { type: painter.name, props: own, column, row, unwired: image in own ? image : "" });
  });
  return {
    element,
    /** @param {FieldView} now */
    update(now) {
      view = now;
      const painter = painterOf(now, context.name);
      show(element, painter !== undefined);
      say(words, painter?.title ?? "");
    },
  };
}

/**
 * The value brick that makes what a port takes, where that is no plain picture.
 * @param {FieldView} view
 * @param {string} name
 */
function painterOf({ state, brick }, name) {
  const type = portOfField(entryNamed(state.entries, brick.type), name)?.type ?? "image";
  if (type === "image") return undefined;
  return valueEntry(state.entries, (output) => output.type === type);
}

/** What is known of the picture: its size, its name, and how it was made. @param {FieldContext} context */
function facts(context) {
  const line = h("p", { class: "note" });
  const words = h("span", {});
  const restore = h("button", { type: "button", class: "link", title: "Put what made this picture on the wall" }, "Restore");
  const made = h("p", { class: "made-with", hidden: true }, words, restore);
  /** @type {Asset | null} */
  let shown = null;
  restore.addEventListener("click", () => {
    const found = shown && parametersOf(shown.metadata);
    if (found) context.request("restore-parameters", { parameters: found });
  });
  return {
    element: h("div", { class: "picture-facts", hidden: true }, line, made),
    /** @param {Asset | null} asset */
    draw(asset) {
      shown = asset;
      const size = asset?.width ? `${asset.width} × ${asset.height}` : "";
      say(line, [size, asset?.name].filter(Boolean).join(" · "));
      const found = asset && parametersOf(asset.metadata);
      show(made, Boolean(found));
      const prompt = String(found?.params.prompt ?? "");
      say(words, found ? `Made with ${sourceName(asset.metadata)}${prompt ? `: ${prompt}` : ""}` : "");
      words.title = prompt;
    },
  };
}

/** @param {FieldContext} context @returns {Field} */
export function imageField(context) {
  const { zone, picture, hint, head } = dropZone(context);
  const known = facts(context);
  const sources = otherSources(context);
  const clear = h("button", { type: "button", class: "link" }, "remove");
  clear.addEventListener("click", () => context.change(undefined));
  const framed = fieldRow(context, h("div", { class: "stacked" }, zone, known.element, sources.element), clear);
  picture.addEventListener("error", () => {
    show(picture, false);
    show(hint, true);
    framed.complain("This picture is gone. Choose another one.");
  });
  let drawn = "";
  /** @param {FieldView} view @param {string} asset */
  const tell = ({ state }, asset) => {
    const told = asset && !asset.startsWith("data:");
    const found = told ? state.assets[asset] : null;
    if (told && found === undefined) context.request("load-asset", { asset });
    show(known.element, Boolean(found));
    known.draw(found ?? null);
  };
  return {
    element: framed.element,
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
        framed.complain("");
      }
      tell(view, asset);
      if (view.problem) framed.complain(view.problem);
    },
  };
}
