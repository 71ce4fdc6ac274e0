// Runs graphs of modules as plain modules and as linked scripts, and reports the exports and order of both as JSON.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [, , folder] = process.argv;
const load = (...parts) => import(pathToFileURL(join(folder, ...parts)));
const describe = (value) => (typeof value === "function" ? [value.name, value.toString(), call(value)] : value);
const call = (value) => (/^(class|async|function\*)/.test(value.toString()) ? value.length : value());
const exportsOf = (module) => Object.keys(module).map((name) => [name, describe(module[name])]);

const report = {};
for (const graph of readdirSync(folder).filter((name) => name.startsWith("graph")).sort()) {
  globalThis.order = [];
  const { $modules } = await load(graph, "linked.mjs");
  const linked = { order: globalThis.order, exports: {} };
  for (const path of Object.keys($modules)) linked.exports[path] = exportsOf($modules[path]);
  globalThis.order = [];
  await load(graph, "app.js");
  const plain = { order: globalThis.order, exports: {} };
  for (const path of Object.keys($modules)) plain.exports[path] = exportsOf(await load(graph, path));
  report[graph] = { linked, plain };
}
console.log(JSON.stringify(report));
