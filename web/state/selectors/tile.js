/** The tile of a task without a thumbnail: what it makes, as an icon or the ending of a file. */
/** @import { State, Task } from "../types.js" */
import { entryNamed } from "../../document/lookup.js";
import { isDownload } from "./downloads.js";
import { kindNamed } from "./kinds.js";

const LONGEST = 4; // letters that fit the tile
const ENDING = /\.([a-z0-9]{2,5})$/i;

/** @typedef {{ icon: "input" | "words" | "file" | "download" | "check", text: string }} Tile `text` replaces the icon */

/** @param {State} state @param {Task} task @returns {Tile} */
export function taskTile(state, task) {
  if (isDownload(task)) return { icon: "download", text: "" };
  const output = task.outputs[0];
  const saved = typeof output?.value === "string" ? (ENDING.exec(output.value)?.[1] ?? "") : "";
  const port = entryNamed(state.entries, task.operation)?.outputs[0];
  const kind = kindNamed(state, output?.kind ?? port?.type ?? "");
  if (kind?.display === "text") return { icon: "words", text: "" };
  if (kind?.display === "image") return { icon: "input", text: "" };
  const ending = kind?.display === "file" ? kind.ending : saved;
  if (kind?.display !== "file" && !saved) return { icon: "check", text: "" };
  return { icon: "file", text: ending.length <= LONGEST ? ending.toUpperCase() : "" };
}
