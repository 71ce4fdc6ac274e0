// Drafts of several tabs that share one browser's storage.
import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { fromDraft, storedDrafts } from "../../../web/state/draft.js";
import { Store } from "../../../web/state/store.js";
import { workflow } from "./state.js";

const prompts = (drafts) => drafts.map((draft) => draft.workflow.bricks[0].props.prompt);

/** Storage of a browser or a tab. */
function storage() {
  const stored = new Map();
  return {
    getItem: (key) => stored.get(key) ?? null,
    setItem: (key, value) => stored.set(key, value),
    removeItem: (key) => stored.delete(key),
  };
}

/** A tab of the page: its store, after it has restored what is stored. */
class Tab {
  session = storage();

  constructor() {
    this.open();
  }

  /** Opens or reloads the page. */
  open() {
    this.use();
    this.store = new Store();
    const draft = this.store.drafts.read();
    if (draft) this.store.set(fromDraft(draft));
  }

  use() {
    globalThis.sessionStorage = this.session;
    mock.timers.tick(1);
  }

  write(prompt) {
    this.use();
    this.store.commit("Edit", workflow({ p: ["prompt", { prompt }] }));
  }

  get others() {
    return prompts(this.store.drafts.others(this.store.state.workflow));
  }
}

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout", "Date"] });
  globalThis.localStorage = storage();
});
afterEach(() => {
  mock.timers.reset();
  delete globalThis.localStorage;
  delete globalThis.sessionStorage;
});

test("a tab replaces its own draft", () => {
  const tab = new Tab();
  for (const prompt of ["a", "b", "c"]) tab.write(prompt);
  assert.deepEqual(prompts(storedDrafts()), ["c"]);
});

test("restoring a draft does not write it", () => {
  const first = new Tab();
  first.write("a");
  const before = storedDrafts();
  new Tab();
  assert.deepEqual(storedDrafts(), before);
});

test("a tab that continues the draft of another replaces it", () => {
  new Tab().write("a");
  new Tab().write("b");
  assert.deepEqual(prompts(storedDrafts()), ["b"]);
});

test("tabs that change one draft keep every version, and each reload its own", () => {
  new Tab().write("start");
  const tabs = [new Tab(), new Tab(), new Tab()];
  for (const round of [1, 2, 3]) tabs.forEach((tab, index) => tab.write(`tab ${index}, ${round}`));
  assert.deepEqual(prompts(storedDrafts()).sort(), ["tab 0, 3", "tab 1, 3", "tab 2, 3"]);
  for (const [index, tab] of tabs.entries()) {
    tab.open();
    assert.equal(tab.store.state.workflow.bricks[0].props.prompt, `tab ${index}, 3`);
    assert.deepEqual(tab.others.sort(), [0, 1, 2].filter((other) => other !== index).map((other) => `tab ${other}, 3`));
  }
});

test("the same change in two tabs is listed once", () => {
  const [mine, other] = [new Tab(), new Tab()];
  mine.write("a");
  other.write("a");
  assert.deepEqual(mine.others, []);
});

test("a version that the server has is not listed, and its revision is known", () => {
  const [mine, other] = [new Tab(), new Tab()];
  mine.write("mine");
  other.write("theirs");
  const { drafts, state } = other.store;
  assert.equal(drafts.sentRevision(state.draftId), 0);
  drafts.markSent(state.draftId, 4);
  assert.equal(drafts.sentRevision(state.draftId), "all");
  assert.deepEqual(mine.others, []);
  other.write("theirs, again");
  assert.equal(drafts.sentRevision(state.draftId), 4);
  assert.deepEqual(mine.others, ["theirs, again"]);
});

test("a new version starts beside all others", () => {
  const [mine, other] = [new Tab(), new Tab()];
  mine.write("mine");
  other.write("theirs");
  mine.store.drafts.branch();
  mine.write("theirs, changed");
  assert.deepEqual(prompts(storedDrafts()).sort(), ["mine", "theirs", "theirs, changed"]);
});

test("a discarded version leaves the list, the own one stays", () => {
  const [mine, other] = [new Tab(), new Tab()];
  mine.write("mine");
  other.write("theirs");
  mine.use();
  mine.store.drafts.discard(other.store.state.workflow);
  assert.deepEqual(mine.others, []);
  mine.open();
  assert.deepEqual(prompts([mine.store.state]), ["mine"]);
});

test("the number of kept versions is limited", () => {
  const tabs = Array.from({ length: 30 }, () => new Tab());
  tabs.forEach((tab, index) => tab.write(`tab ${index}`));
  assert.equal(storedDrafts().length, 21);
  assert.equal(prompts(storedDrafts())[0], "tab 29");
});

test("a draft of an earlier release is continued", () => {
  globalThis.localStorage.setItem("qpyt.draft", JSON.stringify({ workflow: workflow({ p: ["prompt", { prompt: "old" }] }) }));
  const tab = new Tab();
  assert.equal(tab.store.state.workflow.bricks[0].props.prompt, "old");
  tab.write("new");
  assert.deepEqual(prompts(storedDrafts()), ["new"]);
});
