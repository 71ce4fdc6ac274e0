/** The header: the tabs, the open document of the place with its tools, and the strong button. */
/** @import { State } from "../state/types.js" */
/** @import { Place } from "./places.js" */
import { unfinishedTasks } from "../state/selectors/tasks.js";
import { custom, h, say, show } from "../elements/dom.js";
import { QpElement } from "../elements/element.js";
import { icon } from "../elements/icons.js";
import { placeNamed, WALL } from "./places.js";

export class Header extends QpElement {
  #head = h("div", { class: "head" });
  #cancel = h("button", { type: "button", class: "quiet cancel", title: "Cancel the run", "data-keys": "cancel-run", hidden: true });
  #strong = h("button", { type: "button", class: "run" });
  #strongText = h("span", {});
  /** @type {Place | null} */
  #place = null;
  /** @type {Map<string, HTMLElement>} heads of the visited places by tag */
  #heads = new Map();
  /** @type {State | null} */
  #state = null;

  /** @override */
  build() {
    this.setAttribute("role", "banner");
    this.#cancel.append(icon("stop"), h("span", {}, "Cancel"));
    this.#cancel.addEventListener("click", () => this.request("cancel-run", {}));
    this.#strong.addEventListener("click", () => {
      if (!this.#state || !this.#place?.strong) return;
      const [name, detail] = this.#place.strong.request(this.#state);
      this.request(name, detail);
    });
    const theme = this.#button("theme", "Toggle theme", "toggle-theme", () => this.request("toggle-theme", {}));
    const help = this.#button("help", "Keyboard shortcuts", "show-shortcuts", () => this.request("show", { name: "shortcuts" }));
    help.classList.add("wide-only");
    const mark = h("span", { class: "mark", "aria-hidden": "true" }, ...Array.from({ length: 4 }, () => h("i", {})));
    this.append(
      h("h1", { class: "brand" }, mark, h("span", { class: "brand-name" }, "Qpyt Studio")),
      custom("qp-place-tabs"),
      this.#head,
      h("div", { class: "tools page-tools", role: "toolbar", "aria-label": "Page" }, theme, help),
      h("div", { class: "go" }, custom("qp-queue-chip"), this.#cancel, this.#strong),
    );
  }

  /** @override @param {State} state */
  render(state) {
    this.#state = state;
    const place = placeNamed(state.place);
    if (place !== this.#place) this.#open(place);
    show(this.#cancel, place === WALL && unfinishedTasks(state).length > 0);
    if (!place.strong) return;
    this.#strong.disabled = !place.strong.ready(state);
    say(this.#strongText, place.strong.text(state));
  }

  /** @param {Place} place */
  #open(place) {
    this.#place = place;
    this.dataset.place = place.id;
    const { head = "", strong } = place;
    if (head && !this.#heads.has(head)) this.#heads.set(head, custom(head));
    this.#head.replaceChildren(this.#heads.get(head) ?? h("div", { class: "head-document" }, h("strong", {}, place.title)));
    show(this.#strong, strong !== undefined);
    if (!strong) return;
    this.#strong.title = strong.title;
    this.#strong.dataset.keys = strong.keys;
    this.#strong.replaceChildren(icon(strong.icon), this.#strongText, custom("qp-key-hint", { "data-keys": strong.keys }));
  }

  /**
   * @param {import("../elements/icons.js").IconName} name
   * @param {string} label
   * @param {string} action whose keys the tooltip names
   * @param {() => void} act
   */
  #button(name, label, action, act) {
    return h("button", { type: "button", class: "bare", "aria-label": label, title: label, "data-keys": action, onclick: act }, icon(name));
  }
}

customElements.define("qp-header", Header);
