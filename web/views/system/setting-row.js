/** One setting: its control by its schema, source, marks, reset and errors. */
/** @import { MakeRequest } from "../../state/requests.js" */
/** @import { Setting, SettingProblem, SettingValue } from "../../state/system.js" */
import { readSetting, settingText, typesOf } from "../../state/system.js";
import { gigabytes, quantity, size } from "../../state/words.js";
import { fill, h, say, show } from "../../elements/dom.js";
import { icon } from "../../elements/icons.js";

/** @type {Record<string, string>} */
export const SOURCES = {
  option: "Command line",
  environment: "Environment",
  env_file: ".env",
  user_file: "Settings file",
  profile: "Profile",
  default: "Default",
};

export class SettingRow {
  #source = h("span", { class: "chip source-chip" });
  #pending = h("span", { class: "chip pending-chip", hidden: true });
  #value = h("span", { class: "muted setting-size" });
  #note = h("p", { class: "setting-note muted", hidden: true });
  #error = h("p", { class: "setting-error", role: "alert", hidden: true });
  #reset = h("button", { type: "button", class: "bare", title: "Reset: remove it from the settings file" }, icon("undo"));
  /** @type {HTMLInputElement | HTMLSelectElement} */
  #control;

  /** @param {Setting} setting @param {MakeRequest} request */
  constructor(setting, request) {
    this.request = request;
    this.setting = setting;
    this.#control = controlOf(setting);
    const id = `setting-${setting.name}`;
    this.#control.id = id;
    this.#note.id = `${id}-note`;
    this.#error.id = `${id}-error`;
    this.#control.setAttribute("aria-describedby", `${this.#note.id} ${this.#error.id}`);
    this.#control.addEventListener("change", () => this.#send());
    this.#reset.setAttribute("aria-label", `Reset ${setting.name}`);
    this.#reset.addEventListener("click", () => request("set-setting", { name: setting.name, value: null }));
    const restart = h("span", { class: "restart-mark", title: "A change takes effect at the next start" }, setting.restart ? "needs restart" : "");
    const label = h("label", { for: id, title: setting.variable }, words(setting.name));
    const unit = setting.unit && h("span", { class: "muted unit" }, setting.unit);
    this.element = h(
      "div",
      { class: "setting", "data-setting": setting.name },
      h("div", { class: "setting-text" }, label, h("p", { class: "muted" }, setting.description), this.#note, this.#error),
      h("div", { class: "setting-edit" }, h("div", { class: "setting-control" }, this.#control, unit, this.#value, this.#reset), h("div", { class: "setting-marks" }, this.#source, this.#pending, restart)),
    );
  }

  /** @param {Setting} setting @param {SettingProblem | null} problem */
  draw(setting, problem) {
    this.setting = setting;
    const shown = setting.pending ? setting.next_value : setting.value;
    const failed = problem?.name === setting.name;
    if (this.#control instanceof HTMLInputElement && this.#control.type === "checkbox") this.#control.checked = shown === true;
    else if (document.activeElement !== this.#control && !failed) fill(this.#control, settingText(shown));
    this.#control.disabled = !setting.editable;
    say(this.#value, setting.unit === "bytes" && typeof shown === "number" && shown >= 1 << 20 ? readable(shown) : "");
    say(this.#source, SOURCES[setting.source] ?? setting.source);
    this.#source.dataset.source = setting.source;
    show(this.#pending, setting.pending);
    say(this.#pending, `Restart needed; in use: ${settingText(setting.value) || "none"}`);
    show(this.#reset, setting.editable && (setting.source === "user_file" || setting.pending));
    show(this.#note, setting.obstacle !== null);
    say(this.#note, setting.obstacle ?? "");
    show(this.#error, failed);
    this.#control.setAttribute("aria-invalid", String(failed));
    say(this.#error, failed ? `${problem.detail} ${problem.fix}` : "");
  }

  #send() {
    const value = this.#read();
    if (value !== undefined) this.request("set-setting", { name: this.setting.name, value });
  }

  /** @returns {SettingValue | undefined} */
  #read() {
    if (this.#control instanceof HTMLInputElement && this.#control.type === "checkbox") return this.#control.checked;
    return readSetting(this.setting, this.#control.value) ?? (this.#control.value.trim() === "" ? null : this.#control.value);
  }
}

/** @param {number} bytes */
function readable(bytes) {
  return bytes >= 1 << 30 ? quantity(gigabytes(bytes), "GB") : size(bytes);
}

/** @param {string} name */
function words(name) {
  const text = name.replaceAll("_", " ");
  return text[0]?.toUpperCase() + text.slice(1);
}

/** @param {Setting} setting @returns {HTMLInputElement | HTMLSelectElement} */
function controlOf({ schema, secret }) {
  const kinds = typesOf(schema);
  if (schema.enum) return h("select", { class: "well slim" }, ...schema.enum.map((/** @type {string} */ value) => h("option", { value }, value)));
  if (kinds.includes("boolean")) return h("input", { type: "checkbox", class: "switch", role: "switch" });
  const number = kinds.includes("integer") || kinds.includes("number");
  return h("input", {
    type: secret ? "password" : "text",
    class: "well slim",
    inputmode: number ? "decimal" : null,
    spellcheck: "false",
    autocomplete: "off",
    placeholder: kinds.includes("null") ? "none" : null,
  });
}
