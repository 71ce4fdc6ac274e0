/** The keys of the gallery. */
/** @import { State } from "../../state/types.js" */
/** @import { Action } from "../keys.js" */
/** @import { AnyRequest } from "../places.js" */
import { isSelecting } from "../../state/image-selection.js";
import { focused, inTrash, sentIds } from "../../state/selectors/gallery.js";

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

/** @param {State} state */
const listed = ({ gallery }) => !inTrash(gallery);
/** @param {State} state */
const alone = (state) => listed(state) && !isSelecting(state.gallery.selection);

/** Closes the sheet of a small screen, else clears the selection. @param {State} state @returns {AnyRequest} */
function escape({ gallery }) {
  return gallery.sheet ? ["show-sheet", { sheet: "" }] : ["pick-none", {}];
}

/** @param {State} state @returns {AnyRequest | null} */
function openFocused({ gallery }) {
  const asset = focused(gallery);
  return asset && !inTrash(gallery) ? ["open-on-wall", { asset: asset.id }] : null;
}

/** @param {State} state @returns {AnyRequest | null} */
function replayFocused({ gallery }) {
  const asset = focused(gallery);
  return asset ? ["replay-image", { asset: asset.id }] : null;
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
  {
    ...HERE,
    id: "open-image",
    label: "Open on the wall",
    icon: "restore",
    fits: alone,
    keys: ["Enter"],
    guard: (event) => !onControl(event),
    requestFor: openFocused,
  },
  {
    ...HERE,
    id: "use-image",
    label: "Use as image input",
    icon: "input",
    fits: (state) => listed(state) && sentIds(state).length > 0,
    keys: ["I"],
    requestFor: (state) => (sentIds(state).length ? ["use-as-input", { assets: sentIds(state) }] : null),
  },
  {
    ...HERE,
    id: "full-screen",
    label: "Full screen",
    icon: "expand",
    keys: ["Space"],
    guard: (event) => !onControl(event),
    requestFor: ({ gallery }) => (focused(gallery) ? ["show", { name: "viewer" }] : null),
  },
  { ...HERE, id: "replay-focused", label: "Replay", icon: "retry", fits: alone, keys: [], requestFor: replayFocused },
  { ...HERE, id: "copy-settings", label: "Copy settings", icon: "copy", fits: alone, keys: [], request: ["copy-settings", {}] },
  { ...HERE, id: "download-images", label: "Download as zip", icon: "download", fits: listed, keys: [], request: ["download-images", {}] },
  {
    ...HERE,
    id: "select-image",
    label: "Select or deselect",
    icon: "check",
    keys: ["Ctrl+Space"],
    requestFor: ({ gallery }) => (focused(gallery) ? ["pick-image", { index: gallery.focus, toggle: true }] : null),
  },
  { ...HERE, id: "make-dataset", label: "Make a dataset", icon: "camera", fits: listed, keys: ["D"], request: ["make-dataset", {}] },
  { ...HERE, id: "favourite", label: "Favourite", icon: "heart", fits: listed, keys: ["F"], request: ["toggle-favourite", {}] },
  { ...HERE, id: "reject", label: "Reject", icon: "close", fits: listed, keys: ["X"], request: ["reject-images", {}] },
  { ...HERE, id: "select-images", label: "Select all", keys: ["Ctrl+A"], request: ["pick-all", {}] },
  { ...HERE, id: "deselect-images", label: "Clear the selection", keys: ["Esc"], requestFor: escape },
  {
    ...HERE,
    id: "trash-images",
    label: "Delete",
    icon: "trash",
    keys: ["Delete", "Backspace"],
    request: ["trash-images", {}],
  },
  { ...HERE, id: "restore-images", label: "Restore from the trash", icon: "undo", fits: ({ gallery }) => inTrash(gallery), keys: [], request: ["restore-images", {}] },
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
