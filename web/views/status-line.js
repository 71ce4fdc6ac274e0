/** The status bar: worker, queue, memory, disk, failures. */
/** @import { State } from "../state/types.js" */
import { clock, count, duration, gigabytes } from "../state/words.js";
import { h, say, show } from "../elements/dom.js";
import { QpElement } from "../elements/element.js";

/** @type {Record<string, string>} */
const LABELS = {
  starting: "Worker starting",
  ready: "Worker ready",
  busy: "Worker busy",
  restarting: "Worker restarting",
  stopped: "Worker stopped",
  failed: "Worker failed",
};

export class StatusLine extends QpElement {
  #dot = h("i", { class: "dot" });
  #worker = h("span", {});
  #queue = h("span", { class: "wide-only" }); // a small screen shows it in the handle of the queue
  #memory = h("span", { class: "wide-only" });
  #disk = h("span", { class: "wide-only" });
  #failures = h("span", { class: "failures" });

  /** @override */
  build() {
    this.setAttribute("role", "contentinfo");
    const worker = h("span", { role: "status" }, this.#dot, this.#worker);
    this.append(worker, this.#queue, this.#memory, this.#disk, this.#failures);
  }

  /** @override @param {State} state */
  render(state) {
    const { system, queue } = state;
    const offline = state.connection === "offline";
    const lane = queue?.lanes.find((other) => other.name === "device") ?? queue?.lanes[0];
    this.dataset.state = offline ? "away" : (lane?.state ?? "");
    const words = lane ? (LABELS[lane.state] ?? lane.state) : "Connecting…";
    say(this.#worker, offline ? `Server unreachable${state.away ? ` · as of ${clock(state.away.since)}` : ""}` : [words, system?.device.name].filter(Boolean).join(" · "));
    this.#worker.title = lane?.detail ?? "";
    const waits = (queue?.counts.pending ?? 0) + (queue?.counts.held ?? 0);
    const all = waits + (queue?.counts.running ?? 0);
    const eta = queue?.eta_seconds && all ? ` · about ${duration(queue.eta_seconds)}` : "";
    say(this.#queue, queue?.paused ? `Queue paused · ${waits}` : all ? `Queue ${all}${eta}` : "Queue empty");
    for (const part of [this.#memory, this.#disk, this.#failures]) show(part, system !== null);
    if (!system) return;
    const { memory, disk, failures_last_hour: failures } = system;
    say(this.#memory, `Memory ${gigabytes(memory.used_bytes)} of ${gigabytes(memory.total_bytes)} GB`);
    say(this.#disk, `Disk ${gigabytes(disk.free_bytes)} GB free`);
    say(this.#failures, `${failures ? count(failures, "failure") : "No failures"} in the last hour`);
    this.#failures.classList.toggle("some", failures > 0);
  }
}

customElements.define("qp-status-line", StatusLine);
