/**
 * The composition root of the page: one store, one API client, one event stream, and the map
 * from requests to effects. Problems of any effect become toasts here.
 *
 * @import { Effects } from "./effects/context.js"
 * @import { Requests } from "./requests.js"
 */
import { Problem } from "./api.js";
import { Api } from "./studio-api.js";
import { AutoRun } from "./auto-run.js";
import { Debounce } from "./debounce.js";
import { applyBatchEvent, batchEffects } from "./effects/batches.js";
import { applyDatasetEvent, datasetEffects } from "./effects/datasets.js";
import { galleryEffects } from "./effects/gallery.js";
import { duplicateEffects } from "./effects/duplicates.js";
import { galleryEdits } from "./effects/gallery-edits.js";
import { applyImageEvent } from "./effects/gallery-live.js";
import { galleryMoves } from "./effects/gallery-moves.js";
import { editorEffects, PREVIEW_DELAY, preview } from "./effects/editor.js";
import { libraryEffects } from "./effects/library.js";
import { applyLabEvent, labEffects } from "./effects/lab.js";
import { modelEffects } from "./effects/models.js";
import { pageEffects } from "./effects/page.js";
import { pictureEffects } from "./effects/pictures.js";
import { promptEffects } from "./effects/prompts.js";
import { savedEffects } from "./effects/saved.js";
import { PageReload } from "./page-reload.js";
import { queueEffects } from "./effects/queue.js";
import { taskLogEffects } from "./effects/task-log.js";
import { applyEvaluationEvent, evaluationEffects } from "./effects/evaluations.js";
import { applyTrainingEvent, trainingEffects } from "./effects/training.js";
import { runEffects } from "./effects/run.js";
import { draftEffects } from "./effects/set-drafts.js";
import { searchEffects } from "./effects/searches.js";
import { setEffects } from "./effects/sets.js";
import { selectionEffects } from "./effects/selection.js";
import { applySystemEvent, systemEffects } from "./effects/system.js";
import { wallEffects } from "./effects/wall.js";
import { ImageApi } from "./image-api.js";
import { KeptSeeds } from "./kept-seeds.js";
import { Live } from "./live.js";
import { REQUEST, SUBSCRIBE } from "./requests.js";
import { Store } from "./store.js";

/** @type {Effects} */
const EFFECTS = {
  ...wallEffects,
  ...selectionEffects,
  ...runEffects,
  ...queueEffects,
  ...libraryEffects,
  ...savedEffects,
  ...modelEffects,
  ...pictureEffects,
  ...promptEffects,
  ...editorEffects,
  ...galleryEffects,
  ...galleryEdits,
  ...duplicateEffects,
  ...galleryMoves,
  ...taskLogEffects,
  ...datasetEffects,
  ...trainingEffects,
  ...evaluationEffects,
  ...labEffects,
  ...searchEffects,
  ...pageEffects,
  ...systemEffects,
  ...setEffects,
  ...draftEffects,
  ...batchEffects,
};

export class PageController {
  store = new Store();
  api = new Api();
  images = new ImageApi(this.api);
  live = new Live(this.store, this.api);
  seeds = new KeptSeeds();
  /** @type {Debounce<import("./types.js").Edit>} */
  previews = new Debounce((edit) => preview(this, edit), PREVIEW_DELAY);

  /** @type {Map<string, Debounce<string>>} counts of tokens by brick */
  counts = new Map();

  constructor() {
    this.live.onEvent = (event) => {
      applyImageEvent(this, event);
      applySystemEvent(this, event);
      applyDatasetEvent(this, event);
      applyTrainingEvent(this, event);
      applyEvaluationEvent(this, event);
      applyLabEvent(this, event);
      applyBatchEvent(this, event);
    };
  }

  reload = new PageReload(this.store, () => this.live.shared.flush());
  autoRun = new AutoRun(this.store, this.api, () => this.perform("run", { keepSeeds: true }));

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
