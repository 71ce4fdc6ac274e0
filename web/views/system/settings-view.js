/** The settings: grouped, searchable, each with its source; and the machine over time. */
/** @import { State } from "../../state/types.js" */
/** @import { SettingList, SettingProblem } from "../../state/system.js" */
import { searchSettings } from "../../state/system.js";
import { count } from "../../state/words.js";
import { custom, h, say, show } from "../../elements/dom.js";
import { QpElement } from "../../elements/element.js";
import { SettingRow } from "./setting-row.js";
import "./machine-view.js";

export class SettingsView extends QpElement {
  #search = h("input", { type: "search", class: "well", placeholder: "Search settings", "aria-label": "Search settings" });
  #about = h("p", { class: "muted settings-about" });
  #found = h("p", { class: "unseen", role: "status" });
  #groups = h("div", { class: "setting-groups" });
  /** @type {Map<string, SettingRow>} by name */
  #rows = new Map();
  /** @type {Map<string, HTMLElement>} by group */
  #sections = new Map();
  /** @type {SettingList | null} */
  #settings = null;
  /** @type {SettingProblem | null} */
  #problem = null;

  /** @override */
  build() {
    this.#search.addEventListener("input", () => this.#filter());
    const head = h("header", { class: "section-head" }, h("h2", {}, "Settings"), this.#search);
    this.append(h("div", { class: "system-page" }, custom("qp-machine-view"), h("section", {}, head, this.#about, this.#found, this.#groups)));
    this.request("load-settings", {});
  }

  /** @override @param {State} state */
  render({ views: { settings, problem } }) {
    if (!settings || (settings === this.#settings && problem === this.#problem)) return;
    const first = this.#settings === null;
    this.#settings = settings;
    this.#problem = problem;
    for (const setting of settings.items) {
      const row = this.#rows.get(setting.name) ?? new SettingRow(setting, this.request.bind(this));
      this.#rows.set(setting.name, row);
      row.draw(setting, problem);
    }
    const profile = settings.profile ? ` Profile: ${settings.profile}.` : "";
    const locked = settings.read_only ? " Settings are read-only here." : "";
    say(this.#about, `Changes are written to ${settings.file}.${profile}${locked}`);
    if (first) this.#build(settings);
  }

  /** @param {SettingList} settings */
  #build({ items, groups }) {
    for (const { id, title } of groups) {
      const rows = items.filter(({ group }) => group === id).map(({ name }) => /** @type {SettingRow} */ (this.#rows.get(name)).element);
      if (!rows.length) continue;
      const section = h("section", { class: "setting-group", "aria-label": title }, h("h3", {}, title), ...rows);
      this.#sections.set(id, section);
      this.#groups.append(section);
    }
    this.#filter();
  }

  #filter() {
    if (!this.#settings) return;
    const matches = new Set(searchSettings(this.#settings, this.#search.value));
    for (const item of this.#settings.items) show(/** @type {SettingRow} */ (this.#rows.get(item.name)).element, matches.has(item));
    for (const [id, section] of this.#sections) show(section, [...matches].some(({ group }) => group === id));
    say(this.#found, this.#search.value ? count(matches.size, "setting") : "");
  }
}

customElements.define("qp-settings-view", SettingsView);
