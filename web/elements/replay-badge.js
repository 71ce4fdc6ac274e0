/** The result of the last replay of an image. */
/** @import { ReplayReport } from "../state/types.js" */
import { replayChanges, replayText } from "../state/selectors/task-log.js";
import { say, show } from "./dom.js";

/** @param {HTMLElement} badge @param {ReplayReport | null} report */
export function drawReplay(badge, report) {
  show(badge, report !== null);
  if (!report) return;
  say(badge, [replayText(report), ...replayChanges(report)].join("\n"));
  badge.dataset.identical = String(report.identical);
}
