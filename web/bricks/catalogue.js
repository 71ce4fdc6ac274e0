/** The elements of brick types: those with editors of their own, the others by kind. */
/** @import { Entry } from "../document/types.js" */
import { BatchMonitorBrick } from "./batch-monitor.js";
import { BrickElement } from "./brick.js";
import { CanvasBrick, DepthCanvasBrick, PoseCanvasBrick } from "./canvas.js";
import { ImageInputBrick } from "./image-input.js";
import { ImageOutputBrick } from "./image-output.js";
import { LorasBrick } from "./loras.js";
import { MaskPainterBrick } from "./mask-painter.js";
import { OperationBrick } from "./operation.js";
import { PromptBrick } from "./prompt.js";
import { QueueMonitorBrick } from "./queue/queue-brick.js";
import { RegionsBrick } from "./regions.js";
import { RunSetBrick } from "./run-set.js";
import { SettingsBrick } from "./settings.js";
import { StyleStackBrick } from "./style-stack.js";
import { UnknownBrick } from "./unknown.js";
import { ValueBrick } from "./value.js";

/** @type {Record<string, new () => BrickElement>} */
const EDITORS = {
  prompt: PromptBrick,
  settings: SettingsBrick,
  image_input: ImageInputBrick,
  lora_stack: LorasBrick,
  style_stack: StyleStackBrick,
  mask_painter: MaskPainterBrick,
  regions: RegionsBrick,
  scribble_canvas: CanvasBrick,
  depth_canvas: DepthCanvasBrick,
  pose_canvas: PoseCanvasBrick,
  queue_monitor: QueueMonitorBrick,
  run_set: RunSetBrick,
  batch_monitor: BatchMonitorBrick,
};

/** @type {Record<string, new () => BrickElement>} */
const BY_KIND = {
  operation: OperationBrick,
  value: ValueBrick,
  view: ImageOutputBrick,
};

/**
 * @param {Entry | undefined} entry
 * @param {string} id
 * @returns {BrickElement}
 */
export function createBrick(entry, id) {
  const Kind = (entry && (EDITORS[entry.name] ?? BY_KIND[entry.kind])) ?? UnknownBrick;
  const brick = new Kind();
  brick.brickId = id;
  return brick;
}
