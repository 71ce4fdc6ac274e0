/** Requests: what a page sees when the connection ends before, and within, an answer. */
import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { Client, Problem } from "../../../web/state/api.js";
import { ImageApi } from "../../../web/state/image-api.js";
import { Api } from "../../../web/state/studio-api.js";

const { fetch } = globalThis;
afterEach(() => {
  globalThis.fetch = fetch;
});

/** An answer whose body ends with an error. */
function cut() {
  const body = new ReadableStream({ start: (controller) => controller.error(new TypeError("Failed to fetch")) });
  return new Response(body, { status: 200 });
}

/** @type {Record<string, () => Promise<unknown>>} */
const requests = {
  "the JSON of an answer": () => new Client().call("GET", "/tasks"),
  "the text of an answer": () => new Client().text("/log"),
  "a stored draft": () => new Api().putDraft("house", /** @type {any} */ ({}), 1),
  "a workflow": () => new Api().workflow("house"),
  "the file of an image": () => new ImageApi(new Api()).file(/** @type {any} */ ({ id: "house", url: "/api/assets/house/file" })),
};

for (const [name, request] of Object.entries(requests)) {
  test(`${name} that the connection cuts off says that the server does not respond`, async () => {
    for (const answer of [() => Promise.resolve(cut()), () => Promise.reject(new TypeError("Failed to fetch"))]) {
      globalThis.fetch = answer;
      await assert.rejects(request, (error) => error instanceof Problem && error.status === 0);
    }
  });
}
