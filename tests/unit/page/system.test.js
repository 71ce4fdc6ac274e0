/** The settings, the log and the plot: pure functions over what the server answers. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { EMPTY_LOG, LOG_KEPT, logQuery, readSetting, searchSettings, settingText, withLater } from "../../../web/state/system.js";
import { runsOf, summaryOf } from "../../../web/elements/plot.js";

const record = (number) => ({ id: String(number).padStart(6, "0"), time: "", level: "info", logger: "core", message: String(number) });
const records = (from, to) => Array.from({ length: to - from }, (_, index) => record(from + index));
const setting = (name, schema, more = {}) => ({ name, variable: `QPYT_${name.toUpperCase()}`, group: "logs", description: "Level of the log.", schema, source: "default", ...more });

test("later records are added once, in order", () => {
  const log = { ...EMPTY_LOG, items: records(0, 5), newest: "000004" };
  const next = withLater(log, { items: records(3, 8), newest: "000007" });
  assert.deepEqual(next.items, records(0, 8));
  assert.equal(next.newest, "000007");
});

test("the page keeps the newest records, and can load the older ones again", () => {
  const log = { ...EMPTY_LOG, items: records(0, LOG_KEPT), newest: "x", older: null };
  const next = withLater(log, { items: records(LOG_KEPT, LOG_KEPT + 10), newest: null });
  assert.equal(next.items.length, LOG_KEPT);
  assert.equal(next.older, next.items[0].id);
  assert.equal(next.newest, "x");
});

test("a query names only what is filtered", () => {
  assert.equal(logQuery(EMPTY_LOG.filter), "limit=200");
  assert.equal(logQuery({ task: "T", level: "", q: "a b" }, { after: "9" }), "task=T&q=a+b&after=9&limit=200");
});

test("settings are found by every word of name, description, group and source", () => {
  const list = { groups: [{ id: "logs", title: "Log and history" }], items: [setting("log_level", {}), setting("port", {}, { description: "Port to listen on." })] };
  const names = (text) => searchSettings(list, text).map(({ name }) => name);
  assert.deepEqual(names(""), ["log_level", "port"]);
  assert.deepEqual(names("LOG level"), ["log_level"]);
  assert.deepEqual(names("log_level"), ["log_level"]);
  assert.deepEqual(names("history listen"), ["port"]);
  assert.deepEqual(names("nothing"), []);
});

test("a text is read as the type of its setting", () => {
  const nullable = { anyOf: [{ type: "integer" }, { type: "null" }] };
  assert.equal(readSetting(setting("a", { type: "integer" }), " 7 "), 7);
  assert.equal(readSetting(setting("a", { type: "number" }), "x"), undefined);
  assert.equal(readSetting(setting("a", nullable), ""), null);
  assert.deepEqual(readSetting(setting("a", { type: "array" }), "a, b,,"), ["a", "b"]);
  assert.equal(readSetting(setting("a", { type: "string" }), "7"), "7");
  assert.equal(settingText(["a", 1]), "a, 1");
  assert.equal(settingText(null), "");
});

test("a line is interrupted where nothing was measured", () => {
  assert.deepEqual(runsOf([null, 1, 2, null, 3, null]), [[1, 2], [4]]);
  assert.deepEqual(runsOf([null]), []);
});

test("the text of a plot has the newest value and the peak with its time", () => {
  const line = { label: "Processor", kind: 0, values: [10, 80, 20], high: [15, 99, 30], text: (value) => `${value} %` };
  const data = { times: [1, 2, 3], lines: [line], time: (at) => `t${at}` };
  assert.equal(summaryOf(line, data), "Processor: 20 % now, highest 99 % at t2.");
  assert.equal(summaryOf({ ...line, values: [null] }, data), "Processor: not measured.");
});
