/** A task of the history: its snapshot, note and actions. */
/** @import { Entry } from "../../document/types.js" */
/** @import { Task, TaskLog } from "../../state/types.js" */
/** @import { MakeRequest } from "../../state/requests.js" */
import { entryNamed } from "../../document/lookup.js";
import { dayOf } from "../../state/selectors/task-log.js";
import { duration, runSeconds, taskSubject } from "../../state/words.js";
import { fill, h, say, show } from "../../elements/dom.js";
import { icon } from "../../elements/icons.js";

export class TaskDetail {
  #title = h("h2", {});
  #images = h("div", { class: "history-images" });
  #facts = h("dl", { class: "history-facts" });
  #error = h("p", { class: "history-error", role: "note" });
  #note = h("textarea", { class: "well", rows: 3, "aria-label": "Note on this task", placeholder: "Note", maxlength: 10_000 });
  #restore = h("button", { type: "button", class: "strong" }, icon("restore"), "Restore");
  #again = h("button", { type: "button", class: "quiet", title: "A random seed is drawn anew, a fixed one stays" }, icon("dice"), "Restore seed policy");
  #mark = h("button", { type: "button", class: "quiet" }, icon("mirror"), h("span", {}, "Compare…"));
  #replay = h("button", { type: "button", class: "quiet", title: "Run the first image again and compare the pixels" }, icon("retry"), "Replay");
  #page = h("a", { class: "quiet", target: "_blank", rel: "noopener" }, icon("file"), "Session log of the day");
  #inside = h("div", { class: "history-inside" });
  #none = h("p", { class: "note" }, "Select a task to see its settings.");
  element = h("aside", { class: "history-detail", "aria-label": "Task details" }, this.#none, this.#inside);
  /** @type {Task | null} */
  #task = null;
  #marked = "";

  /** @param {MakeRequest} request */
  constructor(request) {
    const actions = h("div", { class: "history-actions" }, this.#restore, this.#again, this.#mark, this.#replay, this.#page);
    this.#inside.append(this.#title, this.#images, actions, this.#error, this.#facts, this.#note);
    const act = (/** @type {(task: Task) => void} */ perform) => () => this.#task && perform(this.#task);
    this.#restore.addEventListener("click", act(({ id }) => request("restore-task", { task: id, seeds: "same" })));
    this.#again.addEventListener("click", act(({ id }) => request("restore-task", { task: id, seeds: "policy" })));
    this.#mark.addEventListener("click", act(({ id }) => this.#compare(request, id)));
    this.#replay.addEventListener("click", act(({ outputs }) => {
      const asset = outputs.find((output) => output.asset_id)?.asset_id;
      if (asset) request("replay-image", { asset });
    }));
    this.#note.addEventListener("change", act(({ id }) => request("note-task", { task: id, note: this.#note.value })));
  }

  /** @param {MakeRequest} request @param {string} id */
  #compare(request, id) {
    if (this.#marked && this.#marked !== id) {
      request("compare-snapshots", { of: "tasks", a: this.#marked, b: id });
      request("mark-log", { task: "" });
    } else {
      request("mark-log", { task: this.#marked === id ? "" : id });
    }
  }

  /** @param {TaskLog} log @param {string} zone @param {readonly Entry[]} entries */
  draw({ tasks, selected, marked }, zone, entries) {
    const task = tasks.find(({ id }) => id === selected) ?? null;
    show(this.#inside, task !== null);
    show(this.#none, task === null);
    this.#marked = marked;
    if (!task) return;
    const changed = task !== this.#task;
    this.#task = task;
    const other = marked && marked !== task.id;
    say(this.#mark.lastElementChild ?? this.#mark, other ? "Compare with the marked task" : marked ? "Cancel the comparison" : "Compare…");
    this.#mark.title = other ? "" : "Then choose the second task";
    if (!changed) return;
    say(this.#title, taskSubject(task));
    const images = task.outputs.filter((output) => output.asset_id && output.thumbnail_url);
    this.#images.replaceChildren(...images.slice(0, 8).map((output) => h("img", { src: output.thumbnail_url, alt: taskSubject(task), loading: "lazy" })));
    show(this.#replay, images.length > 0);
    say(this.#error, task.error ? [task.error.detail, task.error.fix].filter(Boolean).join(" ") : "");
    show(this.#error, task.error !== null);
    this.#page.href = `/history/${dayOf(task.created_at)}?${new URLSearchParams({ tz: zone })}`;
    fill(this.#note, task.note ?? "");
    this.#facts.replaceChildren(...factsOf(task, entryNamed(entries, task.operation)).flatMap(([label, value, name]) => [h("dt", { title: name }, label), h("dd", {}, value)]));
  }
}

/** @param {Task} task @param {Entry | undefined} entry @returns {[string, string, string][]} label, value, name in the API */
function factsOf(task, entry) {
  const seconds = runSeconds(task);
  /** @type {[string, string, string][]} */
  const facts = [
    ["Operation", task.title, "operation"],
    ["Status", task.status, "status"],
    ["Time", new Date(task.created_at).toLocaleString(), "created_at"],
    ["Duration", seconds ? duration(seconds) : "", "timings"],
  ];
  for (const [name, value] of Object.entries(task.params)) {
    const text = textOf(value);
    const field = entry?.schema.properties[name];
    if (text !== "" && (field?.ui?.widget !== "hidden" || name === "loras")) facts.push([field?.title ?? name, text, name]);
  }
  return facts.filter(([, value]) => value !== "");
}

/** @param {any} value @returns {string} */
function textOf(value) {
  if (value === null || value === undefined || value === false) return "";
  if (Array.isArray(value)) return value.map(textOf).join(", ");
  if (typeof value === "object") return "weight" in value ? `${value.name} ${value.weight}` : Object.values(value).map(textOf).join(" ");
  return String(value);
}
