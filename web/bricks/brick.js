/**
 * The base class of bricks: a card with a header, ports, connections, problems and a body, which
 * subclasses fill. It renders from the snapshot by its brick's id.
 *
 * @import { Brick, Entry } from "../document/types.js"
 * @import { State } from "../state/types.js"
 */
import { entryNamed } from "../document/lookup.js";
import { feeding, find, fits, inputAt, owner, portTitle, wiresInto } from "../document/workflow.js";
import { blockedNotice } from "../state/selectors/blocked.js";
import { brickSummary } from "../state/selectors/summary.js";
import { currentTask } from "../state/selectors/tasks.js";
import { endName } from "../state/selectors/wires.js";
import { fill, h, reconcile, say, show } from "../elements/dom.js";
import { QpElement } from "../elements/element.js";
import { icon } from "../elements/icons.js";
import { DownloadActions } from "./download-actions.js";
import { ExposedFields } from "./exposed-fields.js";
import { drawPorts } from "./ports.js";
import { SourceLinks } from "./source-links.js";

export class BrickElement extends QpElement {
  brickId = "";
  /** @type {Entry | undefined} */
  entry;
  body = h("div", { class: "brick-body" });
  /** @type {State | null} the last one */
  #state = null;
  #title = h("h3", { class: "brick-title" });
  #kind = h("span", { class: "brick-kind" });
  #summary = h("p", { class: "brick-summary", hidden: true });
  #sources = new SourceLinks();
  #ports = h("div", { class: "ports" });
  #links = h("div", { class: "links", hidden: true });
  #problemText = h("p", {});
  #downloads = new DownloadActions((name, detail) => this.request(name, detail));
  #problem = h("div", { class: "brick-problem", role: "alert", hidden: true }, this.#problemText, this.#downloads.element);
  #blockedText = h("p", {});
  #continue = h("button", { type: "button", class: "quiet small" }, icon("play"), "Continue");
  #blocked = h("div", { class: "caution brick-wait", role: "status", hidden: true }, this.#blockedText, this.#continue);
  #addedText = h("p", {});
  #undo = h("button", { type: "button", class: "quiet small" }, "Undo");
  #added = h("div", { class: "brick-added", role: "status", hidden: true }, this.#addedText, this.#undo);
  #fold = this.#action("fold", "Collapse", "fold-brick", () => this.request("toggle-brick", { brick: this.brickId }));
  #bypass = this.#action("bypass", "Bypass", "bypass-brick", () => this.request("toggle-bypass", { brick: this.brickId }));
  #until = this.#action("until", "Run to here", "run-to-brick", () => this.request("run", { until: this.brickId }));
  #exposed = new ExposedFields((name, detail) => this.request(name, detail));
  #form = this.#action("form", "Fields of the form", null, () => this.#toggleExposed());
  #link = this.#action("link", "Connections", null, () => this.#toggleLinks());

  /** @override */
  build() {
    this.classList.add("brick");
    this.tabIndex = 0;
    this.setAttribute("role", "group");
    this.dataset.brick = this.brickId;
    const remove = this.#action("trash", "Remove", "remove-brick", () => this.request("remove-brick", { brick: this.brickId }));
    const actions = h("div", { class: "brick-actions" }, this.#until, this.#bypass, this.#form, this.#link, this.#fold, remove);
    const grip = h("span", { class: "grip", "aria-hidden": "true" }, icon("grip"));
    const side = h("div", { class: "brick-side" }, this.#kind, actions);
    this.append(
      this.#ports,
      h("header", { class: "brick-head" }, grip, this.#title, side),
      this.#summary,
      this.#sources.element,
      this.#added,
      this.#links,
      this.#exposed.element,
      this.#problem,
      this.#blocked,
      this.body,
    );
    this.#undo.addEventListener("click", () => this.request("undo", {}));
    this.#continue.addEventListener("click", () => this.request("run", {}));
    this.compose();
  }

  /** @override @param {State} state */
  render(state) {
    this.#state = state;
    const brick = find(state.workflow, this.brickId);
    if (!brick) return;
    this.entry = entryNamed(state.entries, brick.type);
    const title = this.entry?.title ?? String(brick.props.class_type ?? brick.type);
    say(this.#title, title);
    this.#drawBypass(brick);
    this.dataset.category = this.entry?.category ?? "unknown";
    this.dataset.status = currentTask(state, brick.id)?.status ?? "";
    this.setAttribute("aria-label", `${title} brick`);
    this.#drawFold(state, brick);
    this.#drawAdded(state, brick);
    this.#drawProblem(state, brick);
    this.#drawBlocked(state, brick);
    this.#sources.draw(state, brick);
    drawPorts(this.#ports, brick, this.entry, state);
    show(this.#link, Boolean(this.entry?.inputs.length));
    if (!this.#links.hidden) this.#drawLinks(state, brick);
    show(this.#form, this.#exposed.draw(state.workflow, brick, this.entry));
    this.draw(brick, state);
    this.dispatchEvent(new CustomEvent("qp-drawn", { bubbles: true }));
  }

  /** Renders after a change that is not part of the state. */
  redraw() {
    if (this.#state) this.render(this.#state);
  }

  /** Builds the body; called once. */
  compose() {}

  /**
   * Draws the body.
   * @param {Brick} _brick
   * @param {State} _state
   */
  draw(_brick, _state) {}

  /**
   * The element of the body beside which a port is placed.
   * @param {string} port
   * @returns {Element | null}
   */
  anchor(port) {
    return this.body.querySelector(`[data-anchor~="${CSS.escape(port)}"]`);
  }

  /** Focuses the first control of the body. */
  enter() {
    const controls = this.body.querySelectorAll("textarea, input, select, button");
    /** @type {HTMLElement | undefined} */ (
      Array.from(controls).find((control) => /** @type {HTMLElement} */ (control).offsetParent)
    )?.focus();
  }

  /**
   * @param {import("../elements/icons.js").IconName} name
   * @param {string} label
   * @param {string | null} action whose keys the tooltip names
   * @param {() => void} act
   */
  #action(name, label, action, act) {
    return h(
      "button",
      { type: "button", class: "bare", "aria-label": label, title: label, "data-keys": action, onclick: act },
      icon(name),
    );
  }

  /** @param {Brick} brick */
  #drawBypass(brick) {
    const runs = this.entry?.kind === "operation";
    const bypassed = brick.bypassed === true;
    say(this.#kind, bypassed ? "bypassed" : (this.entry?.category ?? "unknown"));
    show(this.#bypass, runs);
    show(this.#until, runs && !bypassed);
    this.classList.toggle("bypassed", bypassed);
    const label = bypassed ? "Use this brick again" : "Bypass: pass on the input";
    this.#bypass.title = label;
    this.#bypass.setAttribute("aria-label", bypassed ? "Use again" : "Bypass");
    this.#bypass.setAttribute("aria-pressed", String(bypassed));
  }

  /** @param {State} state @param {Brick} brick */
  #drawFold(state, brick) {
    const folded = brick.collapsed === true;
    const label = folded ? "Expand" : "Collapse";
    this.#fold.setAttribute("aria-expanded", String(!folded));
    this.#fold.setAttribute("aria-label", label);
    this.#fold.title = label;
    const summary = folded ? brickSummary(state, brick) : "";
    say(this.#summary, summary);
    this.#summary.title = summary;
    show(this.#summary, folded);
    if (this.classList.contains("folded") === folded) return;
    this.classList.toggle("folded", folded);
    this.dispatchEvent(new CustomEvent("qp-redraw", { bubbles: true }));
  }

  /** Draws the sources of a new brick, until the next edit. @param {State} state @param {Brick} brick */
  #drawAdded(state, brick) {
    const { added, entries, workflow } = state;
    const fresh = added === brick.id;
    this.classList.toggle("added", fresh);
    if (this.#added.hidden === fresh) {
      show(this.#added, fresh);
      this.dispatchEvent(new CustomEvent("qp-redraw", { bubbles: true }));
    }
    if (!fresh) return;
    const sources = wiresInto(workflow, brick.id).map(({ from }) => find(workflow, owner(from))?.type);
    const names = [...new Set(sources)].map((type) => entryNamed(entries, type)?.title ?? type);
    say(this.#addedText, names.length ? `Wired after ${names.join(", ")}` : "Added");
  }

  /** @param {State} state @param {Brick} brick */
  #drawProblem(state, brick) {
    const fields = this.entry?.schema.properties ?? {};
    const problems = state.problems.filter((problem) => problem.brick === brick.id);
    const outside = problems.filter(
      (problem) => problem.pull?.length || !(problem.field in fields) || !this.#visible(problem.field),
    );
    const text = outside.map(({ detail, fix, pull }) => [detail, pull?.length ? "" : fix].filter(Boolean).join(" ")).join(" ");
    say(this.#problemText, text);
    this.#downloads.draw(state, outside.flatMap((problem) => problem.pull ?? []).slice(0, 8));
    show(this.#problem, text !== "");
  }

  /** @param {State} state @param {Brick} brick */
  #drawBlocked(state, brick) {
    const notice = blockedNotice(state, brick);
    say(this.#blockedText, notice?.text ?? "");
    show(this.#continue, notice?.ready === true);
    if (this.#blocked.hidden === (notice === null)) return;
    show(this.#blocked, notice !== null);
    this.dispatchEvent(new CustomEvent("qp-redraw", { bubbles: true }));
  }

  /** @param {string} field */
  #visible(field) {
    const element = this.body.querySelector(`[data-field="${CSS.escape(field)}"]`);
    return element instanceof HTMLElement && !element.hidden;
  }

  #toggleExposed() {
    const open = this.#exposed.toggle();
    this.#form.setAttribute("aria-expanded", String(open));
    this.redraw();
    if (open) this.#exposed.enter();
    this.dispatchEvent(new CustomEvent("qp-redraw", { bubbles: true }));
  }

  #toggleLinks() {
    show(this.#links, Boolean(this.#links.hidden));
    this.#link.setAttribute("aria-expanded", String(!this.#links.hidden));
    this.dispatchEvent(new CustomEvent("qp-redraw", { bubbles: true }));
  }

  /** @param {State} state @param {Brick} brick */
  #drawLinks(state, brick) {
    reconcile(
      this.#links,
      this.entry?.inputs ?? [],
      (port) => port.name,
      (port) => this.#linkRow(port.name),
      (row, port) => this.#drawLink(row, state, `${brick.id}.${port.name}`),
    );
  }

  /** @param {string} port */
  #linkRow(port) {
    const id = `${this.brickId}-link-${port}`;
    const choice = h("select", { id, class: "well slim" });
    choice.addEventListener("change", () => {
      const to = `${this.brickId}.${port}`;
      if (choice.value) this.request("connect", { from: choice.value, to });
      else this.request("disconnect", { to });
    });
    return h("div", { class: "link-row" }, h("label", { for: id }, portTitle(this.entry, port)), choice);
  }

  /** @param {HTMLElement} row @param {State} state @param {string} to */
  #drawLink(row, state, to) {
    const choice = /** @type {HTMLSelectElement} */ (row.querySelector("select"));
    const connected = feeding(state.workflow, to).map((wire) => wire.from);
    const others = sourcesFor(state, to).filter((from) => !connected.includes(from));
    const many = inputAt(state.entries, state.workflow, to)?.many ?? false;
    /** @type {[string, string][]} */
    const options = [
      ["", connected.length ? "Disconnect" : "Not connected"],
      ...[...connected, ...others].map((from) => /** @type {[string, string]} */ ([from, endName(state, from, "outputs")])),
    ];
    reconcile(
      choice,
      options,
      ([value]) => value,
      ([value]) => h("option", { value }),
      (option, [value, text]) => say(option, many && connected.includes(value) ? `✓ ${text}` : text),
    );
    fill(choice, connected[0] ?? "");
  }
}

/**
 * The outputs that can be connected to an input.
 * @param {State} state
 * @param {string} to
 */
function sourcesFor(state, to) {
  return state.workflow.bricks
    .flatMap((brick) => {
      const entry = entryNamed(state.entries, brick.type);
      return (entry?.outputs ?? []).map((output) => `${brick.id}.${output.name}`);
    })
    .filter((from) => fits(state.entries, state.workflow, from, to));
}
