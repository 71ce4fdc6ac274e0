/**
 * Bricks in the clipboard, as text in the workflow format: they go to other tabs, windows and
 * browsers. The events of the clipboard need no permission.
 *
 * @import { PageController } from "../state/controller.js"
 */
import { fragmentOf } from "../document/fragment.js";
import { bricksInWords, selection, targets } from "../state/effects/selection.js";
import { isTyping } from "./key-bindings.js";

/**
 * Writes the selected bricks, else the one in focus, into the clipboard; `cut` removes them.
 * @param {ClipboardEvent} event `copy` or `cut`
 * @param {PageController} controller
 */
export function copyBricks(event, controller) {
  const { state } = controller.store;
  if (event.defaultPrevented || isElsewhere(controller) || !getSelection()?.isCollapsed) return;
  const focused = /** @type {HTMLElement | null} */ (document.activeElement)?.closest?.(".brick")?.getAttribute("data-brick");
  const [first = focused] = selection(state);
  if (!first) return;
  const ids = targets(state, first);
  event.clipboardData?.setData("text/plain", JSON.stringify(fragmentOf(state.workflow, ids), null, 1));
  event.preventDefault();
  const words = bricksInWords(state, ids);
  if (event.type === "cut") void controller.perform("remove-brick", { brick: first });
  else controller.store.toast("calm", `Copied ${words}.`, "Ctrl+V pastes, also in another tab.");
}

/**
 * Inserts bricks of the clipboard, or imports a workflow.
 * @param {ClipboardEvent} event
 * @param {PageController} controller
 */
export function pasteBricks(event, controller) {
  const text = event.clipboardData?.getData("text/plain") ?? "";
  if (event.defaultPrevented || isElsewhere(controller) || !text.trim()) return;
  event.preventDefault();
  void controller.perform("paste-text", { text });
}

/** Reports whether the clipboard concerns a text field, a dialog or another place. @param {PageController} controller */
function isElsewhere({ store }) {
  const { overlay, place, locked } = store.state;
  return isTyping(document.activeElement) || overlay.name !== "" || locked || place !== "wall";
}
