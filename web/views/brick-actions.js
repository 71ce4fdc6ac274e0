/**
 * The actions on bricks, wires and images as data: the bar of the selection, the context menu, the
 * keys of the focused brick and the sheet of shortcuts read them.
 *
 * @import { IconName } from "../elements/icons.js"
 * @import { Entry } from "../document/types.js"
 * @import { KeyBinding } from "./keys.js"
 * @import { AnyRequest } from "./places.js"
 *
 * @typedef {object} BrickActionParts
 * @property {IconName} icon
 * @property {(brick: string) => AnyRequest} [request] concerns the whole selection that holds the brick
 * @property {"copy" | "cut"} [clipboard] the event of the clipboard that performs it
 * @property {(entry: Entry | undefined) => boolean} [fits] for which bricks
 * @property {boolean} [leaves] the brick leaves the wall
 * @property {boolean} [runs] left out of the bar of a selection: it concerns one brick
 *
 * @typedef {KeyBinding & BrickActionParts} BrickAction
 */

/** @param {Entry | undefined} entry */
const isOperation = (entry) => entry?.kind === "operation";
/** @param {Entry | undefined} entry */
const draws = (entry) => isOperation(entry) && Boolean(entry?.schema.properties.model) && (entry?.outputs ?? []).some(({ type }) => type === "image");
const WALL = { place: "wall" };

/** @type {BrickAction[]} */
export const BRICK_ACTIONS = [
  { ...WALL, id: "duplicate-brick", label: "Duplicate", icon: "copy", keys: ["Ctrl+D"], request: (brick) => ["duplicate-brick", { brick }] },
  { ...WALL, id: "copy-brick", label: "Copy", icon: "file", keys: ["Ctrl+C"], fixed: true, clipboard: "copy" },
  { ...WALL, id: "cut-brick", label: "Cut", icon: "crop", keys: ["Ctrl+X"], fixed: true, clipboard: "cut", leaves: true },
  { ...WALL, id: "bypass-brick", label: "Bypass, or use again", icon: "bypass", keys: ["B"], request: (brick) => ["toggle-bypass", { brick }], fits: isOperation },
  { ...WALL, id: "fold-brick", label: "Collapse or expand", icon: "fold", keys: ["C"], request: (brick) => ["toggle-brick", { brick }] },
  { ...WALL, id: "run-to-brick", label: "Run to here", icon: "until", keys: ["R"], request: (brick) => ["run", { until: brick }], fits: isOperation, runs: true },
  { ...WALL, id: "run-from-brick", label: "Run from here", icon: "play", keys: ["Shift+R"], request: (brick) => ["run", { from: brick }], fits: isOperation, runs: true },
  { ...WALL, id: "run-matrix", label: "Run as a matrix…", icon: "gallery", keys: ["M"], request: (brick) => ["show", { name: "matrix", brick }], fits: draws, runs: true },
  { ...WALL, id: "remove-brick", label: "Remove", icon: "trash", keys: ["Delete", "Backspace"], request: (brick) => ["remove-brick", { brick }], leaves: true },
];

/** @type {KeyBinding & { group: "Brick in focus" }} */
export const FOCUS_WIRES = { ...WALL, id: "focus-wires", label: "Focus its wires", keys: ["E"], group: "Brick in focus" };

/** A wire of the workflow. @typedef {{ from: string, to: string, type: string }} ShownWire */

/** @typedef {KeyBinding & { icon: IconName, request: (wire: ShownWire) => AnyRequest, leaves?: boolean }} WireAction `leaves`: the wire leaves the wall */
/** @type {Pick<KeyBinding, "place" | "within">} */
const ON_WIRE = { place: "wall", within: "wire" };

/** @type {WireAction[]} */
export const WIRE_ACTIONS = [
  {
    ...ON_WIRE,
    id: "insert-on-wire",
    label: "Insert a brick…",
    icon: "plus",
    keys: ["/"],
    request: ({ from, to, type }) => ["show", { name: "palette", wire: { from, type, taken: to, through: true } }],
  },
  {
    ...ON_WIRE,
    id: "wire-to-new",
    label: "Lead to a new brick…",
    icon: "send",
    keys: ["N"],
    request: ({ from, to, type }) => ["show", { name: "palette", wire: { from, type, taken: to } }],
  },
  { ...ON_WIRE, id: "remove-wire", label: "Remove the wire", icon: "trash", keys: ["Delete", "Backspace"], leaves: true, request: ({ from, to }) => ["disconnect", { from, to }] },
];
