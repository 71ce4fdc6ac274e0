// Snapshots for tests: a complete state with the parts that a test names.
import { repair } from "../../../web/document/workflow.js";
import { Store } from "../../../web/state/store.js";

const EMPTY = new Store().state;

/** Kinds as the server serves them, cut to what the page reads. */
export const KINDS = [
  { name: "image", noun: "image", display: "image", ending: "png", wire: { light: "green", dark: "lime" } },
  { name: "mask", noun: "mask", display: "image", ending: "png", wire: { light: "blue", dark: "aqua" } },
  { name: "text", noun: "text", display: "text", ending: "", wire: { light: "purple", dark: "violet" } },
];

export const ENTRIES = [
  {
    name: "prompt",
    kind: "value",
    title: "Prompt",
    category: "input",
    has_brick: true,
    rewrites: [],
    inputs: [],
    outputs: [{ name: "prompt", type: "text" }],
    model_fields: [],
    schema: { properties: { prompt: { title: "Prompt", ui: { widget: "textarea", tokens: true } }, negative_prompt: { default: "" } } },
  },
  {
    name: "image_input",
    kind: "value",
    title: "Image",
    category: "input",
    has_brick: true,
    rewrites: [],
    inputs: [],
    outputs: [{ name: "image", type: "image" }],
    model_fields: [],
    schema: { properties: { image: { title: "Image", ui: { widget: "image" } } } },
  },
  {
    name: "style_stack",
    kind: "value",
    title: "Styles",
    category: "input",
    has_brick: true,
    rewrites: [],
    inputs: [],
    outputs: [{ name: "styles", type: "styles" }],
    model_fields: [],
    schema: { properties: { styles: { title: "Styles", default: [], maxItems: 8, ui: { widget: "hidden" } } } },
  },
  {
    name: "generate",
    kind: "operation",
    title: "Generate",
    category: "generator",
    has_brick: true,
    rewrites: [],
    inputs: [
      { name: "prompt", type: "text", fields: ["prompt"], required: true, many: false },
      { name: "styles", type: "styles", fields: ["styles"], required: false, many: false },
    ],
    outputs: [{ name: "image", type: "image", many: true }],
    model_fields: ["guidance_scale"],
    schema: {
      properties: {
        prompt: { title: "Prompt" },
        model: { title: "Model", ui: { widget: "model" } },
        guidance_scale: { title: "Guidance scale", ui: { from_model: true } },
        seed: { title: "Seed" },
      },
    },
  },
  {
    name: "img2img",
    kind: "operation",
    title: "Image to image",
    category: "generator",
    has_brick: true,
    rewrites: [],
    inputs: [{ name: "image", type: "image", fields: ["image"], required: true, many: false }],
    outputs: [{ name: "image", type: "image", many: true }],
    model_fields: [],
    schema: { properties: { image: { title: "Image", ui: { widget: "image" } }, strength: { default: 0.6 } } },
  },
  {
    name: "translate",
    kind: "operation",
    title: "Translate",
    category: "input",
    has_brick: true,
    rewrites: ["prompt", "negative_prompt"],
    inputs: [{ name: "prompt", type: "text", fields: ["prompt"], required: true, many: false }],
    outputs: [{ name: "text", type: "text", many: false }],
    model_fields: [],
    schema: { properties: { prompt: { title: "Prompt" } } },
  },
  {
    name: "image_output",
    kind: "view",
    title: "Output",
    category: "output",
    has_brick: true,
    rewrites: [],
    inputs: [{ name: "image", type: "image", fields: [], required: false, many: true }],
    outputs: [],
    model_fields: [],
    schema: { properties: {} },
  },
  {
    name: "queue_monitor",
    kind: "view",
    title: "Queue",
    category: "output",
    has_brick: true,
    rewrites: [],
    inputs: [],
    outputs: [],
    model_fields: [],
    schema: { properties: {} },
  },
];

/** A state with the declarations above and the given parts. */
export function stateWith(parts = {}) {
  return { ...EMPTY, entries: ENTRIES, kinds: KINDS, ...parts };
}

/** A workflow of bricks `{ id: [type, props] }` and wires `"a.port b.port"`. */
export function workflow(bricks, wires = []) {
  return repair({
    bricks: Object.entries(bricks).map(([id, [type, props = {}]], column) => ({ id, type, props, column, row: 0 })),
    wires: wires.map((wire) => ({ from: wire.split(" ")[0], to: wire.split(" ")[1] })),
  });
}

/** A task with the fields that tests leave out. */
export function task(id, parts = {}) {
  return {
    id,
    operation: "generate",
    title: "Generate",
    status: "completed",
    hold_reasons: [],
    version: 1,
    params: {},
    progress: null,
    outputs: [],
    warnings: [],
    error: null,
    timings: {},
    cancel_requested: false,
    cached: false,
    finished_at: null,
    ...parts,
  };
}

/** An image output. */
export function image(asset, parts = {}) {
  return { port: "image", index: 0, kind: "image", asset_id: asset, url: `/files/${asset}`, seed: null, ...parts };
}
