/** The page itself: overlays, theme, messages, signing in. */
/** @import { Context } from "./context.js" */
import { Problem } from "../api.js";
import { isSmallScreen, KEYS_KEY, writeQueueOpen, writeSetting, writeTheme } from "../draft.js";

/**
 * Opens a place by its address, as a step of the browser's history.
 * @param {string} place
 */
export function openPlace(place) {
  location.hash = `#/${place}`;
}

/**
 * Closes the sheets that lie over a small screen: that of the queue, and those of a gallery that is left.
 * @param {Context} context
 * @param {string} place that is opened
 */
function closeSheets({ store }, place) {
  const { gallery, place: before, queueOpen } = store.state;
  if (queueOpen && isSmallScreen()) store.set({ queueOpen: false });
  if (gallery.sheet && before !== place) store.set({ gallery: { ...gallery, sheet: "" } });
}

/** @satisfies {Partial<import("./context.js").Effects>} */
export const pageEffects = {
  show: async ({ store, api }, overlay) => {
    store.set({ overlay });
    if (overlay.name !== "library") return;
    store.set({ otherDrafts: store.drafts.others(store.state.workflow) });
    const isOther = (/** @type {{ id: string }} */ { id }) => id !== store.state.draftId;
    // Each is shown as it arrives: the slower answer does not undo what was saved meanwhile.
    await Promise.all([
      api.workflows().then((library) => store.set({ library: library.items })),
      api.drafts().then(({ items }) => store.set({ openDrafts: items.filter(isOther) })),
      api.presets().then((presets) => store.set({ presets: presets.items })),
    ]);
  },

  "open-place": (context, { place }) => {
    closeSheets(context, place);
    openPlace(place);
  },

  "show-place": (context, { place }) => {
    closeSheets(context, place);
    context.store.set({ place });
  },

  zoom: ({ store }, { to }) => store.set({ zoomTo: { to } }),

  "set-keys": ({ store }, { keys }) => {
    writeSetting(KEYS_KEY, JSON.stringify(keys));
    store.set({ keys });
  },

  "copy-text": async ({ store }, { text, label }) => {
    try {
      await navigator.clipboard.writeText(text);
      store.toast("good", `Copied the ${label}.`);
    } catch {
      store.toast("bad", "The browser does not allow the page to write to the clipboard.", "Select the text and copy it.");
    }
  },

  "toggle-theme": ({ store }) => {
    const dark = matchMedia("(prefers-color-scheme: dark)").matches;
    const visible = store.state.theme === "system" ? (dark ? "dark" : "light") : store.state.theme;
    const theme = visible === "dark" ? "light" : "dark";
    writeTheme(theme);
    store.set({ theme });
  },

  "toggle-queue": ({ store }) => {
    const queueOpen = !store.state.queueOpen;
    writeQueueOpen(queueOpen);
    store.set({ queueOpen });
  },

  confirm: async ({ store }) => {
    const { question } = store.state.overlay;
    store.set({ overlay: { name: "" } });
    await question?.perform();
  },

  reconnect: ({ live }) => live.reconnect(),

  dismiss: ({ store }, { id }) => store.dismiss(id),

  "sign-in": async ({ store, api, live }, { token }) => {
    try {
      await api.signIn(token);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      store.set({ signInError: error.status === 401 ? "Wrong token." : error.message });
      return;
    }
    if (store.keepsDrafts) await live.unlock();
    else location.reload(); // a form loads its workflow with the page
  },
};
