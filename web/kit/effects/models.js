/** Models that are not here yet, and the words that LoRAs listen to. */
import * as doc from "../workflow.js";
import { home } from "./pictures.js";

/** @satisfies {Partial<import("../studio.js").Effects>} */
export const modelEffects = {
  "pull-model": async ({ store, api }, { model }) => {
    const companion = store.state.companions.find((other) => other.id === model);
    const wanted = store.state.models.find((other) => other.id === model);
    if (companion) await api.pullModel(model);
    // A model that is not here brings its parts along; of one that is here, parts are missing.
    const ids = (wanted?.lacks ?? []).flatMap((lack) => (lack.id ? [lack.id] : []));
    for (const id of wanted?.state === "missing" ? ids.slice(0, 1) : ids) await api.pullModel(id);
    const label = companion?.label ?? wanted?.label ?? model;
    store.toast("calm", `${label} is being downloaded.`, "The queue shows how far it is; it goes on after a break.");
  },

  "ask-fit": async ({ store, api }, { question }) => {
    if (question in store.state.fits) return;
    const fit = await api.fit(question).catch(() => null);
    if (fit) store.set({ fits: { ...store.state.fits, [question]: fit } });
  },

  "add-words": (studio, { brick, words }) => {
    const { store } = studio;
    const { workflow } = store.state;
    const wire = workflow.wires.find((other) => doc.owner(other.from) === brick);
    const at = wire && home(studio, doc.owner(wire.to), "prompt");
    if (!at) {
      store.toast("calm", "Connect the LoRAs to a generator first.");
      return;
    }
    const before = String(doc.find(workflow, at.brick)?.props[at.name] ?? "").trimEnd();
    if (before.includes(words)) return;
    const prompt = before ? `${before}, ${words}` : words;
    store.commit("Edit prompt", doc.setProps(workflow, at.brick, { [at.name]: prompt }));
  },
};
