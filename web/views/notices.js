/** Toasts, and banners: the server is offline, another page saved the workflow. */
/** @import { State } from "../state/types.js" */
import { clock, duration } from "../state/words.js";
import { h, reconcile, say, show } from "../elements/dom.js";
import { QpElement } from "../elements/element.js";
import { icon } from "../elements/icons.js";

export class Notices extends QpElement {
  #age = h("span", { "aria-hidden": "true" }); // a screen reader would read it every second
  #banner = h("div", { class: "banner choice away", role: "status", hidden: true });
  #conflictText = h("span", {});
  #conflict = h("div", { class: "banner choice", role: "alert", hidden: true }, this.#conflictText);
  #toasts = h("div", { class: "toasts", role: "region", "aria-label": "Messages" });
  /** Announces toasts: a screen reader misses a region that appears together with its text. */
  #announcer = h("p", { class: "unseen announcer", role: "status" });
  #announced = "";

  /** @type {State["away"]} */
  #away = null;
  #conflictName = "";
  #overlay = "";

  /** @override */
  build() {
    const words = h("span", {}, h("strong", {}, "Server unreachable. "), "Edits are kept in this browser; Run is off. ", this.#age);
    this.#banner.append(h("i", { class: "dot" }), words);
    const retry = h("button", { type: "button", class: "quiet small" }, "Try now");
    retry.addEventListener("click", () => this.request("reconnect", {}));
    this.#banner.append(retry);
    this.#composeConflict();
    for (const notice of [this.#banner, this.#conflict, this.#toasts]) notice.popover = "manual";
    this.append(this.#banner, this.#conflict, this.#toasts, this.#announcer);
  }

  /** @override @param {AbortSignal} signal */
  connected(signal) {
    const timer = setInterval(() => this.#drawAge(), 1000);
    signal.addEventListener("abort", () => clearInterval(timer));
  }

  /** Draws how old the view is, and when the page tries again. */
  #drawAge() {
    if (!this.#away || this.#banner.hidden) return;
    const seconds = Math.max(0, Math.ceil((this.#away.retryAt - Date.now()) / 1000));
    const next = seconds ? ` Next try in ${duration(seconds)}.` : " Trying…";
    say(this.#age, `As of ${clock(this.#away.since)}.${next}`);
  }

  /** Announces a text in the open dialog, outside of which nothing is read, else here. @param {string} text */
  #announce(text) {
    if (text === this.#announced) return;
    this.#announced = text;
    const inside = [...document.querySelectorAll("dialog[open] .announcer")].at(-1);
    say(inside ?? this.#announcer, text);
  }

  #composeConflict() {
    const both = h("button", { type: "button", class: "quiet" }, "Keep both");
    both.addEventListener("click", () => this.request("save-both", { name: this.#conflictName }));
    const over = h("button", { type: "button", class: "quiet" }, "Overwrite");
    over.addEventListener("click", () => this.request("save-over", { name: this.#conflictName }));
    const label = "Do not save";
    const close = h("button", { type: "button", class: "bare", "aria-label": label, title: label }, icon("close"));
    close.addEventListener("click", () => this.request("end-conflict", {}));
    this.#conflict.append(both, over, close);
  }

  /** @param {State["toasts"][number]} toast */
  #action({ id, action }) {
    if (!action) return null;
    const button = h("button", { type: "button", class: "quiet small" }, action.label);
    button.addEventListener("click", () => {
      this.request("dismiss", { id });
      action.perform();
    });
    return button;
  }

  /** @override @param {State} state */
  render(state) {
    this.#away = state.away;
    show(this.#banner, state.connection === "offline" && !state.locked);
    this.#drawAge();
    this.#conflictName = state.saveConflict?.name ?? this.#conflictName;
    say(this.#conflictText, state.saveConflict ? `Another version of “${this.#conflictName}” was saved meanwhile.` : "");
    show(this.#conflict, state.saveConflict !== null && !state.locked);
    const newest = state.toasts.at(-1);
    this.#announce(newest ? `${newest.text} ${newest.fix}`.trim() : state.announcement);
    const before = this.#toasts.childElementCount;
    reconcile(
      this.#toasts,
      state.toasts,
      (toast) => String(toast.id),
      (toast) => {
        const act = () => this.request("dismiss", { id: toast.id });
        const close = h("button", { type: "button", class: "bare", "aria-label": "Dismiss", onclick: act }, icon("close"));
        const fix = toast.fix ? h("span", { class: "fix" }, toast.fix) : null;
        const words = h("p", {}, h("span", {}, toast.text), " ", fix);
        return h("div", { class: "toast", "data-tone": toast.tone }, words, this.#action(toast), close);
      },
    );
    const added = state.toasts.length > before;
    const { name: overlay } = state.overlay; // a dialog that opens takes the notices with it
    queueMicrotask(() => {
      lift(this, this.#toasts, state.toasts.length > 0, added);
      for (const banner of [this.#banner, this.#conflict]) lift(this, banner, !banner.hidden, overlay !== this.#overlay);
      this.#overlay = overlay;
    });
  }
}

/**
 * Keeps a notice above a modal dialog: outside of it nothing can be pressed.
 * @param {HTMLElement} home
 * @param {HTMLElement} notice a manual popover
 * @param {boolean} visible
 * @param {boolean} raised above a dialog that opened after it
 */
function lift(home, notice, visible, raised) {
  const host = document.querySelector("dialog:modal") ?? home;
  if (notice.parentElement !== host && host === home) home.prepend(notice);
  else if (notice.parentElement !== host) host.append(notice);
  const open = notice.matches(":popover-open");
  if (open && (raised || !visible)) notice.hidePopover();
  if (visible && !notice.matches(":popover-open")) notice.showPopover();
}

customElements.define("qp-notices", Notices);
