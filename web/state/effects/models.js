/** Models that are not here yet, and the words that LoRAs listen to. */
import { withId } from "../../document/lookup.js";
import * as doc from "../../document/workflow.js";
import { home } from "./pictures.js";
import { labelled } from "../selectors/downloads.js";
import { merge } from "../selectors/tasks.js";

/** @satisfies {Partial<import("./context.js").Effects>} */
export const modelEffects = {
  "pull-model": async ({ store, api }, { model }) => {
    const wanted = withId(store.state.models, model);
    // A model that is not here brings its parts along; of one that is here, parts are missing.
    const lacking = (wanted?.lacks ?? []).flatMap((lack) => (lack.id ? [lack.id] : []));
    const ids = !wanted ? [model] : wanted.state === "missing" ? lacking.slice(0, 1) : lacking;
    const begun = await Promise.all(ids.map((id) => api.pullModel(id)));
    const tasks = await Promise.all(begun.map(({ task_id: id }) => api.task(id)));
    store.set({ tasks: merge(store.state, tasks) });
    const label = wanted?.label ?? labelled(store.state, { id: model, label: model, bytes: 0 });
    store.toast("calm", `${label} is being downloaded.`, "The queue shows how far it is; it goes on after a break.");
  },

  "ask-fit": async ({ store, api }, { question }) => {
    if (question in store.state.fits) return;
    const fit = await api.fit(question).catch(() => null);
    if (fit) store.set({ fits: { ...store.state.fits, [question]: fit } });
  },

  "add-words": (context, { brick, words }) => {
    const { store } = context;
    const { workflow } = store.state;
    const wire = workflow.wires.find((other) => doc.owner(other.from) === brick);
    const at = wire && home(context, doc.owner(wire.to), "prompt");
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
