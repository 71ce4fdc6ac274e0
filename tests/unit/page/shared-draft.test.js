// Pages that share the draft of a canvas: changes arrive, merge, and are never lost.
import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import * as doc from "../../../web/document/workflow.js";
import { Problem } from "../../../web/state/api.js";
import { fromDraft, storedDrafts } from "../../../web/state/draft.js";
import { SharedDraft } from "../../../web/state/shared-draft.js";
import { Store } from "../../../web/state/store.js";
import { chance, edited, faultsOf } from "./chance.js";
import { ENTRIES, workflow } from "./state.js";

const WALL = workflow({ p: ["prompt", { prompt: "a house" }], g: ["generate"] }, ["p.prompt g.prompt"]);
const OFFLINE = new Problem(0, { detail: "The server is not responding." });

/** Storage of a browser or a tab. */
function storage() {
  const stored = new Map();
  return { getItem: (key) => stored.get(key) ?? null, setItem: (key, value) => stored.set(key, value), removeItem: (key) => stored.delete(key) };
}

/** The drafts of a server, with its refusals; pages hear of changes. */
class Server {
  drafts = new Map();
  pages = [];
  away = false;
  puts = 0;

  api() {
    return {
      draft: async (id) => this.#answer(() => structuredClone(this.drafts.get(id) ?? null)),
      putDraft: async (id, { origin, ...content }, replaces) =>
        this.#answer(() => {
          const current = this.drafts.get(id)?.revision ?? 0;
          if (current !== replaces) throw new Problem(409, { code: "workflow_changed" });
          this.puts += 1;
          this.drafts.set(id, structuredClone({ id, revision: current + 1, ...content }));
          for (const page of this.pages) page.events.push({ id, revision: current + 1, origin });
          return current + 1;
        }),
      draftOf: async (name) => this.#answer(() => ({ id: `saved-${name}`, revision: 0, workflow: WALL, results: {}, saved: { name, revision: '"1"', at: null, edited: false }, ...structuredClone(this.drafts.get(`saved-${name}`)) })),
      workflow: async (name) => this.#answer(() => ({ workflow: { ...WALL, name }, revision: '"1"' })),
    };
  }

  #answer(work) {
    if (this.away) throw OFFLINE;
    return work();
  }
}

/** A page: a browser's storage, a tab's storage, its store. */
class Page {
  constructor(server, local = storage(), session = storage()) {
    Object.assign(this, { server, local, session, events: [] });
    this.open();
  }

  open() {
    this.use();
    this.server.pages = this.server.pages.filter((page) => page !== this);
    this.store = new Store();
    this.store.set({ entries: ENTRIES, connection: "online" });
    const draft = this.store.drafts.read();
    this.store.set(draft ? fromDraft(draft) : { workflow: WALL, draftId: "canvas-1" });
    this.shared = new SharedDraft(this.store, this.server.api(), () => {});
    this.server.pages.push(this);
    this.shared.start();
  }

  use() {
    globalThis.localStorage = this.local;
    globalThis.sessionStorage = this.session;
  }

  edit(change, key) {
    this.use();
    this.store.commit("Edit", change(this.store.state.workflow), key);
  }

  type(prompt, brick = "p") {
    this.edit((wall) => doc.setProps(wall, brick, { prompt }));
  }

  get prompt() {
    return doc.find(this.store.state.workflow, "p")?.props.prompt;
  }

  get conflicts() {
    return this.store.state.conflicts.map(({ brick, field, theirs }) => [brick, field, theirs]);
  }
}

/** Lets all pages receive and send, one at a time, as each has its own storage. */
async function settle(...pages) {
  for (let round = 0; round < 4; round += 1) {
    for (const page of pages) {
      page.use();
      for (const event of page.events.splice(0)) page.shared.notice(event);
      await new Promise(setImmediate);
      await page.shared.flush();
    }
  }
}

let server;
beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout"] });
  server = new Server();
});
afterEach(() => {
  mock.timers.reset();
  delete globalThis.localStorage;
  delete globalThis.sessionStorage;
});

test("a canvas that nobody edited is not stored", async () => {
  await settle(new Page(server));
  assert.equal(server.puts, 0);
});

test("pages see each other's changes, and undo reverts the own ones only", async () => {
  const [mine, other] = [new Page(server), new Page(server)];
  await settle(mine, other);
  mine.type("a boat");
  await settle(mine, other);
  assert.equal(other.prompt, "a boat");
  other.edit((wall) => doc.setProps(wall, "g", { seed: 7 }));
  await settle(mine, other);
  assert.deepEqual(doc.find(mine.store.state.workflow, "g").props, { seed: 7 });
  mine.use();
  mine.store.undo();
  await settle(mine, other);
  for (const page of [mine, other]) {
    assert.equal(page.prompt, "a house");
    assert.deepEqual(doc.find(page.store.state.workflow, "g").props, { seed: 7 });
  }
  mine.store.redo();
  assert.equal(mine.prompt, "a boat");
});

test("unsent edits of different bricks merge", async () => {
  const [mine, other] = [new Page(server), new Page(server)];
  await settle(mine, other);
  mine.type("a boat");
  other.edit((wall) => doc.setProps(wall, "g", { seed: 7 }));
  await settle(mine, other);
  assert.deepEqual([mine, other].map((page) => [page.prompt, doc.find(page.store.state.workflow, "g").props.seed]), [["a boat", 7], ["a boat", 7]]);
  assert.deepEqual(other.conflicts, []);
});

for (const keep of ["mine", "theirs"]) {
  test(`of one field both values are kept until one is chosen: ${keep}`, async () => {
    const [first, second] = [new Page(server), new Page(server)];
    await settle(first, second);
    first.type("a boat");
    second.type("a tower");
    await settle(first, second);
    assert.deepEqual([first.prompt, second.prompt], ["a boat", "a tower"]);
    assert.deepEqual(second.conflicts, [["p", "props.prompt", "a boat"]]);
    second.open();
    await settle(second, first);
    assert.deepEqual([second.prompt, second.conflicts], ["a tower", [["p", "props.prompt", "a boat"]]], "a reload keeps both");
    const { libraryEffects } = await import("../../../web/state/effects/library.js");
    second.use();
    libraryEffects["resolve-conflict"]({ store: second.store }, { brick: "p", field: "props.prompt", keep });
    await settle(first, second);
    const chosen = keep === "mine" ? "a tower" : "a boat";
    assert.deepEqual([first.prompt, second.prompt, second.conflicts], [chosen, chosen, []]);
  });
}

test("edits without a server are sent when it is back, also after a reload", async () => {
  const [mine, other] = [new Page(server), new Page(server)];
  mine.type("a boat");
  await settle(mine, other);
  server.away = true;
  mine.type("a boat at sea");
  await settle(mine, other);
  assert.equal(other.prompt, "a boat");
  mine.open();
  server.away = false;
  other.edit((wall) => doc.setProps(wall, "g", { seed: 7 }));
  await settle(other);
  mine.use();
  await mine.shared.sync();
  await settle(mine, other);
  for (const page of [mine, other]) assert.deepEqual([page.prompt, doc.find(page.store.state.workflow, "g").props.seed], ["a boat at sea", 7]);
});

test("an edit that the server stored before its answer got lost is no conflict with the next one", async () => {
  const [mine, other] = [new Page(server), new Page(server)];
  await settle(mine, other);
  const { putDraft } = mine.shared.api;
  for (const prompt of ["a house on a h", "a house on a hill"]) {
    mine.type(prompt);
    mine.shared.api.putDraft = async (...sent) => {
      await putDraft(...sent).catch(() => null);
      throw OFFLINE;
    };
    await mine.shared.flush();
  }
  mine.shared.api.putDraft = putDraft;
  mine.type("a boat");
  await settle(mine, other);
  assert.deepEqual([mine.prompt, other.prompt], ["a boat", "a boat"]);
  assert.deepEqual([mine.conflicts, other.conflicts], [[], []]);
});

test("a closed tab's unsent edits are sent by the next one, and a seen draft takes what is new", async () => {
  const [mine, other] = [new Page(server), new Page(server)];
  mine.type("a boat");
  await settle(mine, other);
  server.pages = [other];
  other.type("a tower");
  await settle(other);
  const seen = new Page(server, mine.local);
  await settle(seen);
  assert.equal(seen.prompt, "a tower", "all was sent, so there is nothing to merge");
  server.away = true;
  seen.edit((wall) => doc.setProps(wall, "g", { seed: 7 }));
  await settle(seen);
  server.away = false;
  const next = new Page(server, mine.local);
  await settle(next);
  assert.equal(doc.find(server.drafts.get("canvas-1").workflow, "g").props.seed, 7);
});

test("a draft that the server lost is stored again with the next edit", async () => {
  const page = new Page(server);
  page.type("a boat");
  await settle(page);
  server.drafts.clear();
  page.type("a tower");
  await settle(page);
  assert.equal(server.drafts.get("canvas-1").workflow.bricks[0].props.prompt, "a tower");
});

test("pages that open a saved workflow share its draft from the first edit on, also after a reload", async () => {
  const pages = [new Page(server), new Page(server)];
  for (const page of pages) {
    page.use();
    page.store.open("Open sea", WALL, { draftId: "saved-sea", savedName: "sea", savedRevision: '"1"', savedWorkflow: WALL });
    await settle(page);
    page.open();
    await settle(page);
  }
  assert.equal(server.puts, 0);
  pages[0].type("a boat");
  await settle(...pages);
  assert.equal(pages[1].prompt, "a boat");
});

test("a refusal is shown once, and the canvas stays in the browser", async () => {
  const page = new Page(server);
  await settle(page);
  page.shared.api.putDraft = async () => {
    throw new Problem(413, { detail: "The draft is too large." });
  };
  for (const prompt of ["a", "b", "c"]) {
    page.type(prompt);
    await settle(page);
  }
  assert.deepEqual(page.store.state.toasts.map(({ text }) => text), ["This canvas is stored in this browser only: The draft is too large."]);
  assert.equal(storedDrafts()[0].workflow.bricks[0].props.prompt, "c");
});

test("a canvas has its own draft, and the former one returns with undo", async () => {
  const [mine, other] = [new Page(server), new Page(server)];
  mine.type("a boat");
  await settle(mine, other);
  mine.use();
  mine.store.open("Open", workflow({ n: ["prompt"] }));
  await settle(mine, other);
  other.type("a tower");
  await settle(mine, other);
  assert.equal(mine.prompt, undefined);
  mine.use();
  mine.store.undo();
  await settle(mine, other);
  assert.equal(mine.prompt, "a tower");
});

test("an edit just before another canvas is opened is sent, too", async () => {
  const [mine, other] = [new Page(server), new Page(server)];
  await settle(mine, other);
  mine.type("a boat");
  await new Promise(setImmediate);
  mine.store.open("Open", workflow({ n: ["prompt"] }));
  await settle(mine, other);
  assert.equal(other.prompt, "a boat");
});

test("a workflow that one page saves is saved for the others, too", async () => {
  const [mine, other] = [new Page(server), new Page(server)];
  await settle(mine, other);
  mine.type("a boat");
  mine.store.set({ savedName: "sea", savedRevision: '"1"', savedWorkflow: mine.store.state.workflow, savedAt: 5 });
  await settle(mine, other);
  const { savedName, savedWorkflow, workflow: shown } = other.store.state;
  assert.equal(savedName, "sea");
  assert.deepEqual(savedWorkflow, shown);
});

test("pages with random edits, some of them without a server, agree in the end", async () => {
  for (let seed = 0; seed < 25; seed += 1) {
    server = new Server();
    const draw = chance(seed);
    const pages = [new Page(server), new Page(server), new Page(server)];
    for (let step = 0; step < 12; step += 1) {
      const page = pages[draw(pages.length)];
      page.edit((wall) => edited(wall, draw, 1 + draw(3)));
      if (draw(4) === 0) server.away = !server.away;
      if (draw(3) === 0) await settle(page);
    }
    server.away = false;
    for (const page of pages) {
      page.use();
      await page.shared.sync();
    }
    await settle(...pages);
    for (const page of pages) {
      page.use();
      for (const { brick, field } of page.store.state.conflicts) {
        const { libraryEffects } = await import("../../../web/state/effects/library.js");
        libraryEffects["resolve-conflict"]({ store: page.store }, { brick, field, keep: "theirs" });
      }
      await settle(...pages);
    }
    const texts = pages.map((page) => JSON.stringify(doc.repair(page.store.state.workflow).bricks.toSorted((a, b) => a.id.localeCompare(b.id))));
    assert.equal(new Set(texts).size, 1, `seed ${seed}`);
    assert.deepEqual(faultsOf(pages[0].store.state.workflow), [], `seed ${seed}`);
  }
});
