/**
 * The places of the page: its header tabs, their addresses, keys and strong buttons.
 *
 * To add a place, write its view as a custom element, import it in app.js, and add a record here:
 * tab, address, key, the sheet of shortcuts and the strong button follow. A view is created at its
 * first visit and stays in the page; `State.place` is the id of the current one. A link to a place
 * is `#/id`; an effect opens one with `openPlace`.
 *
 * @import { IconName } from "../elements/icons.js"
 * @import { Requests } from "../state/requests.js"
 * @import { State } from "../state/types.js"
 *
 * @typedef {{ [K in keyof Requests]: [K, Requests[K]] }[keyof Requests]} AnyRequest
 *
 * @typedef {object} StrongButton the button at the top right
 * @property {IconName} icon
 * @property {string} keys the action whose keys the button shows
 * @property {string} title
 * @property {(state: State) => string} text
 * @property {(state: State) => boolean} ready false disables the button
 * @property {(state: State) => AnyRequest} request
 *
 * @typedef {object} Place
 * @property {string} id its address is `#/id`
 * @property {string} title
 * @property {string} key a lower-case letter, pressed outside text fields
 * @property {IconName} icon shown on small screens
 * @property {string} tag the element of the view
 * @property {string} [head] the element that names the open document in the header, and its tools
 * @property {StrongButton} [strong]
 */
import { focused, inTrash } from "../state/selectors/gallery.js";
import { openOperation } from "../state/lab.js";
import { bestTrial } from "../state/searches.js";
import { runnable } from "../state/sets.js";
import { bestStep } from "../state/training.js";
import { unfinishedTasks } from "../state/selectors/tasks.js";
import { count } from "../state/words.js";

/** @type {Place} */
export const WALL = {
  id: "wall",
  title: "Wall",
  key: "w",
  icon: "wall",
  tag: "qp-wall",
  head: "qp-wall-head",
  strong: {
    icon: "play",
    keys: "press-strong",
    title: "Run the workflow",
    text: (state) => (unfinishedTasks(state).length ? "Run again" : "Run"),
    ready: (state) => !state.starting && state.connection !== "offline" && state.workflow.bricks.length > 0,
    request: () => ["run", {}],
  },
};

/** @type {Place} */
const GALLERY = {
  id: "gallery",
  title: "Gallery",
  key: "g",
  icon: "gallery",
  tag: "qp-gallery-view",
  head: "qp-gallery-head",
  strong: {
    icon: "restore",
    keys: "open-image",
    title: "Open the image in focus on the wall, with its settings",
    text: () => "Open on the wall",
    ready: ({ gallery }) => focused(gallery) !== undefined && !inTrash(gallery),
    request: ({ gallery }) => ["open-on-wall", { asset: focused(gallery)?.id ?? "" }],
  },
};

/** @type {Place} */
const SETS = {
  id: "sets",
  title: "Sets",
  key: "s",
  icon: "cards",
  tag: "qp-sets-view",
  head: "qp-sets-head",
  strong: {
    icon: "play",
    keys: "press-strong",
    title: "Draw every row of the set",
    text: ({ sets }) => (sets.open && sets.preview ? `Run ${count(sets.preview.total, "row")}` : "Run"),
    ready: (state) => state.connection !== "offline" && runnable(state.sets),
    request: () => ["run-set", {}],
  },
};

/** @type {Place} */
const TRAINING = {
  id: "training",
  title: "Training",
  key: "t",
  icon: "camera",
  tag: "qp-training-view",
  strong: {
    icon: "check",
    keys: "press-strong",
    title: "The next step of a training",
    text: (state) => nextOf(state).text,
    ready: (state) => state.connection !== "offline" && nextOf(state).ready,
    request: (state) => nextOf(state).request,
  },
};

/**
 * The next step of a training: to its form, its start, or its best checkpoint.
 * @param {State} state
 * @returns {{ text: string, ready: boolean, request: AnyRequest }}
 */
function nextOf({ training: { tab, open, form }, datasets, lab, searches, entries }) {
  if (tab === "searches") return nextOfSearch(searches);
  const operation = tab === "lab" ? openOperation(lab, entries)?.name : undefined;
  if (operation) return { text: "Run", ready: true, request: ["run-lab", { operation }] };
  if (tab === "new") return { text: "Start", ready: !form.busy && Boolean(form.values.dataset), request: ["start-training", {}] };
  const best = tab === "runs" && open?.run ? bestStep(open.run, open.scores) : undefined;
  if (best && open) return { text: `Use step ${best}`, ready: true, request: ["use-checkpoint", { run: open.id, step: best }] };
  const dataset = tab === "datasets" && datasets?.items.find(({ id }) => id === datasets.open?.id);
  return { text: "Train", ready: true, request: ["new-training", { params: dataset ? { dataset: dataset.name, ...(dataset.trigger ? { trigger_word: dataset.trigger } : {}) } : {} }] };
}

/** @param {State["searches"]} searches @returns {{ text: string, ready: boolean, request: AnyRequest }} */
function nextOfSearch({ form, open }) {
  if (form) return { text: "Start search", ready: !form.busy && Boolean(form.training.dataset), request: ["start-search", {}] };
  if (open && bestTrial(open)) return { text: "Train with the best", ready: true, request: ["train-best", {}] };
  return { text: "New search", ready: true, request: ["new-search", {}] };
}

/** @type {Place} */
const HISTORY = { id: "history", title: "History", key: "h", icon: "history", tag: "qp-history" };

/** @type {Place} */
const LOG = { id: "log", title: "Log", key: "l", icon: "words", tag: "qp-log-view" };

/** @type {Place} */
const SETTINGS = { id: "settings", title: "Settings", key: "o", icon: "filter", tag: "qp-settings-view" };

/** Tabs in their order. */
export const PLACES = [WALL, GALLERY, SETS, TRAINING, HISTORY, LOG, SETTINGS];

const ADDRESS = /^#\/(?<id>[a-z]+)$/;

/** @param {string} id @returns {Place} the wall for an unknown one */
export function placeNamed(id) {
  return PLACES.find((place) => place.id === id) ?? WALL;
}

/**
 * The id of the place at an address, empty for the address of none.
 * @param {string} hash
 */
export function placeAt(hash) {
  const id = ADDRESS.exec(hash)?.groups?.id;
  return PLACES.some((place) => place.id === id) ? String(id) : "";
}
