/**
 * The composition root of the page: one store, one way to the server, one live line, and
 * the map from requests to effects. Errors of any effect end here, in plain words.
 *
 * @import { Requests } from "./requests.js"
 * @typedef {{ [K in keyof Requests]: (studio: Studio, detail: Requests[K]) => void | Promise<void> }} Effects
 */
import { Api, Problem } from "./api.js";
import { editorEffects, look, REST } from "./effects/editor.js";
import { libraryEffects } from "./effects/library.js";
import { modelEffects } from "./effects/models.js";
import { pageEffects } from "./effects/page.js";
import { pictureEffects } from "./effects/pictures.js";
import { promptEffects } from "./effects/prompts.js";
import { queueEffects } from "./effects/queue.js";
import { runEffects } from "./effects/run.js";
import { wallEffects } from "./effects/wall.js";
import { Live } from "./live.js";
import { Newest } from "./debounce.js";
import { REQUEST, SUBSCRIBE } from "./requests.js";
import { Store } from "./store.js";

/** @type {Effects} */
const EFFECTS = {
  ...wallEffects,
  ...runEffects,
  ...queueEffects,
  ...libraryEffects,
  ...modelEffects,
  ...pictureEffects,
  ...promptEffects,
  ...editorEffects,
  ...pageEffects,
};

export class Studio {
  store = new Store();
  api = new Api();
  live = new Live(this.store, this.api);
  /** @type {Newest<import("./types.js").Edit>} */
  looks = new Newest((edit) => look(this, edit), REST);

  /** @param {EventTarget} root everything below it is served */
  serve(root) {
    root.addEventListener(SUBSCRIBE, (event) => {
      this.store.subscribe(/** @type {CustomEvent} */ (event).detail);
    });
    root.addEventListener(REQUEST, (event) => {
      const { name, detail } = /** @type {CustomEvent} */ (event).detail;
      void this.perform(/** @type {keyof Requests} */ (name), detail);
    });
  }

  /**
   * @template {keyof Requests} K
   * @param {K} name
   * @param {Requests[K]} detail
   */
  async perform(name, detail) {
    try {
      await EFFECTS[name](this, detail);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (error.status !== 401) this.store.toast("bad", error.message, error.fix);
    }
  }
}
