// What a page shows is read again where it may have missed events: each place, and nothing that is not shown.
import assert from "node:assert/strict";
import { mock, test } from "node:test";

import "./dom.js";
import { stateWith } from "./state.js";

const { PageController } = await import("../../../web/state/controller.js");

const { evaluations, gallery, sets, training, views } = stateWith({});
const batch = { id: "b", rows: 2, items: [], states: {} };
const dataset = { id: "d", images: [], next: null, faults: [], versions: [{ version: 3 }], selected: [] };

/** The parts of the state that show something, and the addresses that are read for it. */
const SHOWN = {
  "an open batch": [{ place: "sets", sets: { ...sets, batch } }, ["/batches/b"]],
  "the list of batches": [{ place: "sets", sets: { ...sets, batches: [batch] } }, ["/batches"]],
  "a batch of a brick": [{ sets: { ...sets, watched: { b: batch } } }, ["/batches/b"]],
  "an open dataset": [
    { place: "training", datasets: { items: [], open: dataset, upload: null, trash: null } },
    ["/datasets", "/datasets/d/faults", "/datasets/d/images", "/datasets/d/versions"],
  ],
  "an open training": [
    { place: "training", training: { ...training, tab: "runs", open: { id: "r", run: null, values: {}, problem: "" } } },
    ["/training/runs", "/training/runs/r", "/training/runs/r/values"],
  ],
  "an open evaluation": [
    { place: "training", training: { ...training, tab: "evaluations" }, evaluations: { ...evaluations, open: { task_id: "e" } } },
    ["/evaluations", "/evaluations/e"],
  ],
  "the settings": [{ place: "settings", views: { ...views, settings: {} } }, ["/settings"]],
  "the log": [{ place: "log", views: { ...views, log: { ...views.log, loaded: true } } }, ["/logs"]],
  "the gallery": [{ gallery: { ...gallery, list: { ...gallery.list, total: 0 } } }, ["images"]],
  "the wall alone": [{}, []],
};

for (const [name, [parts, addresses]] of Object.entries(SHOWN)) {
  test(`${name}: read again after missed events`, async () => {
    mock.timers.enable({ apis: ["setTimeout"] });
    try {
      const asked = new Set();
      const controller = new PageController();
      const read = async (/** @type {string} */ path) => (asked.add(path.split("?")[0]), { items: [], values: {}, groups: [], ...batch });
      Object.assign(controller.api, { call: (_method, path) => read(path) });
      Object.assign(controller.images, { list: () => read("images"), days: async () => ({ days: [], total: 0 }), facets: async () => ({}), collections: async () => ({ items: [] }) });
      controller.store.set(parts);
      controller.live.onEvent({ id: "", type: "missed", data: {} });
      mock.timers.tick(2000);
      for (let turn = 0; turn < 3; turn += 1) await new Promise(setImmediate);
      assert.deepEqual([...asked].sort(), addresses);
    } finally {
      mock.timers.reset();
    }
  });
}
