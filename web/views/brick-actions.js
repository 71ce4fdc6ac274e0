/**
 * The actions on bricks as data: the bar of the selection, the keys of the focused brick and the
 * sheet of shortcuts read them.
 *
 * @import { IconName } from "../elements/icons.js"
 * @import { Entry } from "../document/types.js"
 * @import { AnyRequest } from "./places.js"
 *
 * @typedef {object} BrickAction
 * @property {string} label
 * @property {IconName} icon
 * @property {string[]} keys in the sheet of shortcuts
 * @property {(event: KeyboardEvent) => boolean} [matches] absent where the browser handles the key
 * @property {(brick: string) => AnyRequest} [request] concerns the whole selection that holds the brick
 * @property {"copy" | "cut"} [clipboard] the event of the clipboard that performs it
 * @property {(entry: Entry | undefined) => boolean} [fits] for which bricks
 * @property {boolean} [leaves] the brick leaves the wall
 */
import { bare, ctrl } from "./keys.js";

/** @param {Entry | undefined} entry */
const runs = (entry) => entry?.kind === "operation";
/** @param {Entry | undefined} entry */
const draws = (entry) => runs(entry) && Boolean(entry?.schema.properties.model) && (entry?.outputs ?? []).some(({ type }) => type === "image");
const isDelete = (/** @type {KeyboardEvent} */ event) => (event.key === "Delete" || event.key === "Backspace") && !event.ctrlKey && !event.metaKey && !event.altKey;

/** @type {BrickAction[]} */
export const BRICK_ACTIONS = [
  { label: "Duplicate", icon: "copy", keys: ["Ctrl", "D"], matches: ctrl("d"), request: (brick) => ["duplicate-brick", { brick }] },
  { label: "Copy", icon: "file", keys: ["Ctrl", "C"], clipboard: "copy" },
  { label: "Cut", icon: "crop", keys: ["Ctrl", "X"], clipboard: "cut", leaves: true },
  { label: "Bypass, or use again", icon: "bypass", keys: ["B"], matches: bare("b"), request: (brick) => ["toggle-bypass", { brick }], fits: runs },
  { label: "Collapse or expand", icon: "fold", keys: ["C"], matches: bare("c"), request: (brick) => ["toggle-brick", { brick }] },
  { label: "Run to here", icon: "until", keys: ["R"], matches: bare("r"), request: (brick) => ["run", { until: brick }], fits: runs },
  { label: "Run from here", icon: "play", keys: ["Shift", "R"], matches: bare("r", { shift: true }), request: (brick) => ["run", { from: brick }], fits: runs },
  { label: "Run as a matrix…", icon: "gallery", keys: ["M"], matches: bare("m"), request: (brick) => ["show", { name: "matrix", brick }], fits: draws },
  { label: "Remove", icon: "trash", keys: ["Delete"], matches: isDelete, request: (brick) => ["remove-brick", { brick }], leaves: true },
];
