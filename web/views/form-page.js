/** The form of a workflow: its exposed fields, Run and the results on one page. */
/** @import { Brick } from "../document/types.js" */
/** @import { State } from "../state/types.js" */
import { createBrick } from "../bricks/catalogue.js";
import { DownloadActions } from "../bricks/download-actions.js";
import { Form } from "../bricks/form.js";
import { exposedFields } from "../document/exposure.js";
import { entryNamed } from "../document/lookup.js";
import { columns, find } from "../document/workflow.js";
import { currentTask, unfinishedTasks } from "../state/selectors/tasks.js";
import { phase } from "../state/words.js";
import { custom, h, reconcile, say, show } from "../elements/dom.js";
import { QpElement } from "../elements/element.js";
import { icon } from "../elements/icons.js";

const ADDRESS = /^#\/form\/(.+)$/;

/**
 * The name of the workflow in the address of a form, null for another address.
 * @param {string} hash
 */
export function formName(hash) {
  try {
    return decodeURIComponent(ADDRESS.exec(hash)?.[1] ?? "") || null;
  } catch {
    return null; // not an encoded name
  }
}

export class FormPage extends QpElement {
  #title = h("h2", {});
  #about = h("p", { class: "form-about" });
  #sections = h("div", { class: "form-sections" });
  #none = h("p", { class: "note", hidden: true }, "No field is shown here yet. On the wall, open “Fields of the form” in the header of a brick.");
  #results = h("section", { class: "form-results", "aria-label": "Results" });
  #runText = h("span", {}, "Run");
  #run = h("button", { type: "button", class: "run", title: "Run the workflow", "data-keys": "press-strong" }, icon("play"), this.#runText, custom("qp-key-hint", { "data-keys": "press-strong" }));
  #cancel = h("button", { type: "button", class: "quiet cancel", hidden: true }, icon("stop"), h("span", {}, "Cancel"));
  #status = h("p", { class: "note", role: "status" });
  #trouble = h("div", { class: "trouble", role: "alert", hidden: true });
  #troubleText = h("p", {});
  #downloads = new DownloadActions((name, detail) => this.request(name, detail));
  /** @type {WeakMap<HTMLElement, Form>} */
  #forms = new WeakMap();

  /** @override */
  build() {
    this.#run.addEventListener("click", () => this.request("run", {}));
    this.#cancel.addEventListener("click", () => this.request("cancel-run", {}));
    this.#trouble.append(this.#troubleText, this.#downloads.element);
    const theme = h("button", { type: "button", class: "bare", "aria-label": "Toggle theme", title: "Toggle theme", "data-keys": "toggle-theme" }, icon("theme"));
    theme.addEventListener("click", () => this.request("toggle-theme", {}));
    const mark = h("span", { class: "mark", "aria-hidden": "true" }, ...Array.from({ length: 4 }, () => h("i", {})));
    const wall = h("a", { class: "quiet", href: "/" }, icon("left"), "Wall");
    this.append(
      h("header", { class: "form-head" }, h("h1", { class: "brand" }, mark, h("span", { class: "brand-name" }, "Qpyt Studio")), wall, theme),
      h(
        "main",
        { class: "form-main", id: "form" },
        h("section", { class: "form-fields", "aria-label": "Fields" }, this.#title, this.#about, this.#none, this.#sections, this.#trouble, h("div", { class: "form-go" }, this.#run, this.#cancel, this.#status)),
        this.#results,
      ),
    );
  }

  /** @override @param {State} state */
  render(state) {
    const { entries, workflow } = state;
    say(this.#title, workflow.name);
    say(this.#about, workflow.description);
    const bricks = entries.length ? columns(workflow).flat() : [];
    const exposed = bricks.filter((brick) => exposedFields(workflow, brick, entryNamed(entries, brick.type)).length > 0);
    reconcile(this.#sections, exposed, ({ id }) => id, (brick) => this.#section(brick, state), (section, brick) => {
      this.#forms.get(section)?.draw(find(workflow, brick.id) ?? brick, state);
    });
    show(this.#none, bricks.length > 0 && exposed.length === 0);
    const views = bricks.filter((brick) => entryNamed(entries, brick.type)?.kind === "view");
    reconcile(this.#results, views, ({ id }) => id, (brick) => createBrick(entryNamed(entries, brick.type), brick.id));
    this.#drawRun(state);
    this.#drawTrouble(state);
  }

  /** @param {Brick} brick @param {State} state */
  #section(brick, { entries, workflow }) {
    const entry = entryNamed(entries, brick.type);
    const names = exposedFields(workflow, brick, entry);
    const section = h("section", { class: "form-section", "aria-label": entry?.title ?? brick.type }, h("h3", {}, entry?.title ?? brick.type));
    if (names.some((name) => entry?.schema.properties[name]?.ui?.widget === "hidden")) {
      section.append(createBrick(entry, brick.id)); // an editor of its own, such as the mask painter
      return section;
    }
    const host = {
      brickId: brick.id,
      request: this.request.bind(this),
      dispatchEvent: (/** @type {Event} */ event) => this.dispatchEvent(event),
    };
    const form = new Form(host, (name) => names.includes(name));
    this.#forms.set(section, form);
    section.append(form.element);
    return section;
  }

  /** @param {State} state */
  #drawRun(state) {
    const open = unfinishedTasks(state);
    const running = open.find((task) => task.status === "running");
    this.#run.disabled = state.starting || state.workflow.bricks.length === 0 || state.connection === "offline";
    say(this.#runText, open.length ? "Run again" : "Run");
    show(this.#cancel, open.length > 0);
    const waiting = state.queue?.paused ? "The queue is paused." : "In the queue.";
    say(this.#status, running ? `${running.title}: ${phase(running)}` : open.length ? waiting : "");
  }

  /** Draws faults of the workflow, missing inputs and failed tasks. @param {State} state */
  #drawTrouble(state) {
    const failed = state.workflow.bricks.flatMap((brick) => {
      const task = currentTask(state, brick.id);
      return task?.status === "failed" && task.error ? [task.error] : [];
    });
    const rows = [...state.problems, ...state.blocked, ...failed];
    say(this.#troubleText, [...new Set(rows.map(({ detail, fix }) => [detail, fix].filter(Boolean).join(" ")))].join(" "));
    this.#downloads.draw(state, [...state.problems, ...failed].flatMap(({ pull }) => pull ?? []).slice(0, 8));
    show(this.#trouble, rows.length > 0);
  }
}

customElements.define("qp-form-page", FormPage);
