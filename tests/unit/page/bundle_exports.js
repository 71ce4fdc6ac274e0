// Runs the script of all modules, then every module by itself, and reports the differences of both as JSON.
import "./dom.js";

const [, , script, folder] = process.argv;
globalThis.location = { href: "http://studio.test/", protocol: "http:" };
globalThis.localStorage = { getItem: () => null, setItem() {} };
globalThis.fetch = async () => new Response("{}", { status: 503 });
globalThis.WebSocket = class extends EventTarget {
  close() {}
};
const surface = new Proxy(function () {}, {
  get: (_, name) => (name === Symbol.toPrimitive ? () => 0 : surface),
  apply: () => surface,
  set: () => true,
});
HTMLElement.prototype.getContext = () => surface;

/** The exports of a module: kind, name and the number of parameters. */
const shape = (exports) => Object.fromEntries(Object.keys(exports).sort().map((key) => [key, describe(exports[key])]));
const describe = (value) =>
  typeof value === "function"
    ? [value.name, value.length, ...Object.getOwnPropertyNames(value.prototype ?? {}), ...Object.getOwnPropertyNames(value)]
    : JSON.stringify(value, (_, part) => (part instanceof Map || part instanceof Set ? [...part] : part)) ?? typeof value;
const tags = [];
const { define } = customElements;
customElements.define = (tag, Kind) => {
  tags.push(`${tag} ${Kind.name}`);
  define(tag, Kind);
};
/** Waits until the page has shown that its server answers nothing: two outlines alike, a moment apart. */
const settled = async () => {
  for (let before = ""; before !== (before = JSON.stringify(outline(document.body))); )
    await new Promise((resolve) => setTimeout(resolve, 200));
};
const outline = (node) => [node.tagName, [...node.childNodes].map(outline)];

const { $modules } = await import(script);
await settled();
const bundled = { tags: tags.splice(0), body: outline(document.body) };
const modules = [];
for (const path of Object.keys($modules)) modules.push([path, shape($modules[path]), shape(await import(folder + path))]);
await settled();
const single = { tags, body: outline(document.body) };
process.stdout.write(JSON.stringify({ bundled, single, modules }), () => process.exit(0)); // a pipe takes it in parts
