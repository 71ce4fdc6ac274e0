// Opens the page of a running studio, as modules or as one script, in a document of nodes, adds every brick, and reports what was drawn as JSON.
import "../../unit/page/dom.js";

const [, , address, script] = process.argv;
const problems = [];
const request = globalThis.fetch;
const stored = new Map();
const surface = new Proxy(function () {}, {
  get: (_, name) => (name === Symbol.toPrimitive ? () => 0 : surface),
  apply: () => surface,
  set: () => true,
});
const sleep = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

Object.assign(globalThis, {
  fetch: (path, options) => request(new URL(path, address), options),
  location: { href: `${address}/`, protocol: "http:" },
  localStorage: { getItem: (key) => stored.get(key) ?? null, setItem: (key, value) => stored.set(key, value) },
  WebSocket: class extends EventTarget {
    close() {}
  },
});
HTMLElement.prototype.getContext = () => surface;
HTMLElement.prototype.select = () => {};
for (const name of ["uncaughtException", "unhandledRejection"]) process.on(name, (error) => problems.push(String(error.stack)));

/** Waits until a condition holds, at most a minute. */
async function until(condition) {
  for (let tries = 0; tries < 600 && !condition(); tries += 1) await sleep(100);
}

await import(script).catch((error) => {
  console.error(error);
  process.exit(1);
});
const bricks = () => document.body.querySelectorAll(".brick");
await until(() => bricks().length > 0);
const first = bricks().map((brick) => brick.getAttribute("aria-label"));
const { items } = await (await fetch("/api/operations")).json();
const ask = (name, detail) =>
  document.body.firstElementChild.dispatchEvent(new CustomEvent("qp-request", { bubbles: true, detail: { name, detail } }));
ask("new-wall", {});
await until(() => bricks().length === 0);
const offered = items.filter((entry) => entry.has_brick);
for (const [index, entry] of offered.entries()) {
  ask("add-brick", { type: entry.name, column: 0, row: 0 });
  await until(() => bricks().length === index + 1);
}
for (const name of ["palette", "library", "shortcuts", "image-picker", "viewer", ""]) {
  ask("show", { name });
  await sleep(300);
}
for (const place of ["gallery", "wall"]) {
  ask("open-place", { place });
  document.dispatchEvent(new Event("hashchange"));
  await sleep(300);
}
const fields = bricks().flatMap((brick) =>
  brick.querySelectorAll("label.field-label").map((label) => ({ brick: brick.getAttribute("aria-label"), label: label.textContent, tooltip: label.title })),
);
console.log(JSON.stringify({ first, drawn: bricks().map((brick) => brick.getAttribute("aria-label")), offered: offered.map(({ title }) => `${title} brick`), fields, problems }));
process.exit(0);
