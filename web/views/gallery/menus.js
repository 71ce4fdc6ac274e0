/** The menus of the selection: targets of "Send to", and collections. */
/** @import { State } from "../../state/types.js" */
/** @import { MakeRequest } from "../../state/requests.js" */
import { targetsOnWall } from "../../state/selectors/send-targets.js";
import { sentIds } from "../../state/selectors/gallery.js";
import { custom, h, reconcile, say, show } from "../../elements/dom.js";
import { icon } from "../../elements/icons.js";

/** @import { IconName } from "../../elements/icons.js" */

/** A button that opens a panel above or below it; a press elsewhere or Escape closes it. */
export class Menu {
  #words;
  panel = h("div", { class: "menu-panel" });
  element;

  /** @param {IconName} name @param {string} label */
  constructor(name, label) {
    this.#words = h("span", {}, label);
    const summary = h("summary", { class: "quiet", "aria-label": label, title: label }, icon(name), this.#words);
    this.element = h("details", { class: "menu" }, summary, this.panel);
    this.element.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !this.element.open) return;
      event.stopPropagation();
      this.close();
      summary.focus();
    });
    document.addEventListener("pointerdown", (event) => {
      if (this.element.open && event.target instanceof Node && !this.element.contains(event.target)) this.close();
    });
  }

  close() {
    this.element.open = false;
  }
}

/** @param {IconName} name @param {string} label @param {string} action whose keys are shown; empty for none @param {() => void} act */
function item(name, label, action, act) {
  const words = h("span", {}, label);
  return h("button", { type: "button", class: "menu-item", onclick: act }, icon(name), words, action ? custom("qp-key-hint", { class: "typed", "data-keys": action }) : null);
}

/** @typedef {{ metadata: boolean, provenance: boolean }} Kept the parts of files that an export keeps */

/** The choices of an export, with their labels. @type {readonly (Kept & { label: string, hint: string })[]} */
const EXPORTS = [
  { label: "Whole files", hint: "With prompts, settings and workflows", metadata: true, provenance: true },
  { label: "Without prompts", hint: "No prompt, no settings, no workflow; the marks of provenance stay", metadata: false, provenance: true },
  { label: "Images alone", hint: "Neither prompts nor marks of provenance", metadata: false, provenance: false },
];

/** "Zip": whole files, files without prompts, or images alone. */
export class ZipMenu extends Menu {
  /** @param {(kept: Kept) => void} download */
  constructor(download) {
    super("download", "Zip");
    for (const { label, hint, ...kept } of EXPORTS) {
      const choice = item("download", label, "", () => {
        this.close();
        download(kept);
      });
      choice.title = hint;
      this.panel.append(choice);
    }
  }
}

/** "Send to": the wall with the settings of an image, or its bricks that take an image. */
export class SendMenu extends Menu {
  #head = h("p", { class: "note" });
  #open = item("restore", "Wall: open with settings", "open-image", () => this.#act((ids) => this.request("open-on-wall", { asset: ids[0] ?? "" })));
  #input = item("input", "Wall: as image input", "use-image", () => this.#act((ids) => this.request("use-as-input", { assets: ids })));
  #bricks = h("div", { class: "menu-list" });
  /** @type {string[]} */
  #ids = [];

  /** @param {MakeRequest} request */
  constructor(request) {
    super("send", "Send to");
    this.request = request;
    this.panel.append(this.#head, this.#open, this.#input, this.#bricks);
  }

  /** @param {State} state */
  draw(state) {
    this.#ids = sentIds(state);
    say(this.#head, this.#ids.length === 1 ? "Send 1 image to" : `Send ${this.#ids.length.toLocaleString()} images to`);
    show(this.#open, this.#ids.length === 1);
    const targets = this.#ids.length === 1 ? targetsOnWall(state, "image") : [];
    reconcile(this.#bricks, targets, ({ brick, name }) => `${brick} ${name}`, ({ brick, name }) =>
      item("input", "", "", () => this.#act((ids) => this.request("send-to-brick", { asset: ids[0] ?? "", brick, name }))),
    (button, { title }) => button.children[1] && say(button.children[1], `Wall: ${title}`));
  }

  /** @param {(ids: string[]) => void} act */
  #act(act) {
    this.close();
    act(this.#ids);
  }
}

/** "Collect": a collection, or a new one. */
export class CollectMenu extends Menu {
  #list = h("div", { class: "menu-list" });
  #name = h("input", { class: "well slim", "aria-label": "Name of the new collection", placeholder: "New collection", maxlength: 100, autocomplete: "off" });
  #form = h("form", { class: "source-form" }, this.#name, h("button", { type: "submit", class: "quiet small" }, "Create"));

  /** @param {MakeRequest} request */
  constructor(request) {
    super("folder", "Collect");
    this.request = request;
    this.panel.append(this.#list, this.#form);
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      const name = this.#name.value.trim();
      if (!name) return;
      this.#name.value = "";
      this.close();
      this.request("new-collection", { name, collect: true });
    });
  }

  /** @param {State} state */
  draw({ gallery }) {
    reconcile(this.#list, gallery.collections, ({ id }) => id, ({ id }) =>
      item("folder", "", "", () => {
        this.close();
        this.request("collect-images", { collection: id });
      }),
    (button, { name }) => button.children[1] && say(button.children[1], name));
  }
}
