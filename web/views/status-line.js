/** The status bar: worker, queue, memory, disk, and the alerts with their recovery actions. */
/** @import { Alert, State } from "../state/types.js" */
import { shownAlerts } from "../state/selectors/alerts.js";
import { clock, count, duration, gigabytes, quantity } from "../state/words.js";
import { h, reconcile, say, show } from "../elements/dom.js";
import { QpElement } from "../elements/element.js";
import { icon } from "../elements/icons.js";
import { placePopover } from "../elements/popover.js";

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
  #calm = h("span", { class: "failures wide-only" }, "No failures in the last hour");
  #summary = h("button", { type: "button", class: "alert-summary", "aria-haspopup": "dialog" });
  #actions = h("span", { class: "alert-actions wide-only" });
  #alerts = h("div", { class: "alerts" }, this.#summary, this.#actions);
  #list = h("div", { class: "alert-list", role: "dialog", "aria-label": "Alerts" });

  /** @override */
  build() {
    this.setAttribute("role", "contentinfo");
    const worker = h("span", { role: "status" }, this.#dot, this.#worker);
    this.#list.popover = "auto";
    this.#summary.addEventListener("click", () => {
      this.#list.showPopover();
      placePopover(this.#list, this.#summary, { width: 340, height: 420 });
    });
    this.append(worker, this.#queue, this.#memory, this.#disk, this.#calm, this.#alerts, this.#list);
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
    this.#queue.classList.toggle("paused", Boolean(queue?.paused));
    say(this.#queue, queue?.paused ? `Queue paused · ${waits}` : all ? `Queue ${all}${eta}` : "Queue empty");
    for (const part of [this.#memory, this.#disk]) show(part, system !== null);
    const alerts = shownAlerts(state);
    show(this.#calm, system !== null && alerts.length === 0);
    this.#drawAlerts(alerts);
    if (!system) return;
    const { memory, disk, device } = system;
    const { memory_bytes: all_bytes, free_bytes: free } = device;
    const gpu = all_bytes && free !== undefined ? ` · device ${gigabytes(all_bytes - free)} of ${quantity(gigabytes(all_bytes), "GB")}` : "";
    say(this.#memory, `Memory ${gigabytes(memory.used_bytes)} of ${quantity(gigabytes(memory.total_bytes), "GB")}${gpu}`);
    say(this.#disk, `Disk ${quantity(gigabytes(disk.free_bytes), "GB")} free`);
  }

  /** The first alert with its actions; all of them in a list. @param {Alert[]} alerts */
  #drawAlerts(alerts) {
    const [first, ...others] = alerts;
    show(this.#alerts, first !== undefined);
    if (!first) {
      this.#list.hidePopover();
      return;
    }
    const text = `${first.detail}${others.length ? ` ${count(others.length, "more alert")}` : ""}`;
    if (this.#summary.title !== text) {
      this.#summary.title = text;
      this.#summary.replaceChildren(icon("warning"), h("span", {}, text));
    }
    this.#summary.dataset.severity = first.severity;
    this.#drawActions(this.#actions, first);
    reconcile(
      this.#list,
      alerts,
      ({ code }) => code,
      () => h("section", {}, h("strong", {}), h("p", { class: "note" }), h("div", { class: "queue-tools" })),
      (row, alert) => {
        const [detail, fix, actions] = /** @type {HTMLElement[]} */ ([...row.children]);
        if (!detail || !fix || !actions) return;
        row.dataset.severity = alert.severity;
        say(detail, alert.detail);
        say(fix, alert.fix);
        this.#drawActions(actions, alert);
      },
    );
  }

  /** @param {HTMLElement} box @param {Alert} alert */
  #drawActions(box, { code, actions }) {
    reconcile(
      box,
      actions,
      ({ label }) => `${code} ${label}`,
      (action) => {
        const onclick = () => {
          this.#list.hidePopover();
          this.request("recover", action);
        };
        return h("button", { type: "button", class: "quiet small", onclick }, action.label);
      },
    );
  }
}

customElements.define("qp-status-line", StatusLine);
