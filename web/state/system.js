/**
 * The settings, the log and the machine over time, as the page holds them.
 *
 * @typedef {boolean | number | string | (string | number)[] | null} SettingValue
 *
 * @typedef {object} Setting
 * @property {string} name
 * @property {string} variable
 * @property {string} group
 * @property {string} description
 * @property {Record<string, any>} schema JSON schema of the value
 * @property {string | null} unit
 * @property {SettingValue} value
 * @property {SettingValue} default
 * @property {string} source
 * @property {boolean} secret
 * @property {boolean} editable
 * @property {string | null} obstacle
 * @property {boolean} restart
 * @property {boolean} pending
 * @property {SettingValue} next_value
 *
 * @typedef {{ items: Setting[], groups: { id: string, title: string }[], file: string, profile: string | null, read_only: boolean }} SettingList
 * @typedef {{ name: string, detail: string, fix: string }} SettingProblem
 *
 * @typedef {object} LogRecord
 * @property {string} id
 * @property {string} time
 * @property {string} level
 * @property {string} logger
 * @property {string} message
 * @property {string} [task_id]
 * @property {string} [worker]
 * @property {string} [request_id]
 *
 * @typedef {{ task: string, level: string, q: string }} LogFilter
 * @typedef {{ items: LogRecord[], filter: LogFilter, paused: boolean, newest: string | null, older: string | null, loaded: boolean }} LogState
 *
 * @typedef {{ id: string, label: string, unit: string, maximum: number | null, values: (number | null)[], low: (number | null)[], high: (number | null)[] }} MachineSeries
 * @typedef {{ id: string, operation: string, lane: string, status: string, started_at: string, finished_at: string }} TaskSpan
 * @typedef {{ interval_seconds: number, times: string[], series: MachineSeries[], tasks: TaskSpan[], hours: number }} MachineHistory
 *
 * @typedef {{ settings: SettingList | null, problem: SettingProblem | null, log: LogState, machine: MachineHistory | null }} SystemViews null until opened
 */

/** The records that the page keeps at most. */
export const LOG_KEPT = 1000;
/** The records of one request. */
export const LOG_PAGE = 200;

/** @type {LogState} */
export const EMPTY_LOG = {
  items: [],
  filter: { task: "", level: "", q: "" },
  paused: false,
  newest: null,
  older: null,
  loaded: false,
};

/** @type {SystemViews} */
export const NO_VIEWS = { settings: null, problem: null, log: EMPTY_LOG, machine: null };

/**
 * The query of a request for records.
 * @param {LogFilter} filter
 * @param {Record<string, string>} more
 */
export function logQuery(filter, more = {}) {
  const given = Object.entries({ ...filter, ...more, limit: String(LOG_PAGE) }).filter(([, value]) => value);
  return new URLSearchParams(given).toString();
}

/**
 * The log with later records; the oldest leave. Records that it has already are left out.
 * @param {LogState} log
 * @param {{ items: LogRecord[], newest: string | null }} page
 * @returns {LogState}
 */
export function withLater(log, page) {
  const last = log.items.at(-1)?.id ?? "";
  const items = [...log.items, ...page.items.filter(({ id }) => id > last)].slice(-LOG_KEPT);
  const older = items[0] !== log.items[0] && log.items.length ? (items[0]?.id ?? null) : log.older;
  return { ...log, items, older, newest: page.newest ?? log.newest };
}

/**
 * Settings whose name, variable, description or group has the words of a text.
 * @param {SettingList} list
 * @param {string} text
 */
export function searchSettings(list, text) {
  const words = text.toLowerCase().split(/[\s_]+/).filter(Boolean);
  const titles = new Map(list.groups.map(({ id, title }) => [id, title]));
  return list.items.filter((item) => {
    const all = `${item.name.replaceAll("_", " ")} ${item.variable} ${item.description} ${titles.get(item.group) ?? ""} ${item.source}`.toLowerCase();
    return words.every((word) => all.includes(word));
  });
}

/**
 * The value of a setting from the text of its field: null to reset it, undefined where the text is
 * no value of its type.
 * @param {Setting} setting
 * @param {string} text
 * @returns {SettingValue | undefined}
 */
export function readSetting(setting, text) {
  const kinds = typesOf(setting.schema);
  const plain = text.trim();
  if (kinds.includes("array")) return plain.split(",").map((part) => part.trim()).filter(Boolean);
  if (kinds.includes("null") && plain === "") return null;
  if (kinds.includes("integer") || kinds.includes("number")) {
    const number = Number(plain);
    return plain === "" || Number.isNaN(number) ? undefined : number;
  }
  return text;
}

/** @param {Record<string, any>} schema @returns {string[]} */
export function typesOf(schema) {
  if (schema.anyOf) return schema.anyOf.flatMap(typesOf);
  return schema.type ? [schema.type] : [];
}

/** @param {SettingValue} value */
export function settingText(value) {
  if (value === null) return "";
  return Array.isArray(value) ? value.join(", ") : String(value);
}
