/**
 * The entry point: one controller serves everything below the document's body. Elements register
 * themselves when their files are imported.
 */
import { press } from "./views/key-bindings.js";
import { pictureIn } from "./elements/fields/image.js";
import { PageController } from "./state/controller.js";
import "./views/gallery.js";
import "./views/header.js";
import "./views/library.js";
import "./views/lightbox.js";
import "./views/mask-editor.js";
import "./views/notices.js";
import "./views/crop-frame.js";
import "./views/filter-sliders.js";
import "./views/frame-tools.js";
import "./views/palette.js";
import "./views/photo-editor.js";
import "./views/queue-monitor.js";
import "./views/result-chip.js";
import "./views/shortcuts.js";
import "./views/sign-in.js";
import "./views/status-line.js";
import "./views/wall.js";
import { custom, h } from "./elements/dom.js";

const controller = new PageController();
controller.serve(document.body);

document.body.replaceChildren(
  h("a", { class: "skip", href: "#wall" }, "Skip to the wall"),
  custom("qp-header"),
  h("main", { id: "wall", tabindex: -1 }, document.body.querySelector(".skeleton-wall"), custom("qp-wall")),
  custom("qp-queue-monitor"),
  custom("qp-status-line"),
  custom("qp-result-chip"),
  custom("qp-notices"),
  ...["qp-palette", "qp-library", "qp-lightbox", "qp-photo-editor", "qp-mask-editor", "qp-gallery", "qp-shortcuts", "qp-sign-in"].map(
    (tag) => custom(tag),
  ),
);

document.addEventListener("keydown", (event) => press(event, controller));
window.addEventListener("storage", () => controller.store.offerDraft());
document.addEventListener("paste", (event) => {
  const file = event.defaultPrevented ? null : pictureIn(event.clipboardData);
  if (!file) return;
  event.preventDefault();
  void controller.perform("upload-file", { file });
});

void controller.live.start();
