/** The card of the row in focus, drawn as a transient run: no task, no stored file. */
/** @import { Json } from "../../document/types.js" */
/** @import { Context } from "./context.js" */
/** @import { SetsState } from "../sets.js" */
import { Problem } from "../api.js";
import { Debounce } from "../debounce.js";
import { cardValues, shownImage } from "../sets.js";
import { setSets } from "./sets-store.js";

const DELAY = 250; // milliseconds after the last change
const PREVIEW_DPI = 150;

/** The request of a card without storing it: over the drawing of the row, else over a plain ground. @param {SetsState} sets */
function cardRequest(sets) {
  if (sets.draft) {
    const card = sets.draft.preview?.items[0]?.card;
    return card ? { ...card, dpi: PREVIEW_DPI } : null;
  }
  const row = sets.preview?.items.find(({ key }) => key === sets.row) ?? sets.preview?.items[0];
  const card = cardValues(sets);
  if (!row?.card || !card) return null;
  const drawing = shownImage(sets.batch?.items.find(({ key }) => key === row.key))?.drawing;
  return /** @type {Record<string, Json>} */ ({ ...row.card, ...sets.recipe.card, dpi: PREVIEW_DPI, ...(drawing ? { image: drawing } : {}) });
}

/** @param {Context} context */
async function drawCard(context) {
  const request = cardRequest(context.store.state.sets);
  const before = context.store.state.sets.card;
  try {
    const card = request ? URL.createObjectURL(await context.api.preview("overlay", request, "set-card")) : "";
    setSets(context, { card });
    if (before) URL.revokeObjectURL(before);
  } catch (error) {
    if (!(error instanceof Problem)) throw error; // a newer preview took its place, or the server is out of reach
  }
}

/** @type {WeakMap<Context, Debounce<null>>} */
const delays = new WeakMap();

/** Draws the card a moment after the last change. @param {Context} context */
export function drawCardSoon(context) {
  const known = delays.get(context) ?? new Debounce(() => drawCard(context), DELAY);
  delays.set(context, known);
  known.schedule(null);
}
