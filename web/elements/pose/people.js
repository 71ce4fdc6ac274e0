/**
 * The people of a pose: moving joints, undo, and OpenPose's JSON.
 *
 * @import { Joint, Part, Person } from "./skeleton.js"
 * @typedef {{ person: number, part: Part, joint: number }} Place of a joint
 */
import { ANCHORS } from "./skeleton.js";

/** @type {Part[]} */
export const PARTS = ["body", "left", "right", "face"];
/** @type {Record<Part, string>} */
const KEYS = {
  body: "pose_keypoints_2d",
  left: "hand_left_keypoints_2d",
  right: "hand_right_keypoints_2d",
  face: "face_keypoints_2d",
};
const COUNTS = { body: 18, left: 21, right: 21, face: 70 };
const FACE_LEAST = 68; // without pupils, as COCO has it
const GAPS = 32; // places that a new person may stand at, to each side
export const MAX_PEOPLE = 12;

/** @param {Person[]} people @param {Place} place */
export function jointAt(people, { person, part, joint }) {
  return people[person]?.[part][joint];
}

/** All places, person by person. @param {Person[]} people @returns {Place[]} */
export function places(people) {
  return people.flatMap((person, index) =>
    PARTS.flatMap((part) => person[part].map((_, joint) => ({ person: index, part, joint }))),
  );
}

/**
 * The joint nearest to a point: of hands and face only within a closer reach, so that they hide no wrist.
 * @param {Person[]} people
 * @param {{ x: number, y: number }} at
 * @param {number} reach pixels
 */
export function nearest(people, at, reach) {
  let best = null;
  let least = reach;
  for (const place of places(people)) {
    const joint = jointAt(people, place);
    if (!joint) continue;
    const far = Math.hypot(joint.x - at.x, joint.y - at.y) * (place.part === "body" ? 1 : 2);
    if (far < least) [best, least] = [place, far];
  }
  return best;
}

/**
 * A joint at another place. Wrists carry their hand, the nose carries the face.
 * @param {Person[]} people
 * @param {Place} place
 * @param {{ x: number, y: number }} to
 */
export function moved(people, place, to) {
  const joint = jointAt(people, place);
  if (!joint) return people;
  const [dx, dy] = [to.x - joint.x, to.y - joint.y];
  return people.map((person, index) => {
    if (index !== place.person) return person;
    const next = { ...person, [place.part]: person[place.part].map((j, i) => (i === place.joint ? { ...j, ...to } : j)) };
    for (const part of /** @type {const} */ (["left", "right", "face"])) {
      if (place.part === "body" && ANCHORS[part] === place.joint) next[part] = by(person[part], dx, dy);
    }
    return next;
  });
}

/** The whole person at another place. @param {Person} person @param {number} dx @param {number} dy @returns {Person} */
export function shifted(person, dx, dy) {
  const { body, left, right, face } = person;
  return { body: by(body, dx, dy), left: by(left, dx, dy), right: by(right, dx, dy), face: by(face, dx, dy) };
}

/**
 * A person moved to the side until it covers nobody: as little as possible, within the canvas where there is room.
 * @param {Person[]} people
 * @param {Person} person
 * @param {number} width of the canvas
 */
export function beside(people, person, width) {
  const taken = people.map(extent);
  const [left, right] = extent(person);
  const step = width / GAPS;
  const covered = (/** @type {number} */ shift) => {
    const [from, to] = [left + shift - step, right + shift + step];
    const shared = taken.map(([a, b]) => Math.max(0, Math.min(to, b) - Math.max(from, a)));
    return shared.reduce((sum, more) => sum + more, Math.max(0, -left - shift) + Math.max(0, right + shift - width));
  };
  let best = 0;
  for (let index = 1; index <= GAPS; index += 1) {
    for (const shift of [index * step, -index * step]) if (covered(shift) < covered(best)) best = shift;
  }
  return shifted(person, best, 0);
}

/** The left and the right end of a body. @param {Person} person @returns {[number, number]} */
function extent(person) {
  const across = person.body.filter(({ on }) => on).map(({ x }) => x);
  return [Math.min(...across), Math.max(...across)];
}

/** A joint drawn or not. @param {Person[]} people @param {Place} place */
export function toggled(people, place) {
  return people.map((person, index) =>
    index === place.person
      ? { ...person, [place.part]: person[place.part].map((j, i) => (i === place.joint ? { ...j, on: !j.on } : j)) }
      : person,
  );
}

/** @param {Joint[]} joints @param {number} dx @param {number} dy */
function by(joints, dx, dy) {
  return joints.map((joint) => ({ ...joint, x: joint.x + dx, y: joint.y + dy }));
}

/** OpenPose's JSON of one image. @param {Person[]} people @param {{ width: number, height: number }} canvas */
export function toOpenPose(people, canvas) {
  const flat = (/** @type {Joint[]} */ joints) => joints.flatMap((j) => (j.on ? [round(j.x), round(j.y), 1] : [0, 0, 0]));
  return {
    canvas_width: canvas.width,
    canvas_height: canvas.height,
    people: people.map((person) => Object.fromEntries(PARTS.map((part) => [KEYS[part], flat(person[part])]))),
  };
}

/**
 * The people of OpenPose's JSON, or null for other content. Joints of no confidence are off. A file's canvas of another size is scaled.
 * @param {unknown} content
 * @param {{ width: number, height: number }} canvas
 * @returns {Person[] | null}
 */
export function fromOpenPose(content, canvas) {
  const file = /** @type {Record<string, unknown>} */ (Array.isArray(content) ? content[0] : content);
  if (!file || !Array.isArray(file.people)) return null;
  const sx = canvas.width / (Number(file.canvas_width) || canvas.width);
  const sy = canvas.height / (Number(file.canvas_height) || canvas.height);
  const people = file.people.slice(0, MAX_PEOPLE).map((entry) => {
    const read = (/** @type {Part} */ part) => readJoints(entry?.[KEYS[part]], COUNTS[part], sx, sy);
    return { body: read("body"), left: read("left"), right: read("right"), face: read("face") };
  });
  return people.every((person) => person.body.length === COUNTS.body) ? people : null;
}

/** @param {unknown} numbers @param {number} count @param {number} sx @param {number} sy @returns {Joint[]} */
function readJoints(numbers, count, sx, sy) {
  if (!Array.isArray(numbers) || numbers.length < 3 * Math.min(count, FACE_LEAST) || !numbers.every(Number.isFinite)) return [];
  return Array.from({ length: count }, (_, i) => ({
    x: (numbers[3 * i] ?? 0) * sx,
    y: (numbers[3 * i + 1] ?? 0) * sy,
    on: numbers[3 * i + 2] > 0,
  }));
}

/** @param {number} value */
function round(value) {
  return Math.round(value * 10) / 10;
}

/** The steps of an editor, to be taken back. */
export class PoseHistory {
  /** @type {Person[][]} */
  #past = [];
  /** @type {Person[][]} */
  #future = [];
  /** @type {Person[]} */
  people = [];

  /** @param {Person[]} people */
  start(people) {
    [this.#past, this.#future, this.people] = [[], [], people];
  }

  get changed() {
    return this.#past.length > 0;
  }

  get canRedo() {
    return this.#future.length > 0;
  }

  /** @param {Person[]} people @param {boolean} [further] continues the step before, as a drag does */
  change(people, further = false) {
    if (!further) this.#past.push(this.people);
    this.#future = [];
    this.people = people;
  }

  undo() {
    const before = this.#past.pop();
    if (!before) return;
    this.#future.push(this.people);
    this.people = before;
  }

  redo() {
    const after = this.#future.pop();
    if (!after) return;
    this.#past.push(this.people);
    this.people = after;
  }
}
