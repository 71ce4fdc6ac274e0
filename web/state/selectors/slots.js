/** The images of a brick in slots: those of an unfinished run, reserved at its start, then all others. */
/** @import { Brick } from "../../document/types.js" */
/** @import { Picture, State, Task } from "../types.js" */
import { inputPictures, inputRuns, unfinished } from "./tasks.js";

/**
 * @typedef {object} Slot
 * @property {string} key the same before and after the end of the run
 * @property {number} number of the image in its run, from 1
 * @property {Task} task
 * @property {Picture | null} picture null until the run has ended
 * @property {string} url of the image; empty while it is not finished
 * @property {string} thumbnail
 * @property {boolean} live this image is being generated
 */

/**
 * @param {State} state
 * @param {Brick} brick a view
 * @param {string[]} ports
 * @returns {Slot[]}
 */
export function imageSlots(state, brick, ports) {
  const finished = inputPictures(state, brick, ports).map(finishedSlot);
  const open = inputRuns(state, brick, ports).findLast(({ task }) => unfinished(task));
  return open ? [...reservedSlots(open.task, open.output), ...finished] : finished;
}

/** @param {Picture} picture @returns {Slot} */
export function finishedSlot(picture) {
  const { output, task } = picture;
  const key = slotKey(task, output);
  return { key, number: output.index + 1, task, picture, url: output.url, thumbnail: output.thumbnail_url, live: false };
}

/** @param {Task} task @param {string} port @returns {Slot[]} */
function reservedSlots(task, port) {
  const { progress } = task;
  const total = progress?.images ?? Number(task.params.num_images ?? 1);
  const stored = (progress?.outputs ?? []).filter((output) => !port || output.port === port);
  return Array.from({ length: Math.max(1, total) }, (_, index) => {
    const url = stored.find((output) => output.index === index)?.url ?? "";
    const live = !url && task.status === "running" && index === (progress?.image ?? 1) - 1;
    return { key: slotKey(task, { port, index }), number: index + 1, task, picture: null, url, thumbnail: url, live };
  });
}

/** @param {Task} task @param {{ port: string, index: number }} output */
function slotKey(task, { port, index }) {
  return `${task.id} ${port} ${index}`;
}
