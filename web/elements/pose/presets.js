/** Poses to start from, in a frame of 1 × 1: the body, and hands and face that are fitted to it. */
/** @import { Joint, Person } from "./skeleton.js" */
import { ANCHORS, BODY } from "./skeleton.js";

const HEAD = [[0.5, 0.14], [0.5, 0.24], [0.47, 0.12], [0.53, 0.12], [0.44, 0.13], [0.56, 0.13]];
/** Right shoulder to ankles, then the left side, as pairs of numbers. */
/** @type {Record<string, number[][]>} */
const SIDES = {
  Standing: [[0.41, 0.25], [0.37, 0.38], [0.36, 0.5], [0.59, 0.25], [0.63, 0.38], [0.64, 0.5], [0.45, 0.51], [0.44, 0.7], [0.44, 0.9], [0.55, 0.51], [0.56, 0.7], [0.56, 0.9]],
  "Arms out": [[0.41, 0.25], [0.28, 0.25], [0.15, 0.25], [0.59, 0.25], [0.72, 0.25], [0.85, 0.25], [0.45, 0.51], [0.44, 0.7], [0.44, 0.9], [0.55, 0.51], [0.56, 0.7], [0.56, 0.9]],
  Walking: [[0.42, 0.25], [0.36, 0.36], [0.42, 0.46], [0.58, 0.25], [0.66, 0.35], [0.7, 0.46], [0.46, 0.51], [0.38, 0.68], [0.28, 0.86], [0.54, 0.51], [0.62, 0.69], [0.62, 0.9]],
  Sitting: [[0.41, 0.3], [0.37, 0.43], [0.42, 0.54], [0.59, 0.3], [0.63, 0.43], [0.58, 0.54], [0.45, 0.58], [0.38, 0.64], [0.38, 0.86], [0.55, 0.58], [0.62, 0.64], [0.62, 0.86]],
  "Arms up": [[0.42, 0.27], [0.35, 0.17], [0.37, 0.05], [0.58, 0.27], [0.65, 0.17], [0.63, 0.05], [0.45, 0.52], [0.44, 0.71], [0.44, 0.91], [0.55, 0.52], [0.56, 0.71], [0.56, 0.91]],
};

export const PRESETS = Object.keys(SIDES);

/**
 * A person of a preset, within a canvas.
 * @param {string} name
 * @param {{ width: number, height: number }} canvas
 * @returns {Person}
 */
export function presetPerson(name, canvas) {
  const [nose, neck, rightEye, leftEye, rightEar, leftEar] = HEAD;
  const points = [nose, neck, ...(SIDES[name] ?? SIDES.Standing ?? []), rightEye, leftEye, rightEar, leftEar];
  const scale = Math.min(canvas.width, canvas.height);
  const left = (canvas.width - scale) / 2;
  const top = (canvas.height - scale) / 2;
  const body = points.map(([x = 0, y = 0] = []) => ({ x: left + x * scale, y: top + y * scale, on: true }));
  if (body.length !== BODY.length) throw new Error(`The pose ${name} has ${body.length} joints.`);
  return { body, left: [], right: [], face: [] };
}

/** A hand that continues the lower arm. @param {Person} person @param {"left" | "right"} side @returns {Joint[]} */
export function handOf(person, side) {
  const wrist = person.body[ANCHORS[side]];
  const elbow = person.body[ANCHORS[side] - 1];
  if (!wrist || !elbow) return [];
  const [dx, dy] = [wrist.x - elbow.x, wrist.y - elbow.y];
  const length = Math.hypot(dx, dy) / 2 || 20;
  const along = Math.atan2(dy, dx);
  const turn = side === "left" ? -1 : 1;
  const joints = [{ x: wrist.x, y: wrist.y, on: true }];
  for (let finger = 0; finger < 5; finger += 1) {
    const angle = along + turn * (finger - 2) * (finger === 0 ? 0.4 : 0.18);
    const reach = [0.75, 0.95, 1, 0.93, 0.8][finger] ?? 1;
    for (const share of [0.45, 0.65, 0.83, 1]) {
      const far = share * reach * length;
      joints.push({ x: wrist.x + far * Math.cos(angle), y: wrist.y + far * Math.sin(angle), on: true });
    }
  }
  return joints;
}

/** A face around the nose, as wide as the eyes ask for. @param {Person} person @returns {Joint[]} */
export function faceOf(person) {
  const nose = person.body[0];
  const [right, left] = [person.body[14], person.body[15]];
  if (!nose || !right || !left) return [];
  const unit = Math.hypot(left.x - right.x, left.y - right.y) || 20;
  const tilt = Math.atan2(left.y - right.y, left.x - right.x);
  return facePoints().map(([x, y]) => ({
    x: nose.x + unit * (x * Math.cos(tilt) - y * Math.sin(tilt)),
    y: nose.y + unit * (x * Math.sin(tilt) + y * Math.cos(tilt)),
    on: true,
  }));
}

/** The 70 points, in distances between the eyes, around the nose. @returns {[number, number][]} */
function facePoints() {
  const ring = (/** @type {number} */ n, /** @type {number} */ x, /** @type {number} */ y, /** @type {number} */ rx, /** @type {number} */ ry) =>
    Array.from({ length: n }, (_, i) => {
      const angle = Math.PI + (2 * Math.PI * i) / n;
      return /** @type {[number, number]} */ ([x + rx * Math.cos(angle), y + ry * Math.sin(angle)]);
    });
  const line = (/** @type {number} */ n, /** @type {number[]} */ from, /** @type {number[]} */ to) =>
    Array.from({ length: n }, (_, i) => {
      const share = i / (n - 1);
      const [x0 = 0, y0 = 0] = from;
      const [x1 = 0, y1 = 0] = to;
      return /** @type {[number, number]} */ ([x0 + share * (x1 - x0), y0 + share * (y1 - y0)]);
    });
  const jaw = Array.from({ length: 17 }, (_, i) => {
    const angle = Math.PI - (Math.PI * i) / 16;
    return /** @type {[number, number]} */ ([1.1 * Math.cos(angle), -0.3 + 1.6 * Math.sin(angle)]);
  });
  return [
    ...jaw,
    ...line(5, [-0.85, -0.65], [-0.2, -0.7]),
    ...line(5, [0.2, -0.7], [0.85, -0.65]),
    ...line(4, [0, -0.4], [0, 0]),
    ...line(5, [-0.25, 0.2], [0.25, 0.2]),
    ...ring(6, -0.5, -0.4, 0.2, 0.09),
    ...ring(6, 0.5, -0.4, 0.2, 0.09),
    ...ring(12, 0, 0.65, 0.42, 0.2),
    ...ring(8, 0, 0.65, 0.3, 0.08),
    [-0.5, -0.4],
    [0.5, -0.4],
  ];
}
