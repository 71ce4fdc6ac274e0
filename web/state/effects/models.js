/** Downloads, memory estimates and the trigger words of LoRAs. */
import { withId } from "../../document/lookup.js";
import * as doc from "../../document/workflow.js";
import { parameterOwner } from "./pictures.js";
import { downloadLabel } from "../selectors/downloads.js";
import { mergeTasks } from "../selectors/tasks.js";

/** @satisfies {Partial<import("./context.js").Effects>} */
export const modelEffects = {
  "pull-model": async ({ store, api }, { model }) => {
    // The download of a model includes its parts; that of an incomplete one is its missing parts.
    const { task_id: id } = await api.pullModel(model);
    const task = await api.task(id);
    store.set({ tasks: mergeTasks(store.state, [task]) }); // events may have changed it meanwhile
    const label = withId(store.state.models, model)?.label ?? downloadLabel(store.state, { id: model, label: model, bytes: 0 });
    store.toast("calm", `Downloading ${label}.`, "The queue shows its progress. An interrupted download resumes.");
  },

  "load-fit": async ({ store, api }, { question }) => {
    if (question in store.state.fits) return;
    const fit = await api.fit(question).catch(() => null);
    if (fit) store.set({ fits: { ...store.state.fits, [question]: fit } });
  },

  "add-words": (context, { brick, words }) => {
    const { store } = context;
    const { workflow } = store.state;
    const wire = doc.wiresOutOf(workflow, brick)[0];
    const target = wire && parameterOwner(context, doc.owner(wire.to), "prompt");
    if (!target) {
      store.toast("calm", "Connect the LoRAs to an operation first.");
      return;
    }
    const before = String(doc.find(workflow, target.brick)?.props[target.name] ?? "").trimEnd();
    if (before.includes(words)) return;
    const prompt = before ? `${before}, ${words}` : words;
    store.commit("Edit prompt", doc.setProps(workflow, target.brick, { [target.name]: prompt }));
  },
};
