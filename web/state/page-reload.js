/**
 * Reloads the page when its own files changed on the server, once nobody types or has a dialog open.
 * The canvas stays: it is stored in the browser and on the server.
 *
 * @import { Store } from "./store.js"
 */

const IDLE = 3000; // milliseconds without input
const INTERVAL = 1000; // milliseconds

export class PageReload {
  #loaded = "";
  #input = 0;
  #timer = 0;

  /** @param {Store} store @param {() => Promise<void>} flush sends what is left @param {() => void} reload */
  constructor(store, flush, reload = () => location.reload()) {
    this.store = store;
    this.flush = flush;
    this.reload = reload;
    for (const name of ["input", "keydown", "pointerdown"]) {
      globalThis.document?.addEventListener(name, () => (this.#input = Date.now()), { capture: true });
    }
    store.watch(({ system }) => this.#check(system?.page ?? ""));
  }

  /** @param {string} page version of the files that the server has */
  #check(page) {
    if (!page || this.#timer) return;
    this.#loaded ||= page;
    if (page !== this.#loaded) this.#timer = setTimeout(() => void this.#wait(), INTERVAL);
  }

  async #wait() {
    const { overlay, edit, uploading, connection } = this.store.state;
    const busy = overlay.name !== "" || edit !== null || uploading.length > 0 || connection !== "online";
    if (busy || Date.now() - this.#input < IDLE) {
      this.#timer = setTimeout(() => void this.#wait(), INTERVAL);
      return;
    }
    await this.flush();
    this.reload();
  }
}
