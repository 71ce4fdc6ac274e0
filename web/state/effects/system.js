/** The settings, the log and the machine over time. */
/** @import { Context } from "./context.js" */
/** @import { LogState, SettingValue, SystemViews } from "../system.js" */
import { Problem } from "../api.js";
import { Newest } from "../newest.js";
import { EMPTY_LOG, logQuery, withLater } from "../system.js";
import { openPlace } from "./page.js";

const [settings, histories] = [new Newest(), new Newest()];

/** @param {Context} context @param {Partial<SystemViews>} change */
function setViews({ store }, change) {
  store.set({ views: { ...store.state.views, ...change } });
}

/** @param {Context} context */
async function loadSettings(context) {
  const list = await settings.of(() => context.api.call("GET", "/settings"));
  if (list) setViews(context, { settings: list });
}

/** @param {Context} context @param {Record<string, SettingValue>} values */
async function changeSettings(context, values) {
  const [name = ""] = Object.keys(values);
  try {
    setViews(context, { settings: await context.api.call("PATCH", "/settings", values), problem: null });
  } catch (error) {
    if (!(error instanceof Problem) || error.status === 0) throw error;
    const detail = error.errors[0]?.detail ?? error.message;
    setViews(context, { problem: { name: error.field || name, detail, fix: error.fix } });
  }
}

/** Loads the newest records. @param {Context} context @param {Partial<LogState>} [change] */
async function loadLog(context, change = {}) {
  const { store, api } = context;
  const log = { ...store.state.views.log, ...change };
  setViews(context, { log });
  const page = await api.call("GET", `/logs?${logQuery(log.filter)}`);
  const now = store.state.views.log;
  if (now.filter !== log.filter) return; // another filter was chosen meanwhile
  setViews(context, { log: { ...now, items: page.items, newest: page.newest, older: page.older, loaded: true } });
}

/** Loads records after the newest one. @param {Context} context */
async function loadLater(context) {
  const { store, api } = context;
  const { log } = store.state.views;
  if (!log.loaded || log.paused) return;
  if (log.newest === null) return loadLog(context);
  const page = await api.call("GET", `/logs?${logQuery(log.filter, { after: log.newest })}`);
  const now = store.state.views.log;
  if (now.filter === log.filter && page.items.length) setViews(context, { log: withLater(now, page) });
}

/** @satisfies {Partial<import("./context.js").Effects>} */
export const systemEffects = {
  "load-settings": (context) => loadSettings(context),

  "set-setting": (context, { name, value }) => changeSettings(context, { [name]: value }),

  "load-machine": async (context, { hours }) => {
    const history = await histories.of(() => context.api.call("GET", `/system/history?hours=${hours}&points=240`));
    if (history) setViews(context, { machine: { ...history, hours } });
  },

  "load-log": (context, filter) => loadLog(context, { filter: { ...context.store.state.views.log.filter, ...filter } }),

  "older-log": async (context) => {
    const { log } = context.store.state.views;
    if (!log.older) return;
    const page = await context.api.call("GET", `/logs?${logQuery(log.filter, { before: log.older })}`);
    const now = context.store.state.views.log;
    if (now.filter === log.filter && now.older === log.older) setViews(context, { log: { ...now, items: [...page.items, ...now.items], older: page.older } });
  },

  "pause-log": async (context, { paused }) => {
    setViews(context, { log: { ...context.store.state.views.log, paused } });
    await loadLater(context);
  },

  "show-task-log": async (context, { task }) => {
    openPlace("log");
    await loadLog(context, { filter: { ...EMPTY_LOG.filter, task } });
  },
};

/** @param {Context} context @param {{ type: string, data: any }} event */
export function applySystemEvent(context, { type }) {
  const { store } = context;
  const missed = type === "missed";
  if ((missed || type === "log") && store.state.place === "log") void quietly(loadLater(context));
  if ((missed || type === "settings") && store.state.views.settings) void quietly(loadSettings(context));
}

/** Waits for a load that the user did not request: offline, the next event repeats it. @param {Promise<void>} load */
export async function quietly(load) {
  try {
    await load;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
  }
}
