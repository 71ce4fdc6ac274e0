/**
 * The context menu of the gallery: of the selection that holds the image, else of the image alone.
 * Its rows are the key bindings of the gallery that have an icon.
 *
 * @import { MenuItem } from "../../elements/menu.js"
 * @import { MakeRequest } from "../../state/requests.js"
 * @import { State } from "../../state/types.js"
 */
import { isSelecting, selectedCount } from "../../state/image-selection.js";
import { count } from "../../state/words.js";
import { firstKeys } from "../keys.js";
import { GALLERY_ACTIONS } from "./gallery-keys.js";

/**
 * @param {State} state
 * @param {MakeRequest} request
 * @returns {{ label: string, groups: MenuItem[][] }}
 */
export function galleryMenuOf(state, request) {
  const { selection, list } = state.gallery;
  const offered = GALLERY_ACTIONS.filter(({ icon, fits }) => icon && (fits?.(state) ?? true));
  const items = offered.map((action) => ({
    label: action.label,
    icon: action.icon,
    keys: firstKeys(action, state.keys),
    perform: () => {
      const [name, detail] = action.request ?? action.requestFor?.(state) ?? [];
      if (name && detail) request(name, detail);
    },
  }));
  return { label: isSelecting(selection) ? count(selectedCount(selection, list.total), "image") : "Image", groups: [items] };
}
