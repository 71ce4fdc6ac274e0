/** The dataset of a training, its configuration as YAML and as a command, and its log. */
/** @import { Run } from "../../state/training.js" */
/** @import { MakeRequest } from "../../state/requests.js" */
import { count } from "../../state/words.js";
import { h, say } from "../../elements/dom.js";
import { icon } from "../../elements/icons.js";

export class RunConfiguration {
  #dataset = h("p", {});
  #yaml = h("pre", { class: "run-code", tabindex: 0, role: "group", "aria-label": "Configuration as YAML" });
  #command = h("pre", { class: "run-code", tabindex: 0, role: "group", "aria-label": "Command line" });
  element;
  /** @type {Run | null} */
  #run = null;

  /** @param {MakeRequest} request */
  constructor(request) {
    const copy = (/** @type {string} */ label, /** @type {(run: Run) => string} */ text) =>
      h("button", { type: "button", class: "quiet small", onclick: () => this.#run && request("copy-text", { text: text(this.#run), label }) }, icon("copy"), `Copy ${label}`);
    const log = h("button", { type: "button", class: "quiet small", onclick: () => this.#run && request("show-task-log", { task: this.#run.task_id }) }, icon("words"), "Log");
    this.element = h(
      "section",
      { class: "run-configuration", "aria-label": "Configuration" },
      h("header", {}, h("h3", {}, "Dataset and configuration"), log),
      this.#dataset,
      h("div", { class: "run-copy" }, copy("command", ({ command }) => command), copy("YAML", ({ yaml }) => yaml)),
      this.#command,
      h("details", {}, h("summary", {}, "Configuration as YAML"), this.#yaml),
    );
  }

  /** @param {Run} run */
  draw(run) {
    this.#run = run;
    const { name, version, images, buckets } = run.dataset;
    const sizes = buckets.map(([width, height, number]) => `${number} at ${width} × ${height}`).join(", ");
    say(this.#dataset, [`${name}${version === null ? "" : `, version ${version}`}`, count(images, "image"), sizes].filter(Boolean).join(" · "));
    say(this.#yaml, run.yaml);
    say(this.#command, run.command);
  }
}
