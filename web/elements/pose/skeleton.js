/**
 * OpenPose skeletons: joints, limbs and colours of body (18), hands (21) and face (70 points).
 *
 * @typedef {{ x: number, y: number, on: boolean }} Joint pixels; one that is off is not drawn
 * @typedef {"body" | "left" | "right" | "face"} Part
 * @typedef {Record<Part, Joint[]>} Person a part without joints is absent
 */

export const BODY = [
  "nose", "neck", "right shoulder", "right elbow", "right wrist", "left shoulder", "left elbow", "left wrist", "right hip",
  "right knee", "right ankle", "left hip", "left knee", "left ankle", "right eye", "left eye", "right ear", "left ear",
];
/** @type {[number, number][]} */
export const LIMBS = [
  [1, 2], [1, 5], [2, 3], [3, 4], [5, 6], [6, 7], [1, 8], [8, 9], [9, 10],
  [1, 11], [11, 12], [12, 13], [1, 0], [0, 14], [14, 16], [0, 15], [15, 17],
];
/** Colours of the limbs, and of the joints by their number. */
export const COLOURS = [
  "#ff0000", "#ff5500", "#ffaa00", "#ffff00", "#aaff00", "#55ff00", "#00ff00", "#00ff55", "#00ffaa",
  "#00ffff", "#00aaff", "#0055ff", "#0000ff", "#5500ff", "#aa00ff", "#ff00ff", "#ff00aa", "#ff0055",
];
const FINGERS = ["thumb", "index", "middle", "ring", "little"];
/** @type {[number, number][]} */
export const BONES = FINGERS.flatMap((_, finger) =>
  [0, 1, 2, 3].map((bone) => /** @type {[number, number]} */ ([bone ? 4 * finger + bone : 0, 4 * finger + bone + 1])),
);
/** Joints of the body that carry a part with them. */
export const ANCHORS = { left: 7, right: 4, face: 0 };
const LEFT_RIGHT = [[2, 5], [3, 6], [4, 7], [8, 11], [9, 12], [10, 13], [14, 15], [16, 17]];
const FACE_RIGHT_FROM = [...Array(17).keys()].map((i) => 16 - i)
  .concat([26, 25, 24, 23, 22, 21, 20, 19, 18, 17], [27, 28, 29, 30], [35, 34, 33, 32, 31])
  .concat([45, 44, 43, 42, 47, 46], [39, 38, 37, 36, 41, 40])
  .concat([54, 53, 52, 51, 50, 49, 48, 59, 58, 57, 56, 55], [64, 63, 62, 61, 60, 67, 66, 65], [69, 68]);

/** @param {Part} part @param {number} joint */
export function jointName(part, joint) {
  if (part === "body") return BODY[joint] ?? "joint";
  if (part === "face") return `face point ${joint + 1}`;
  return `${part} hand, ${joint ? `${FINGERS[Math.floor((joint - 1) / 4)]} ${((joint - 1) % 4) + 1}` : "wrist"}`;
}

/** The person seen in a mirror: left and right are exchanged. @param {Person} person @param {number} width of the canvas */
export function mirrored(person, width) {
  const flip = (/** @type {Joint[]} */ joints) => joints.map((joint) => ({ ...joint, x: width - joint.x }));
  const body = flip(person.body);
  for (const [right, left] of LEFT_RIGHT) {
    if (body[right] && body[left]) [body[right], body[left]] = [body[left], body[right]];
  }
  const face = flip(person.face);
  return { body, left: flip(person.right), right: flip(person.left), face: face.map((_, i) => face[FACE_RIGHT_FROM[i] ?? i] ?? face[i]) };
}
