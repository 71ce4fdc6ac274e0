/** A picture of the user's: dropped, pasted or picked; the field holds its asset id. */
/** @import { Field, FieldContext } from "./field.js" */
import { address } from "../arriving.js";
import { h, show } from "../dom.js";
import { icon } from "../icons.js";
import { frame } from "./field.js";

const TYPES = "image/png,image/jpeg,image/webp";

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

/** @param {FieldContext} context */
function dropZone(context) {
  const file = h("input", { type: "file", id: context.id, class: "unseen", accept: TYPES });
  file.addEventListener("change", () => {
    const picked = file.files?.[0];
    if (picked) context.upload(picked);
    file.value = "";
  });
  const picture = h("img", { class: "drop-picture", alt: "The chosen picture", hidden: true });
  const hint = h(
    "span",
    { class: "drop-hint" },
    icon("upload"),
    h("span", {}, "Drop or paste a picture"),
    h("span", { class: "drop-more" }, "or click to pick one · PNG, JPEG, WebP"),
  );
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
  return { zone, picture, hint };
}

/** @param {FieldContext} context @returns {Field} */
export function imageField(context) {
  const { zone, picture, hint } = dropZone(context);
  const clear = h("button", { type: "button", class: "link" }, "remove");
  clear.addEventListener("click", () => context.change(undefined));
  const framed = frame(context, zone, clear);
  picture.addEventListener("error", () => {
    show(picture, false);
    show(hint, true);
    framed.complain("This picture is gone. Choose another one.");
  });
  let drawn = "";
  return {
    element: framed.element,
    update(view) {
      const asset = typeof view.value === "string" ? view.value : "";
      show(clear, asset !== "");
      if (asset !== drawn) {
        drawn = asset;
        show(picture, asset !== "");
        show(hint, asset === "");
        if (asset) picture.src = address(asset);
        framed.complain("");
      }
      if (view.problem) framed.complain(view.problem);
    },
  };
}
