/** People drawn as OpenPose draws them: the picture that a pose ControlNet was trained on. */
/** @import { Joint, Person } from "./skeleton.js" */
import { BONES, COLOURS, LIMBS } from "./skeleton.js";

const WIDTH = 4; // pixels of half a limb and of a joint, on a canvas of 512 pixels
const SHADE = 0.6; // brightness of limbs

/**
 * @param {CanvasRenderingContext2D} paper
 * @param {Person[]} people
 * @param {{ width: number, height: number }} canvas
 */
export function drawPeople(paper, people, canvas) {
  const unit = Math.max(1, (WIDTH * Math.min(canvas.width, canvas.height)) / 512);
  paper.fillStyle = "#000";
  paper.fillRect(0, 0, canvas.width, canvas.height);
  for (const person of people) {
    drawBody(paper, person.body, unit);
    for (const hand of [person.left, person.right]) drawHand(paper, hand, unit);
    for (const joint of person.face) dot(paper, joint, unit / 2, "#fff");
  }
}

/** @param {CanvasRenderingContext2D} paper @param {Joint[]} body @param {number} unit */
function drawBody(paper, body, unit) {
  LIMBS.forEach(([from, to], index) => {
    const [a, b] = [body[from], body[to]];
    if (!a?.on || !b?.on) return;
    paper.save();
    paper.translate((a.x + b.x) / 2, (a.y + b.y) / 2);
    paper.rotate(Math.atan2(b.y - a.y, b.x - a.x));
    paper.fillStyle = `color-mix(in srgb, ${COLOURS[index]} ${100 * SHADE}%, #000)`;
    paper.beginPath();
    paper.ellipse(0, 0, Math.hypot(b.x - a.x, b.y - a.y) / 2, unit, 0, 0, 2 * Math.PI);
    paper.fill();
    paper.restore();
  });
  body.forEach((joint, index) => dot(paper, joint, unit, COLOURS[index] ?? "#fff"));
}

/** @param {CanvasRenderingContext2D} paper @param {Joint[]} hand @param {number} unit */
function drawHand(paper, hand, unit) {
  paper.lineWidth = Math.max(1, unit / 2);
  BONES.forEach(([from, to], index) => {
    const [a, b] = [hand[from], hand[to]];
    if (!a?.on || !b?.on) return;
    paper.strokeStyle = `hsl(${(360 * index) / BONES.length} 100% 50%)`;
    paper.beginPath();
    paper.moveTo(a.x, a.y);
    paper.lineTo(b.x, b.y);
    paper.stroke();
  });
  for (const joint of hand) dot(paper, joint, unit / 2, "#00f");
}

/** @param {CanvasRenderingContext2D} paper @param {Joint} joint @param {number} radius @param {string} colour */
function dot(paper, joint, radius, colour) {
  if (!joint.on) return;
  paper.fillStyle = colour;
  paper.beginPath();
  paper.arc(joint.x, joint.y, radius, 0, 2 * Math.PI);
  paper.fill();
}
