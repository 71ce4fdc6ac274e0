/** The log: live, by task, by level and by text. */
/** @import { State } from "../../state/types.js" */
/** @import { LogRecord, LogState } from "../../state/system.js" */
import { h, say, show } from "../../elements/dom.js";
import { QpElement } from "../../elements/element.js";
import { icon } from "../../elements/icons.js";

const LEVELS = ["debug", "info", "warning", "error", "critical"];
const TYPING = 250; // milliseconds after the last key
const NEAR = 40; // pixels from the end that count as the end

export class LogView extends QpElement {
  #level = h("select", { class: "well slim", "aria-label": "Level" }, h("option", { value: "" }, "All levels"), ...LEVELS.map((level) => h("option", { value: level }, `${level} and above`)));
  #text = h("input", { type: "search", class: "well slim", placeholder: "Search messages", "aria-label": "Search messages" });
  #task = h("button", { type: "button", class: "chip", title: "Show all tasks", hidden: true });
  #pauseText = h("span", {}, "Pause");
  #pause = h("button", { type: "button", class: "quiet small", "aria-pressed": "false" }, icon("pause"), this.#pauseText);
  #copy = h("button", { type: "button", class: "quiet small" }, icon("copy"), h("span", {}, "Copy"));
  #older = h("button", { type: "button", class: "quiet small older-log", hidden: true }, "Older records");
  #empty = h("p", { class: "muted", hidden: true }, "No record fits. Choose a lower level, or clear the search.");
  #list = h("ol", { class: "log-list", "aria-label": "Records" });
  #frame = h("div", { class: "log-frame", tabindex: 0, role: "region", "aria-label": "Log" }, this.#older, this.#list, this.#empty);
  /** @type {LogRecord[]} */
  #drawn = [];
  /** @type {LogState | null} */
  #log = null;
  #timer = 0;

  /** @override */
  build() {
    this.#level.addEventListener("change", () => this.request("load-log", { level: this.#level.value }));
    this.#text.addEventListener("input", () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.request("load-log", { q: this.#text.value }), TYPING);
    });
    this.#task.addEventListener("click", () => this.request("load-log", { task: "" }));
    this.#pause.addEventListener("click", () => this.request("pause-log", { paused: !this.#log?.paused }));
    this.#older.addEventListener("click", () => this.request("older-log", {}));
    this.#copy.addEventListener("click", () => void navigator.clipboard.writeText(this.#drawn.map(lineOf).join("\n")));
    const tools = h("div", { class: "log-tools" }, this.#level, this.#text, this.#task, this.#pause, this.#copy);
    this.append(h("div", { class: "system-page log-page" }, h("header", { class: "section-head" }, h("h2", {}, "Log"), tools), this.#frame));
    this.request("load-log", {});
  }

  /** @override @param {State} state */
  render({ views: { log } }) {
    if (log === this.#log) return;
    this.#log = log;
    if (this.#level.value !== log.filter.level) this.#level.value = log.filter.level;
    show(this.#task, log.filter.task !== "");
    say(this.#task, `Task ${log.filter.task.slice(-8)} ×`);
    this.#pause.setAttribute("aria-pressed", String(log.paused));
    say(this.#pauseText, log.paused ? "Resume" : "Pause");
    show(this.#older, log.older !== null);
    show(this.#empty, log.loaded && log.items.length === 0);
    if (log.items !== this.#drawn) this.#draw(log.items);
  }

  /** Adds and removes rows; the end stays in view where it was. @param {LogRecord[]} items */
  #draw(items) {
    const frame = this.#frame;
    const atEnd = frame.scrollHeight - frame.scrollTop - frame.clientHeight < NEAR;
    const height = frame.scrollHeight;
    const grewBefore = items.length > 0 && this.#drawn.length > 0 && items.at(-1) === this.#drawn.at(-1);
    const rows = new Map(this.#drawn.map((record, index) => [record.id, this.#list.children[index]]));
    this.#list.replaceChildren(...items.map((record) => rows.get(record.id) ?? this.#row(record)));
    this.#drawn = items;
    if (grewBefore) frame.scrollTop += frame.scrollHeight - height;
    else if (atEnd) frame.scrollTop = frame.scrollHeight;
  }

  /** @param {LogRecord} record */
  #row({ time, level, logger, message, task_id: task, worker, request_id: request }) {
    const at = new Date(time).toLocaleTimeString([], { hour12: false });
    const link = task && h("button", { type: "button", class: "log-task", title: `Records of task ${task}`, onclick: () => this.request("load-log", { task }) }, task.slice(-8));
    const where = h("span", { class: "log-where" }, [logger, worker, request && `request ${request}`].filter(Boolean).join(" · "));
    return h("li", { class: "log-row", "data-level": level }, h("time", { datetime: time, title: time }, at), h("span", { class: "log-level" }, level), where, h("span", { class: "log-message" }, message), link ?? "");
  }
}

/** @param {LogRecord} record */
function lineOf({ time, level, logger, message, task_id: task, request_id: request }) {
  const about = [task && `task ${task}`, request && `request ${request}`].filter(Boolean).join(", ");
  return `${time} ${level.toUpperCase()} ${logger}${about ? ` (${about})` : ""}: ${message}`;
}

customElements.define("qp-log-view", LogView);
