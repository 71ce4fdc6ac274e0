/** The keys of the gallery. */
/** @import { PageController } from "../../state/controller.js" */
/** @import { Action } from "../keys.js" */
import { focused } from "../../state/selectors/gallery.js";
import { bare, ctrl } from "../keys.js";
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
  { ...HERE, label: "Focus another image; Shift selects", keys: ["Arrow keys"] },
  {
    ...HERE,
    label: "Rate, or clear the rating",
    keys: ["1 – 5", "0"],
    matches: (event) => plain(event) && !event.shiftKey && RATING.test(event.key),
    perform: (controller, event) => void controller.perform("rate-images", { rating: Number(event.key) }),
  },
  { ...HERE, label: "Favourite", keys: ["F"], matches: bare("f"), perform: (controller) => void controller.perform("toggle-favourite", {}) },
  { ...HERE, label: "Reject, with a tag", keys: ["X"], matches: bare("x"), perform: (controller) => void controller.perform("reject-images", {}) },
  {
    ...HERE,
    label: "Open on the wall, with its settings",
    keys: ["Enter"],
    matches: (event) => plain(event) && !event.shiftKey && event.key === "Enter" && !onControl(event),
    perform: openFocused,
  },
  {
    ...HERE,
    label: "Use as an image input on the wall",
    keys: ["I"],
    matches: bare("i"),
    perform: (controller) => {
      const assets = sentIds(controller.store.state);
      if (assets.length) void controller.perform("use-as-input", { assets });
    },
  },
  {
    ...HERE,
    label: "Full screen; arrows go on",
    keys: ["Space"],
    matches: (event) => plain(event) && event.key === " " && !onControl(event),
    perform: (controller) => focused(controller.store.state.gallery) && void controller.perform("show", { name: "viewer" }),
  },
  { ...HERE, label: "Select all", keys: ["Ctrl", "A"], matches: ctrl("a"), perform: (controller) => void controller.perform("pick-all", {}) },
  { ...HERE, label: "Clear the selection", keys: ["Esc"], matches: (event) => event.key === "Escape", perform: escape },
  {
    ...HERE,
    label: "Move to the trash",
    keys: ["Delete"],
    matches: (event) => plain(event) && (event.key === "Delete" || event.key === "Backspace"),
    perform: (controller) => void controller.perform("trash-images", {}),
  },
  { ...HERE, label: "Undo the last change of images", keys: ["Ctrl", "Z"], matches: ctrl("z"), perform: (controller) => void controller.perform("undo-images", {}) },
  {
    ...HERE,
    label: "Search",
    keys: ["/"],
    matches: (event) => event.key === "/" && plain(event),
    perform: () => {
      const field = document.querySelector(".search-input");
      if (!(field instanceof HTMLInputElement)) return;
      field.focus();
      field.select();
    },
  },
];
