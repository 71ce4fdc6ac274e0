// Poses: presets, mirrors, moved joints, undo, and OpenPose's JSON.
import assert from "node:assert/strict";
import { test } from "node:test";

import { PoseHistory, beside, fromOpenPose, jointAt, moved, nearest, places, shifted, toOpenPose, toggled } from "../../../web/elements/pose/people.js";
import { PRESETS, faceOf, handOf, presetPerson } from "../../../web/elements/pose/presets.js";
import { BODY, BONES, COLOURS, LIMBS, jointName, mirrored } from "../../../web/elements/pose/skeleton.js";

const CANVAS = { width: 800, height: 600 };

function whole() {
  const person = presetPerson("Walking", CANVAS);
  return { ...person, left: handOf(person, "left"), right: handOf(person, "right"), face: faceOf(person) };
}

test("every preset is a whole body within the canvas", () => {
  for (const name of PRESETS) {
    const { body } = presetPerson(name, CANVAS);
    assert.equal(body.length, 18);
    assert.ok(body.every(({ x, y, on }) => on && x >= 0 && x <= 800 && y >= 0 && y <= 600), name);
  }
  assert.equal(BODY.length, COLOURS.length);
  assert.ok(LIMBS.length === 17 && BONES.length === 20);
});

test("hands and face have OpenPose's numbers of points, and names", () => {
  const person = whole();
  assert.deepEqual([person.left.length, person.right.length, person.face.length], [21, 21, 70]);
  assert.deepEqual(person.left[0], person.body[7]);
  assert.equal(jointName("left", 5), "left hand, index 1");
  assert.equal(jointName("body", 4), "right wrist");
});

test("a mirrored person exchanges left and right, and twice mirrored is the same", () => {
  const person = whole();
  const mirror = mirrored(person, CANVAS.width);
  assert.equal(mirror.body[4].x, CANVAS.width - person.body[7].x);
  assert.equal(mirror.left[8].x, CANVAS.width - person.right[8].x);
  const again = mirrored(mirror, CANVAS.width);
  for (const { part, joint } of places([person])) {
    assert.ok(Math.abs(again[part][joint].x - person[part][joint].x) < 1e-9, `${part} ${joint}`);
  }
});

test("a wrist carries its hand and the nose the face, other joints move alone", () => {
  const people = [whole(), shifted(whole(), 50, 0)];
  const wrist = { person: 0, part: "body", joint: 7 };
  const { x, y } = jointAt(people, wrist);
  const after = moved(people, wrist, { x: x + 10, y: y - 5 });
  assert.equal(after[0].left[20].x, people[0].left[20].x + 10);
  assert.deepEqual(after[0].right, people[0].right);
  assert.equal(after[1], people[1]);
  assert.deepEqual(people[0], whole(), "the people before stay as they were");
});

test("a new person stands beside the others, within the canvas", () => {
  const standing = presetPerson("Standing", CANVAS);
  const across = (person) => person.body.map(({ x }) => x);
  let people = [];
  for (let count = 0; count < 3; count += 1) people = [...people, beside(people, standing, CANVAS.width)];
  assert.deepEqual(people[0], standing, "the first one stays in the middle");
  const ends = people.map((person) => [Math.min(...across(person)), Math.max(...across(person))]).sort((a, b) => a[0] - b[0]);
  assert.ok(ends[0][1] < ends[1][0] && ends[1][1] < ends[2][0], JSON.stringify(ends));
  assert.ok(ends[0][0] >= 0 && ends[2][1] <= CANVAS.width, JSON.stringify(ends));
  const crowd = beside([...people, ...people], presetPerson("Arms out", CANVAS), CANVAS.width);
  assert.equal(crowd.body.length, 18);
});

test("a face of 68 points, as COCO has it, is read with its pupils off", () => {
  const entry = { pose_keypoints_2d: Array(54).fill(1), face_keypoints_2d: Array(204).fill(1) };
  const [person] = fromOpenPose({ people: [entry] }, CANVAS);
  assert.deepEqual([person.face.length, person.face[67].on, person.face[69].on], [70, true, false]);
});

test("the nearest joint is found within the reach, the body before its hand", () => {
  const people = [whole()];
  const { x, y } = people[0].body[4];
  assert.deepEqual(nearest(people, { x: x + 1, y }, 20), { person: 0, part: "body", joint: 4 });
  assert.equal(nearest(people, { x: -500, y: -500 }, 20), null);
});

test("JSON keeps people, hidden joints and hands, and scales to another canvas", () => {
  const people = toggled([whole(), presetPerson("Sitting", CANVAS)], { person: 0, part: "body", joint: 13 });
  const file = JSON.parse(JSON.stringify(toOpenPose(people, CANVAS)));
  assert.equal(file.people[0].pose_keypoints_2d.length, 54);
  const read = fromOpenPose(file, CANVAS);
  assert.equal(read.length, 2);
  assert.equal(read[0].body[13].on, false);
  assert.ok(Math.abs(read[0].left[9].x - people[0].left[9].x) <= 0.05);
  assert.deepEqual(read[1].face, []);
  const large = fromOpenPose(file, { width: 1600, height: 1200 });
  assert.ok(Math.abs(large[0].body[0].x - 2 * people[0].body[0].x) <= 0.2);
  assert.equal(fromOpenPose([file], CANVAS).length, 2, "a list of images is read too");
});

test("other content is no pose", () => {
  for (const content of [null, 3, {}, { people: 1 }, { people: [{}] }, { people: [{ pose_keypoints_2d: ["a"] }] }]) {
    assert.equal(fromOpenPose(content, CANVAS), null);
  }
});

test("a drag is one step of the history", () => {
  const history = new PoseHistory();
  const [first, second, third] = [[whole()], [], [whole(), whole()]];
  history.start(first);
  history.change(second);
  history.change(third, true);
  history.undo();
  assert.equal(history.people, first);
  assert.ok(!history.changed && history.canRedo);
  history.redo();
  assert.equal(history.people, third);
  history.undo();
  history.change(second);
  assert.ok(!history.canRedo);
});
