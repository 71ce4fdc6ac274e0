/**
 * The entry point: one controller serves everything below the document's body. Elements register
 * themselves when their files are imported.
 */
import { press } from "./views/key-bindings.js";
import { pictureIn } from "./elements/fields/image.js";
import { copyBricks, pasteBricks } from "./views/clipboard.js";
import { PageController } from "./state/controller.js";
import { formName } from "./views/form-page.js";
import { placeAt } from "./views/places.js";
import "./views/confirm.js";
import "./views/conflicts.js";
import "./views/gallery/gallery-head.js";
import "./views/gallery/gallery-view.js";
import "./views/gallery/viewer.js";
import "./views/header.js";
import "./views/history/comparison.js";
import "./views/history/history-view.js";
import "./views/image-picker.js";
import "./views/import-report.js";
import { KeyTitles } from "./views/key-hints.js";
import "./views/library.js";
import "./views/lightbox.js";
import "./views/mask-editor.js";
import "./views/pose-editor.js";
import "./views/matrix.js";
import "./views/notices.js";
import "./views/place-tabs.js";
import "./views/place-views.js";
import "./views/crop-frame.js";
import "./views/filter-sliders.js";
import "./views/frame-tools.js";
import "./views/palette.js";
import "./views/photo-editor.js";
import "./views/queue-chip.js";
import "./views/queue-monitor.js";
import "./views/result-chip.js";
import "./views/sets/sets-head.js";
import "./views/sets/sets-view.js";
import "./views/shortcuts.js";
import "./views/sign-in.js";
import "./views/status-line.js";
import "./views/sweep.js";
import "./views/system/log-view.js";
import "./views/system/settings-view.js";
import "./views/training/training-view.js";
import "./views/wall-head.js";
import "./views/wall.js";
import { custom, h } from "./elements/dom.js";

const controller = new PageController();
controller.serve(document.body);

const form = formName(location.hash);
const shared = ["qp-notices", "qp-lightbox", "qp-photo-editor", "qp-mask-editor", "qp-pose-editor", "qp-image-picker", "qp-comparison", "qp-confirm", "qp-sign-in"];
const places = () => {
  const main = h("main", { tabindex: -1 }, custom("qp-place-views"));
  const skip = h("button", { type: "button", class: "skip", onclick: () => main.focus() }, "Skip to the content");
  return [
    skip,
    custom("qp-header"),
    main,
    ...["qp-queue-monitor", "qp-status-line", "qp-result-chip", "qp-conflicts", "qp-palette", "qp-matrix", "qp-sweep", "qp-library", "qp-import-report", "qp-image-viewer", "qp-shortcuts"].map((tag) => custom(tag)),
  ];
};
const showPlace = () => {
  const place = placeAt(location.hash);
  if (place) void controller.perform("show-place", { place });
};
controller.store.keepsDrafts = form === null;
showPlace();
document.body.classList.toggle("form-mode", form !== null);
document.body.replaceChildren(
  ...(form === null ? places() : [custom("qp-form-page")]),
  ...shared.map((tag) => custom(tag)),
);

window.addEventListener("hashchange", () => {
  if (formName(location.hash) !== form) location.reload();
  else showPlace();
});
document.addEventListener("keydown", (event) => press(event, controller));
new KeyTitles(() => controller.store.state.keys).enable(document);
document.addEventListener("paste", (event) => {
  const file = event.defaultPrevented ? null : pictureIn(event.clipboardData);
  if (form !== null) return; // a form takes it in its fields
  if (!file) return pasteBricks(event, controller);
  event.preventDefault();
  void controller.perform("upload-file", { file });
});
if (form === null) for (const name of /** @type {const} */ (["copy", "cut"])) document.addEventListener(name, (event) => copyBricks(event, controller));

if (form !== null) void controller.perform("open-form", { name: form });
void controller.live.start();
