// Requests of elements and their effects, against a server of the test's own.
import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import "./dom.js";
import { Problem } from "../../../web/state/api.js";
import { image, stateWith, task, workflow } from "./state.js";

const { PageController } = await import("../../../web/state/controller.js");

/** A page with a state; `answers` replace methods of its API client. */
function page(parts, answers = {}) {
  const controller = new PageController();
  controller.store.set(stateWith(parts));
  Object.assign(controller.api, { wire: async (document) => ({ workflow: document, problems: [] }) }, answers);
  const toasts = () => controller.store.state.toasts.map(({ text }) => text);
  const props = (brick) => controller.store.state.workflow.bricks.find(({ id }) => id === brick)?.props;
  return { controller, perform: controller.perform.bind(controller), toasts, props, state: () => controller.store.state };
}

const prompted = (text) => workflow({ p: ["prompt", { prompt: text }], g: ["generate"] }, ["p.prompt g.prompt"]);

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout"] });
  globalThis.localStorage = { getItem: () => null, setItem: () => {} };
});
afterEach(() => {
  mock.timers.reset();
  delete globalThis.localStorage;
  delete globalThis.location;
});

test("a problem of the server becomes a toast with its fix, any other error is a bug", async () => {
  const { perform, state } = page({}, {
    cancel: async () => {
      throw new Problem(409, { detail: "The task ended.", fix: "Nothing to do." });
    },
    retry: async () => {
      throw new TypeError("bug");
    },
  });
  await perform("cancel-task", { task: "1" });
  assert.deepEqual(state().toasts.map(({ tone, text, fix }) => [tone, text, fix]), [["bad", "The task ended.", "Nothing to do."]]);
  await assert.rejects(perform("retry-task", { task: "1" }), TypeError);
});

test("a workflow that is saved while the presets are loading stays in the list", async () => {
  const stored = [];
  let send = () => {};
  const { perform, state } = page({ workflow: prompted("a house") }, {
    workflows: async () => ({ items: [...stored] }),
    presets: () => new Promise((done) => (send = () => done({ items: [] }))),
    saveWorkflow: async (name) => stored.push({ name }),
  });
  const opened = perform("show", { name: "library" });
  await perform("save-as", { name: "Houses" });
  send();
  await opened;
  assert.deepEqual(state().library, [{ name: "Houses" }]);
});

test("a run lists its tasks newest first and marks the bricks that it left blocked", async () => {
  const blocked = [{ brick: "g", needs: "p", detail: "Generate waits.", fix: "Write a prompt." }];
  const { perform, state } = page({ workflow: prompted(""), results: { g: ["old"] } }, { run: async () => ({ run_id: "r", tasks: { g: "new" }, waits: blocked }) });
  await perform("run", {});
  assert.deepEqual(state().results, { g: ["new", "old"] });
  assert.deepEqual(state().blocked, blocked);
  assert.ok(!state().starting);
});

test("a refused run puts each error on the brick that its path names", async () => {
  const errors = [{ field: "g.guidance_scale", detail: "At most 30.", fix: "" }, { brick: "p", field: "prompt", detail: "Empty.", fix: "" }, { field: "elsewhere", detail: "?", fix: "" }];
  const { perform, state } = page({ workflow: prompted("") }, {
    run: async () => {
      throw new Problem(422, { detail: "Invalid.", errors });
    },
  });
  await perform("run", {});
  assert.deepEqual(state().problems.map(({ brick, field, detail }) => [brick, field, detail]), [["g", "guidance_scale", "At most 30."], ["p", "prompt", "Empty."]]);
  assert.ok(!state().starting);
});

test("what a run answers after another workflow was opened stays out of it", async () => {
  for (const end of [(done) => done({ run_id: "r", tasks: { g: "late" }, waits: [] }), (_done, fail) => fail(new Problem(422, { detail: "Invalid.", errors: [{ field: "g.seed", detail: "Late.", fix: "" }] }))]) {
    let answer = () => {};
    const { perform, state } = page({ workflow: prompted("a cat") }, { run: () => new Promise((done, fail) => (answer = () => end(done, fail))) });
    const running = perform("run", {});
    await perform("new-wall", {});
    answer();
    await running;
    assert.deepEqual([state().results, state().problems, state().blocked, state().starting], [{}, [], [], false]);
    assert.deepEqual(state().toasts.filter(({ tone }) => tone === "bad"), []);
  }
});

test("a run that is cancelled before the server answered is cancelled once its tasks are known", async () => {
  let answer = () => {};
  const cancelled = [];
  const { controller, perform } = page({ workflow: prompted("a cat"), tasks: { new: task("new", { status: "running" }) } }, {
    run: () => new Promise((done) => (answer = () => done({ run_id: "r", tasks: { g: "new" }, waits: [] }))),
    cancel: async (id) => cancelled.push(id),
  });
  const running = perform("run", {});
  const ended = perform("cancel-run", {});
  await Promise.resolve();
  assert.deepEqual([controller.store.state.starting, cancelled], [true, []]);
  answer();
  await Promise.all([running, ended]);
  assert.deepEqual(cancelled, ["new"]);
});

test("bricks that are added at once stand in their order, whichever the server wires first", async () => {
  const answers = [];
  const { perform, state } = page({ workflow: workflow({}) }, { wire: (document) => new Promise((done) => answers.push(() => done({ workflow: document, problems: [] }))) });
  const added = ["prompt", "generate", "image_output"].map((type) => perform("add-brick", { type }));
  while (state().workflow.bricks.length < 3) {
    await new Promise(setImmediate);
    answers.pop()?.();
  }
  await Promise.all(added);
  assert.deepEqual(state().workflow.bricks.map(({ type, column }) => [type, column]), [["prompt", 0], ["generate", 1], ["image_output", 2]]);
});

const rewritten = (text) => ({
  submit: async () => ({ task_id: "t" }),
  task: async () => task("t", { operation: "translate", outputs: [{ kind: "text", value: text }] }),
});

test("a rewritten prompt replaces the text, and undo restores it", async () => {
  const { perform, props, toasts, controller } = page({ workflow: prompted("un chat") }, rewritten("a cat"));
  await perform("rewrite-prompt", { brick: "p", operation: "translate" });
  assert.deepEqual(props("p"), { prompt: "a cat" });
  assert.deepEqual(toasts(), ["Translate finished."]);
  controller.store.undo();
  assert.deepEqual(props("p"), { prompt: "un chat" });
});

test("a rewritten prompt with words that its model cannot draw is hidden", async () => {
  const model = { id: "small", label: "Small", present: true, vocabulary: { animals: ["cat"] }, modes: { generate: {} } };
  const vocabulary = ["a", "cat"];
  const unknown = (text = "") => text.split(" ").filter((word) => word && !vocabulary.includes(word));
  const countTokens = async ({ prompt }) => ({ window: 9, long_prompt: "cut", model: "small", prompt: { unknown: unknown(prompt).map((word) => ({ word, nearest: null })) } });
  const rewrite = async (before, after, models) => {
    const { perform, props, toasts } = page({ workflow: prompted(before), models }, { ...rewritten(after), countTokens });
    await perform("rewrite-prompt", { brick: "p", operation: "translate" });
    return [props("p").prompt, toasts()[0]];
  };
  const hidden = "Translate: the text was hidden, because Small cannot draw majestic, lion.";
  assert.deepEqual(await rewrite("a cat", "a majestic lion", [model]), ["a cat", hidden]);
  assert.deepEqual(await rewrite("un chat", "a lion", [model]), ["a lion", "Translate finished."]);
  assert.deepEqual(await rewrite("a cat", "a majestic lion", [{ ...model, vocabulary: {} }]), ["a majestic lion", "Translate finished."]);
});

test("a prompt that changed meanwhile is left as the user typed it", async () => {
  const answers = rewritten("a cat");
  const { perform, props, toasts } = page({ workflow: prompted("un chat") }, {
    ...answers,
    task: async () => {
      await perform("set-prop", { brick: "p", name: "prompt", value: "un chat noir" });
      return answers.task();
    },
  });
  await perform("rewrite-prompt", { brick: "p", operation: "translate" });
  assert.deepEqual(props("p"), { prompt: "un chat noir" });
  assert.deepEqual(toasts(), ["You kept typing, so your prompt was left unchanged."]);
});

test("an unchanged text says so, an empty prompt starts nothing, a failure stays at the prompt", async () => {
  const same = page({ workflow: prompted("a cat") }, rewritten("a cat"));
  await same.perform("rewrite-prompt", { brick: "p", operation: "translate" });
  assert.deepEqual(same.toasts(), ["Translate made no changes."]);
  const empty = page({ workflow: prompted(" ") }, { submit: () => assert.fail("submitted") });
  await empty.perform("rewrite-prompt", { brick: "p", operation: "translate" });
  assert.deepEqual(empty.toasts(), ["Write a prompt first."]);
  const pull = [{ id: "opus", label: "Opus", bytes: 1 }];
  const failing = page({ workflow: prompted("un chat") }, { submit: async () => ({ task_id: "t" }), task: async () => task("t", { status: "failed", error: { detail: "No model.", fix: "Download it.", pull } }) });
  await failing.perform("rewrite-prompt", { brick: "p", operation: "translate" });
  assert.deepEqual(failing.state().rewrites.p.trouble, { detail: "No model.", fix: "Download it.", pull });
});

test("a save that would replace a version of others is offered as two workflows or one", async () => {
  const saves = [];
  const conflict = () => {
    throw new Problem(409, { code: "workflow_changed", detail: "Changed." });
  };
  const saveWorkflow = async (name, document, replaces) => {
    saves.push([name, document.name, replaces]);
    return replaces === "old" || (replaces === "" && name === "house") ? conflict() : "new";
  };
  const workflows = async () => ({ items: [{ name: "house" }, { name: "house 2" }] });
  const opened = { workflow: { ...prompted("a"), name: "house" }, savedName: "house", savedRevision: "old" };
  const { perform, state, toasts } = page(opened, { saveWorkflow, workflows });
  await perform("save", {});
  assert.deepEqual([saves.at(-1), state().saveConflict, toasts()], [["house", "house", "old"], { name: "house" }, []]);
  await perform("end-conflict", {});
  assert.equal(state().saveConflict, null);
  await perform("save", {});
  await perform("save-over", { name: "house" });
  assert.deepEqual([saves.at(-1), state().savedRevision, state().saveConflict], [["house", "house", null], "new", null]);
  await perform("save", {});
  assert.deepEqual(saves.at(-1), ["house", "house", "new"]);
  const copy = page(opened, { saveWorkflow, workflows });
  await copy.perform("save", {});
  await copy.perform("save-both", { name: "house" });
  assert.deepEqual([saves.at(-1), copy.state().savedName, copy.state().workflow.name], [["house 3", "house 3", ""], "house 3", "house 3"]);
  const unsaved = page({ workflow: prompted("a") }, { saveWorkflow, workflows });
  await unsaved.perform("save-as", { name: "house" });
  assert.deepEqual([saves.at(-1)[2], unsaved.state().saveConflict], ["", { name: "house" }]);
});

test("an image sent to a wired input changes the value brick that feeds it", async () => {
  const { perform, props } = page({ workflow: workflow({ i: ["image_input"], v: ["img2img"] }, ["i.image v.image"]) });
  await perform("send-image", { asset: "A", type: "img2img", name: "image", brick: "v" });
  assert.deepEqual(props("i"), { image: "A" });
});

test("an image sent to an input that another operation feeds takes its place", async () => {
  const { perform, props, state } = page({ workflow: workflow({ g: ["generate"], v: ["img2img"] }, ["g.image v.image"]) });
  await perform("send-image", { asset: "A", type: "img2img", name: "image", brick: "v" });
  assert.deepEqual(props("v"), { image: "A" });
  assert.deepEqual(state().workflow.wires, []);
});

test("an image is restored as one workflow of the server, in one step of undo; what is missing is named", async () => {
  const calls = [];
  const restored = { workflow: { ...prompted("a house"), name: "a house" }, seed_policy: "random", missing: [{ name: "night" }] };
  const call = async (...details) => (calls.push(details), restored);
  const { perform, state, props, toasts } = page({ workflow: prompted("before") }, { call });
  globalThis.location = { hash: "" };
  await perform("restore-asset", { asset: "A" });
  assert.deepEqual(calls, [["POST", "/assets/A/restore", { seeds: "same" }]]);
  assert.deepEqual([props("p"), state().overlay.name], [{ prompt: "a house" }, ""]);
  assert.match(JSON.stringify(toasts()), /Missing on this machine: night/u);
  await perform("undo", {});
  assert.deepEqual(props("p"), { prompt: "before" });
});

test("a saved mask fixes the random seeds of the image under it", async () => {
  const painted = workflow({ g: ["generate"], m: ["mask_painter"] }, ["g.image m.image"]);
  const tasks = { 1: task("1", { params: { seed: 9 }, outputs: [image("A")] }) };
  const { perform, props } = page({ workflow: painted, results: { g: ["1"] }, tasks }, { upload: async () => ({ id: "M" }) });
  await perform("save-masks", { brick: "m", masks: [{ mask: {} }] });
  assert.deepEqual(props("m"), { mask: "M" });
  assert.deepEqual(props("g"), { seed: 9 });
});

test("a drawing becomes the image of its brick, with what it was drawn from", async () => {
  const drawn = workflow({ c: ["pose_canvas"] });
  const { perform, props } = page({ workflow: drawn }, { upload: async () => ({ id: "D" }) });
  await perform("save-drawing", { brick: "c", image: {}, props: { pose: { people: [] } } });
  assert.deepEqual(props("c"), { image: "D", pose: { people: [] } });
  await perform("save-drawing", { brick: "c", image: null });
  assert.equal(props("c").image, undefined);
});

test("a dropped file with a workflow opens it, any other becomes an input image", async () => {
  const file = {};
  const imported = {
    workflow: { name: "Windmills", bricks: [{ id: "g", type: "generate" }], wires: [] },
    report: { approximated: 0, unmapped: 0, missing: [] },
  };
  const carried = page({}, { importFile: async () => imported });
  await carried.perform("upload-file", { file });
  assert.equal(carried.state().workflow.name, "Windmills");
  const plain = page({}, { importFile: async () => null, upload: async () => ({ id: "A", warnings: [] }) });
  await plain.perform("upload-file", { file });
  assert.deepEqual(plain.state().workflow.bricks.map(({ type, props }) => [type, props]), [["image_input", { image: "A" }]]);
  assert.deepEqual(plain.state().uploading, []);
});

test("a failed upload leaves no upload in progress", async () => {
  const { perform, state } = page({}, {
    upload: async () => {
      throw new Problem(413, { detail: "Too large." });
    },
  });
  await perform("upload-file", { file: {}, brick: "v", name: "image" });
  assert.deepEqual(state().uploading, []);
});

test("a model is one download, whether all of it or a few parts are missing", async () => {
  const pulled = [];
  const models = [
    { id: "absent", label: "Absent", state: "missing", lacks: [{ id: "absent" }, { id: "vae" }] },
    { id: "partial", label: "Partial", state: "incomplete", lacks: [{ id: "vae" }, { id: null }, { id: "encoder" }] },
  ];
  const { perform } = page({ models }, { pullModel: async (id) => (pulled.push(id), { task_id: id }), task: async (id) => task(id) });
  for (const model of ["absent", "partial", "upscaler"]) await perform("pull-model", { model });
  assert.deepEqual(pulled, ["absent", "partial", "upscaler"]);
});

test("a new brick is wired by the server, and stands unwired while it is offline", async () => {
  const bricks = prompted("a house");
  const wired = page({ workflow: bricks }, { wire: async (document, append) => ({ workflow: { ...document, wires: [...document.wires, { from: "g.image", to: `${append}.image` }] } }) });
  await wired.perform("add-brick", { type: "image_output" });
  assert.equal(wired.state().workflow.wires.length, 2);
  assert.equal(wired.state().added, wired.state().workflow.bricks.at(-1).id);
  const offline = page({ workflow: bricks }, {
    wire: async () => {
      throw new Problem(0, {});
    },
  });
  await offline.perform("add-brick", { type: "image_output" });
  assert.equal(offline.state().workflow.bricks.length, 3);
  assert.equal(offline.state().workflow.wires.length, 1);
});

test("only the newest text of a pause is counted, and a failure keeps the last count", async () => {
  const asked = [];
  const { perform, state, toasts } = page({ workflow: prompted("a cat") }, {
    countTokens: async ({ prompt }) => {
      asked.push(prompt);
      if (prompt === "bad") throw new Problem(422, { detail: "Broken." });
      return { model: "nano", window: 32, long_prompt: "cut", prompt: { tokens: prompt.length } };
    },
  });
  const settle = async () => {
    mock.timers.tick(1000);
    for (let turn = 0; turn < 9; turn += 1) await Promise.resolve();
  };
  for (const text of ["a", "a c", "a ca"]) await perform("count-tokens", { brick: "p", question: JSON.stringify({ prompt: text }) });
  await settle();
  assert.deepEqual(asked, ["a ca"]);
  assert.deepEqual(state().tokenCounts.p.texts, { prompt: { tokens: 4 } });
  await perform("count-tokens", { brick: "p", question: '{"prompt":"bad"}' });
  await settle();
  assert.deepEqual(asked, ["a ca", "bad"]);
  assert.deepEqual(state().tokenCounts.p.texts, { prompt: { tokens: 4 } });
  assert.deepEqual(toasts(), []);
});

test("an event that arrives while a download's task is fetched is kept", async () => {
  const { controller, perform, state } = page({}, {
    pullModel: async () => ({ task_id: "t" }),
    task: async (id) => {
      controller.store.set({ tasks: { t: task("t", { status: "failed", version: 3 }) } });
      return task(id, { status: "running", version: 2 });
    },
  });
  await perform("pull-model", { model: "m" });
  assert.equal(state().tasks.t.status, "failed");
});

test("opening a place closes the sheets of a small screen", async () => {
  const { perform, controller, state } = page({ place: "gallery" });
  const open = () => controller.store.set({ queueOpen: true, gallery: { ...state().gallery, sheet: "filters" } });
  const sheets = () => [state().queueOpen, state().gallery.sheet];
  const before = globalThis.matchMedia;
  globalThis.location = { hash: "" };
  try {
    globalThis.matchMedia = () => ({ matches: true });
    open();
    await perform("open-place", { place: "gallery" });
    assert.deepEqual(sheets(), [false, "filters"], "the sheet of the place itself stays");
    open();
    await perform("show-place", { place: "wall" });
    assert.deepEqual(sheets(), [false, ""]);
    globalThis.matchMedia = () => ({ matches: false });
    open();
    await perform("show-place", { place: "gallery" });
    assert.ok(state().queueOpen, "the drawer of a large screen stays");
  } finally {
    globalThis.matchMedia = before;
    delete globalThis.location;
  }
});

test("the switch of run on change is remembered", async () => {
  const stored = new Map();
  globalThis.localStorage = { getItem: (key) => stored.get(key) ?? null, setItem: (key, value) => stored.set(key, value) };
  const { perform, state } = page({});
  for (const on of [true, false]) {
    await perform("toggle-run-on-change", {});
    assert.equal(state().runOnChange, on);
    assert.equal(stored.get("qpyt.run-on-change"), String(on));
  }
});

test("a run on change sends the seeds of the last run", async () => {
  const sent = [];
  const run = async (document) => {
    sent.push(document.bricks.find(({ id }) => id === "g").props.seed);
    return { tasks: { g: "1" }, waits: [] };
  };
  const { perform } = page({ workflow: prompted("a house"), tasks: { 1: task("1", { params: { seed: 5 } }) } }, { run });
  for (const keepSeeds of [false, true]) await perform("run", { keepSeeds });
  assert.deepEqual(sent, [undefined, 5]);
});
