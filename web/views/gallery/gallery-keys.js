/** The keys of the gallery. */
/** @import { PageController } from "../../state/controller.js" */
/** @import { Action } from "../keys.js" */
import { focused } from "../../state/selectors/gallery.js";
import { sentIds } from "./menus.js";

const PRESSED = "button, a[href], summary, select, [role=option][tabindex]";
const RATING = /^[0-5]$/;

/** Reports whether the focused control takes Enter and Space itself. @param {KeyboardEvent} event */
function onControl({ target }) {
  return target instanceof Element && target.closest(PRESSED) !== null;
}

/** @param {KeyboardEvent} event */
function plain(event) {
  return !event.ctrlKey && !event.metaKey && !event.altKey;
}

/** @param {PageController} controller */
function openFocused(controller) {
  const asset = focused(controller.store.state.gallery);
  if (asset) void controller.perform("open-on-wall", { asset: asset.id });
}

/** Closes the sheet of a small screen, else clears the selection. @param {PageController} controller */
function escape(controller) {
  if (controller.store.state.gallery.sheet) void controller.perform("show-sheet", { sheet: "" });
  else void controller.perform("pick-none", {});
}

/** @type {Pick<Action, "group" | "place">} */
const HERE = { group: "Gallery", place: "gallery" };

/** @type {Action[]} */
export const GALLERY_ACTIONS = [
  { ...HERE, id: "gallery-walk", label: "Focus another image; Shift selects", keys: ["Arrow keys"], fixed: true },
  {
    ...HERE,
    id: "rate",
    label: "Rate, or clear the rating",
    keys: ["1 – 5", "0"],
    fixed: true,
    matches: (event) => plain(event) && !event.shiftKey && RATING.test(event.key),
    perform: (controller, event) => void controller.perform("rate-images", { rating: Number(event.key) }),
  },
  { ...HERE, id: "favourite", label: "Favourite", keys: ["F"], request: ["toggle-favourite", {}] },
  { ...HERE, id: "reject", label: "Reject, with a tag", keys: ["X"], request: ["reject-images", {}] },
  {
    ...HERE,
    id: "open-image",
    label: "Open on the wall, with its settings",
    keys: ["Enter"],
    guard: (event) => !onControl(event),
    perform: openFocused,
  },
  {
    ...HERE,
    id: "use-image",
    label: "Use as an image input on the wall",
    keys: ["I"],
    perform: (controller) => {
      const assets = sentIds(controller.store.state);
      if (assets.length) void controller.perform("use-as-input", { assets });
    },
  },
  {
    ...HERE,
    id: "full-screen",
    label: "Full screen; arrows go on",
    keys: ["Space"],
    guard: (event) => !onControl(event),
    perform: (controller) => focused(controller.store.state.gallery) && void controller.perform("show", { name: "viewer" }),
  },
  { ...HERE, id: "select-images", label: "Select all", keys: ["Ctrl+A"], request: ["pick-all", {}] },
  { ...HERE, id: "deselect-images", label: "Clear the selection", keys: ["Esc"], perform: escape },
  {
    ...HERE,
    id: "trash-images",
    label: "Move to the trash",
    keys: ["Delete", "Backspace"],
    request: ["trash-images", {}],
  },
  { ...HERE, id: "undo-images", label: "Undo the last change of images", keys: ["Ctrl+Z"], request: ["undo-images", {}] },
  {
    ...HERE,
    id: "search-images",
    label: "Search",
    keys: ["/"],
    perform: () => {
      const field = document.querySelector(".search-input");
      if (!(field instanceof HTMLInputElement)) return;
      field.focus();
      field.select();
    },
  },
];
