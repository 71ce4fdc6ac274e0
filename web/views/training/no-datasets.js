/** The line of a form without any dataset: the way to make one. */
/** @import { State } from "../../state/types.js" */
/** @import { MakeRequest } from "../../state/requests.js" */
import { h, show } from "../../elements/dom.js";

const PATH = "/datasets";

/** @param {MakeRequest} request @returns {{ element: HTMLElement, draw: (state: State, chosen: unknown) => void }} */
export function noDatasets(request) {
  const make = h("button", { type: "button", class: "quiet small", onclick: () => request("show-training", { tab: "datasets" }) }, "Make a dataset");
  const element = h("p", { class: "note training-no-data", hidden: true }, "There is no dataset yet: a training needs images with captions. ", make);
  return { element, draw: (state, chosen) => show(element, !chosen && state.lookups[PATH]?.length === 0) };
}
