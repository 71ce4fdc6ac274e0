/**
 * The actions on an image of a result as data: the context menu of the wall and the large view read
 * them.
 *
 * @import { IconName } from "../elements/icons.js"
 * @import { Picture, State } from "../state/types.js"
 * @import { AnyRequest } from "./places.js"
 *
 * @typedef {object} ImageAction
 * @property {string} id
 * @property {string} label
 * @property {IconName} icon
 * @property {string} [title]
 * @property {(state: State, picture: Picture) => boolean} [fits]
 * @property {(state: State, picture: Picture) => AnyRequest} request
 */
import { editorEntry, viewOf } from "../state/selectors/editing.js";

/** @type {ImageAction[]} */
export const IMAGE_ACTIONS = [
  {
    id: "restore-image",
    label: "Restore parameters",
    icon: "restore",
    title: "Open the workflow of its settings, with its seed",
    fits: (_state, { output }) => Boolean(output.asset_id),
    request: (_state, { output }) => ["restore-asset", { asset: output.asset_id }],
  },
  {
    id: "replay-image",
    label: "Replay",
    icon: "retry",
    title: "Run it again from its snapshot, and compare",
    fits: (_state, { output }) => Boolean(output.asset_id),
    request: (_state, { output }) => ["replay-image", { asset: output.asset_id }],
  },
  {
    id: "edit-image",
    label: "Edit",
    icon: "edit",
    fits: (state, { output }) => output.kind === "image" && Boolean(editorEntry(state)),
    request: (state, { output, task }) => ["edit-image", { asset: output.asset_id, shownIn: viewOf(state, task.id) }],
  },
  {
    id: "copy-image",
    label: "Copy",
    icon: "copy",
    fits: () => "write" in (globalThis.navigator?.clipboard ?? {}),
    request: (_state, { output }) => ["copy-image", { url: output.url }],
  },
];

/** @param {string} id @returns {ImageAction} */
export function imageAction(id) {
  const action = IMAGE_ACTIONS.find((other) => other.id === id);
  if (!action) throw new Error(`No action on images is called ${id}.`);
  return action;
}
