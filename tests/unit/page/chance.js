// Random walls and random edits of them, by a seed, so that a failure can be repeated.
import * as doc from "../../../web/document/workflow.js";
import { fragmentOf, insertFragment } from "../../../web/document/fragment.js";
import { moveAll, nudgeAll, removeAll, setFlags } from "../../../web/document/several.js";
import { ENTRIES } from "./state.js";

/** A generator of integers below a number. */
export function chance(seed) {
  let state = seed + 1;
  return (below) => {
    state = (state * 1664525 + 1013904223) % 4294967296;
    return Math.floor((state / 4294967296) * below);
  };
}

/** Some of the ids of a wall, at least one where it has a brick. */
export function someIds(draw, workflow) {
  const ids = workflow.bricks.map((brick) => brick.id).filter(() => draw(3) === 0);
  const first = workflow.bricks[draw(workflow.bricks.length || 1)]?.id;
  return [...new Set([...ids, first])].filter(Boolean);
}

/** All wires that fit. */
export function fitting(workflow) {
  const ends = (side) =>
    workflow.bricks.flatMap(({ id, type }) => ENTRIES.find((entry) => entry.name === type)?.[side].map((port) => `${id}.${port.name}`) ?? []);
  return ends("outputs").flatMap((from) => ends("inputs").filter((to) => doc.fits(ENTRIES, workflow, from, to)).map((to) => ({ from, to })));
}

/** Edits by name: a wall and a generator in, a wall out. */
export const EDITS = {
  add: (workflow, draw) => {
    const { name: type } = ENTRIES[draw(ENTRIES.length)];
    return doc.add(workflow, { id: doc.freshId(type), type, props: {}, column: draw(5), row: draw(4) }, draw(4) === 0);
  },
  remove: (workflow, draw) => removeAll(workflow, someIds(draw, workflow).slice(0, 2)),
  type: (workflow, draw) => doc.setProps(workflow, someIds(draw, workflow)[0], { prompt: `text ${draw(1000)}` }),
  flag: (workflow, draw) => setFlags(workflow, someIds(draw, workflow), draw(2) ? { bypassed: draw(2) === 0 } : { collapsed: draw(2) === 0 }),
  move: (workflow, draw) => {
    const ids = someIds(draw, workflow);
    return moveAll(workflow, ids, ids[0], draw(5), draw(4), draw(3) === 0);
  },
  nudge: (workflow, draw) => nudgeAll(workflow, someIds(draw, workflow), draw(3) - 1, draw(3) - 1),
  duplicate: (workflow, draw) => {
    if (!workflow.bricks.length || workflow.bricks.length > 30) return workflow;
    return insertFragment(workflow, fragmentOf(workflow, someIds(draw, workflow)), ENTRIES).workflow;
  },
  connect: (workflow, draw) => {
    const wires = fitting(workflow);
    const wire = wires[draw(wires.length || 1)];
    return wire ? doc.connect(workflow, wire, doc.inputAt(ENTRIES, workflow, wire.to).many) : workflow;
  },
  disconnect: (workflow, draw) => {
    const wire = workflow.wires[draw(workflow.wires.length || 1)];
    return wire ? doc.disconnect(workflow, wire.to, wire.from) : workflow;
  },
  rename: (workflow, draw) => doc.rename(workflow, `wall ${draw(100)}`),
};

/** A wall after random edits. */
export function edited(workflow, draw, steps) {
  const names = Object.keys(EDITS);
  let next = workflow;
  for (let step = 0; step < steps; step += 1) next = EDITS[names[draw(names.length)]](next, draw);
  return next;
}

/** A random wall. */
export function randomWall(draw, steps = 25) {
  return edited(doc.EMPTY, draw, steps);
}

/** Faults of a document that no edit may leave. */
export function faultsOf(workflow) {
  const ids = new Set(workflow.bricks.map((brick) => brick.id));
  const faults = ids.size === workflow.bricks.length ? [] : ["two bricks with one id"];
  for (const { from, to } of workflow.wires) if (!ids.has(doc.owner(from)) || !ids.has(doc.owner(to))) faults.push(`a loose wire ${from} ${to}`);
  const keys = workflow.wires.map(({ from, to }) => `${from} ${to}`);
  if (new Set(keys).size !== keys.length) faults.push("a wire twice");
  const places = doc.columns(workflow);
  places.forEach((stack, column) =>
    stack.forEach((brick, row) => brick.column === column && brick.row === row ? 0 : faults.push(`${brick.id} stands at ${brick.column}, ${brick.row}`)),
  );
  for (const { from, to } of workflow.wires) {
    const rest = { ...workflow, wires: workflow.wires.filter((wire) => wire.from !== from || wire.to !== to) };
    if (doc.wouldLoop(rest, doc.owner(from), doc.owner(to))) faults.push(`a circle over ${from}`);
  }
  return faults;
}
