/** The studio's own line icons, 16 × 16, drawn in the colour of the text. */
import { svg } from "./dom.js";

const PATHS = {
  plus: "M8 3v10M3 8h10",
  close: "M4 4l8 8M12 4l-8 8",
  play: "M5 3.5v9l7.5-4.5z",
  stop: "M4.5 4.5h7v7h-7z",
  pause: "M5.5 3.5v9M10.5 3.5v9",
  crop: "M5 2v9h9M2 5h9v9",
  edit: "M3 13l.7-3L10.5 3.2l2.3 2.3L6 12.3z",
  undo: "M6 3.5L3 6.5l3 3M3.5 6.5H10a3 3 0 0 1 0 6H7",
  redo: "M10 3.5l3 3-3 3M12.5 6.5H6a3 3 0 0 0 0 6h3",
  folder: "M2 4.5h4l1.5 1.5H14v6.5H2z",
  theme: "M8 2.5a5.5 5.5 0 1 0 0 11zM8 2.5a5.5 5.5 0 0 1 0 11",
  help: "M6 6a2 2 0 1 1 2.6 1.9c-.4.2-.6.5-.6 1v.3M8 11.6v.1",
  grip: "M6 4v.01M10 4v.01M6 8v.01M10 8v.01M6 12v.01M10 12v.01",
  fold: "M4 6l4 4 4-4",
  up: "M4 10l4-4 4 4",
  words: "M3 4h10M3 8h10M3 12h5",
  trash: "M3 4.5h10M6.5 4.5V3h3v1.5M4.5 4.5l.6 8.5h5.8l.6-8.5",
  link: "M6.5 9.5l3-3M5.5 7.5L4 9a2.1 2.1 0 0 0 3 3l1.5-1.5M10.5 8.5L12 7a2.1 2.1 0 0 0-3-3L7.5 5.5",
  lock: "M4 7.5h8v5.5H4zM5.5 7.5V5.5a2.5 2.5 0 0 1 5 0v2",
  unlock: "M4 7.5h8v5.5H4zM5.5 7.5V5a2.5 2.5 0 0 1 4.8-1",
  dice: "M3 3h10v10H3zM6 6v.01M10 6v.01M8 8v.01M6 10v.01M10 10v.01",
  retry: "M12.5 8A4.5 4.5 0 1 1 11 4.6L12.5 6M12.5 3v3h-3",
  front: "M8 13V5M4.5 8L8 4.5 11.5 8M4 2.5h8",
  download: "M8 3v7M5 7.5L8 10.5l3-3M3 13h10",
  upload: "M8 10.5V3.5M5 6l3-3 3 3M3 13h10",
  restore: "M3 3h4v4H3zM9 3h4v4H9zM3 9h4v4H3zM11 9v4M9 11h4",
  input: "M3 3h10v10H3zM3 11l3-3 2.5 2.5L11 8l2 2",
  left: "M10 3.5L5.5 8l4.5 4.5",
  right: "M6 3.5L10.5 8 6 12.5",
  queue: "M3 4.5h10M3 8h10M3 11.5h6",
  warning: "M8 3L14 13H2zM8 7v3M8 11.6v.01",
  save: "M3 3h8l2 2v8H3zM5.5 3v3.5h4V3M5.5 13V9.5h5V13",
};

/** @typedef {keyof typeof PATHS} IconName */

/**
 * @param {IconName} name
 * @returns {SVGSVGElement}
 */
export function icon(name) {
  return svg(
    "svg",
    { class: "icon", viewBox: "0 0 16 16", "aria-hidden": "true" },
    svg("path", { d: PATHS[name] }),
  );
}
