/** An image of a run in its slot: reserved, with a live preview, or finished. */
/** @import { State } from "../state/types.js" */
/** @import { Slot } from "../state/selectors/slots.js" */
import { previewUrl } from "../state/selectors/tasks.js";
import { h, say, show } from "../elements/dom.js";

/** @param {() => void} enlarge */
export function createSlot(enlarge) {
  const image = h("img", { alt: "", decoding: "async", hidden: true });
  const words = h("span", { class: "slot-words" });
  const button = h("button", { type: "button", class: "picture slot", title: "Enlarge" }, image, words);
  image.addEventListener("error", () => show(image, false));
  button.addEventListener("click", enlarge);
  return button;
}

/**
 * @param {HTMLButtonElement} button
 * @param {Slot} slot
 * @param {boolean} large the whole image rather than its thumbnail
 * @param {State} state
 */
export function drawSlot(button, slot, large, state) {
  const image = /** @type {HTMLImageElement} */ (button.firstElementChild);
  const preview = slot.live ? previewUrl(slot.task, image.dataset.source ?? "") : "";
  const source = (large ? slot.url : slot.thumbnail) || preview;
  if (source && image.dataset.source !== source) {
    image.dataset.source = source;
    image.src = source;
  }
  show(image, source !== "");
  image.style.setProperty("aspect-ratio", ratio(slot));
  image.alt = slot.url ? `Image ${slot.number}: ${String(slot.task.params.prompt ?? slot.task.title)}` : "";
  button.dataset.state = slot.url ? "finished" : slot.live ? "live" : "reserved";
  button.style.setProperty("--fraction", String(slot.live ? stepFraction(slot) : 0));
  button.disabled = !slot.picture;
  const label = slotWords(slot, large, state);
  say(/** @type {Element} */ (button.lastElementChild), label);
  button.setAttribute("aria-label", slot.url ? `Enlarge image ${slot.number}` : `Image ${slot.number}: ${label || "waiting"}`);
}

/** @param {Slot} slot @param {boolean} large @param {State} state */
function slotWords(slot, large, state) {
  if (slot.url) return "";
  const { progress, status } = slot.task;
  if (slot.live && progress?.steps) return `${progress.step}/${progress.steps}`;
  if (!large) return String(slot.number);
  if (status === "running") return "Generating…";
  return state.queue?.paused ? "The queue is paused" : "Waiting…";
}

/** @param {Slot} slot */
function stepFraction({ task }) {
  return task.progress?.steps ? task.progress.step / task.progress.steps : 0;
}

/** @param {Slot} slot */
function ratio({ picture, task }) {
  const { width, height } = picture?.output ?? task.params;
  return Number(width) > 0 && Number(height) > 0 ? `${width} / ${height}` : "1";
}
