/** Line icons, 16 × 16, in the colour of the text. */
import { svg } from "./dom.js";

const PATHS = {
  wall: "M2.500 3H7v4.500H2.500zM9 3h4.500v3H9zM9 8.500h4.500V13H9zM2.500 10H7v3H2.500z",
  plus: "M8 3v10M3 8h10",
  check: "M3.5 8.5l3 3 6-7",
  file: "M4 2.5h5l3 3v8H4zM9 2.5v3h3",
  close: "M4 4l8 8M12 4l-8 8",
  play: "M5 3.5v9l7.5-4.5z",
  stop: "M4.5 4.5h7v7h-7z",
  pause: "M5.5 3.5v9M10.5 3.5v9",
  expand: "M3 6V3h3M10 3h3v3M13 10v3h-3M6 13H3v-3",
  crop: "M5 2v9h9M2 5h9v9",
  rotateLeft: "M3.500 3v3h3M3.800 6A5 5 0 1 1 3 9",
  rotateRight: "M12.500 3v3h-3M12.200 6A5 5 0 1 0 13 9",
  mirror: "M8 2v12M6 4.500v7H2.500zM10 4.500v7h3.500z",
  flip: "M2 8h12M4.500 6h7V2.500zM4.500 10h7v3.500z",
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
  bypass: "M2 10.5h2.500c2 0 1.500-6 3.500-6s1.500 6 3.500 6H14",
  form: "M3 3h10v3H3zM3 9h10v4H3zM5.500 11h3",
  star: "M8 2.500l1.700 3.600 3.800.5-2.800 2.700.7 3.900L8 11.400l-3.400 1.800.7-3.900L2.500 6.600l3.800-.5z",
  history: "M3 8a5 5 0 1 0 1.600-3.700L3 6M3 3v3h3M8 5.500V8l2 1.500",
  more: "M4 8v.01M8 8v.01M12 8v.01",
  until: "M3 3.500v9l6-4.500zM12 3v10",
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
  minus: "M3 8h10",
  tidy: "M2.5 3h4v4h-4zM2.5 9h4v4h-4zM9.500 6h4v4h-4zM6.500 5h1.500v3h1.500M6.500 11h1.500V8",
  fit: "M3 3h10v10H3zM6 6h4v4H6z",
  brush: "M9.5 8.5L13.5 3 14 3.5 9.5 9M9.2 8.3l1 1M8.8 9c1.4 1.2.4 3.6-1.8 4.2-1.7.5-3.4 0-4.5-.9 1.2-.2 1.5-.9 1.9-2 .5-1.5 2.9-2.5 4.4-1.3",
  eraser: "M6 12.5L2.8 9.3a1 1 0 0 1 0-1.4l4.6-4.6a1 1 0 0 1 1.4 0l4 4a1 1 0 0 1 0 1.4L9 12.5zM5 5.7l5.3 5.3M5.5 12.5H13",
  lasso: "M8 3c3.3 0 5.7 1.6 5.7 3.7S11.300 10.500 8 10.500 2.300 8.900 2.300 6.700 4.700 3 8 3zM4.600 9.700c-1.100.5-1.200 1.900.1 2.100 1.200.1 1.500-1 .900-1.600M5.300 11.800c.2.700-.2 1.500-1 1.900",
  box: "M3 5V3h2M7 3h2M11 3h2v2M13 7v2M13 11v2h-2M9 13H7M5 13H3v-2M3 9V7",
  bucket: "M7 2.500l5.500 5.500-5 5a1 1 0 0 1-1.400 0L2.500 9.400a1 1 0 0 1 0-1.400L7.500 3M2.500 8.500h9.500M13.500 10.500c.8 1.200 1 1.700 1 2.100a1 1 0 0 1-2 0c0-.4.2-.900 1-2.100",
  invert: "M3 3h10v10H3zM13 3L3 13M9.500 12.500v-2.500h2.500M11 13V8.500H13",
  soften: "M8 5.500a2.500 2.500 0 1 1 0 5 2.500 2.500 0 0 1 0-5M8 2v.01M8 14v.01M2 8v.01M14 8v.01M3.800 3.800v.01M12.200 12.200v.01M12.200 3.800v.01M3.800 12.200v.01",
  full: "M3 3h10v10H3zM5.500 5.500h5v5h-5zM7 8h2",
  copy: "M5.5 5.5V3H13v7.5h-2.500M3 5.500h7.500V13H3z",
  gallery: "M3 3h4v4H3zM9 3h4v4H9zM3 9h4v4H3zM9 9h4v4H9z",
  camera: "M2.500 5h2.500l1-1.500h4l1 1.500h2.500v7.500h-11zM8 6.500a2.200 2.200 0 1 1 0 4.400 2.200 2.200 0 0 1 0-4.400",
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
