/** The states of a grid without images: nothing yet, no hit, an empty source, a problem. */
/** @import { Gallery, State } from "../../state/types.js" */
/** @import { MakeRequest } from "../../state/requests.js" */
import { isNarrowed, sourceOf, withoutTokens } from "../../document/image-filter.js";
import { h, say, show } from "../../elements/dom.js";
import { icon } from "../../elements/icons.js";

/** @import { IconName } from "../../elements/icons.js" */
/** @typedef {{ icon: IconName, title: string, text: string, actions: ("wall" | "import" | "clear" | "retry" | "all")[] }} EmptyState */

export class EmptyStates {
  #icon = h("div", { class: "empty-icon" });
  #title = h("h2", {});
  #text = h("p", {});
  #buttons;
  element = h("div", { class: "gallery-empty", hidden: true });
  #drawn = "";

  /** @param {MakeRequest} request @param {() => void} choose opens the dialog of files */
  constructor(request, choose) {
    /** @type {State | null} */
    this.state = null;
    this.#buttons = {
      wall: this.#button("Open the wall", "strong", () => request("open-place", { place: "wall" })),
      import: this.#button("Import images", "quiet", choose),
      clear: this.#button("Clear the filters", "strong", () => this.state && request("search-images", { filter: withoutTokens(this.state.gallery.list.filter) })),
      retry: this.#button("Try again", "strong", () => request("search-images", {})),
      all: this.#button("Show all images", "quiet", () => request("search-images", { filter: {} })),
    };
    this.element.append(h("div", { class: "wall-empty-card", role: "status" }, this.#icon, this.#title, this.#text, h("div", { class: "row" }, ...Object.values(this.#buttons))));
  }

  /** @param {State} state @returns {boolean} true while it is shown */
  draw(state) {
    this.state = state;
    const empty = emptyState(state.gallery);
    show(this.element, empty !== null);
    if (!empty) return false;
    if (this.#drawn !== empty.icon) {
      this.#drawn = empty.icon;
      this.#icon.replaceChildren(icon(empty.icon));
    }
    say(this.#title, empty.title);
    say(this.#text, empty.text);
    for (const [name, button] of Object.entries(this.#buttons)) show(button, empty.actions.some((action) => action === name));
    return true;
  }

  /** @param {string} label @param {string} look @param {() => void} act */
  #button(label, look, act) {
    return h("button", { type: "button", class: look, onclick: act }, label);
  }
}

/**
 * @param {Gallery} gallery
 * @returns {EmptyState | null} null where there are images, or where they are loading
 */
export function emptyState({ list }) {
  if (list.problem) return { icon: "warning", title: list.problem.text, text: list.problem.fix, actions: ["retry"] };
  if (list.total !== 0) return null;
  if (isNarrowed(list.filter)) return { icon: "search", title: "No image matches", text: "Remove a filter, or search for other words.", actions: ["clear"] };
  const { name } = sourceOf(list.filter);
  if (name === "favourite") return { icon: "heart", title: "No favourites yet", text: "Press F on an image, or the heart beside it.", actions: ["all"] };
  if (name === "deleted") return { icon: "trash", title: "The trash is empty", text: "Deleted images stay here for a week and can be restored.", actions: ["all"] };
  if (name === "collection") return { icon: "folder", title: "This collection is empty", text: "Select images and choose “Collect”, or drag them onto its name.", actions: ["all"] };
  return { icon: "gallery", title: "No images yet", text: "Generated images appear here with their settings. Imported images keep their metadata.", actions: ["wall", "import"] };
}
