/**
 * Three-way merging of a workflow that two pages changed: brick by brick and field by field.
 *
 * @import { Brick, Json, Wire, Workflow } from "./types.js"
 */
import { find, owner, portName, withWires, wouldLoop } from "./workflow.js";

/**
 * A field that both pages changed. `brick` is empty for the workflow's own fields; `field` is
 * `props.NAME`, `wire.PORT` or a key.
 * @typedef {{ brick: string, field: string, mine: Json | undefined, theirs: Json | undefined }} MergeConflict
 * @typedef {Record<string, any>} Fields
 */

/** Fields of which the own value stays without a question. */
const SILENT = new Set(["column", "row", "collapsed"]);

/** Reports whether two values are equal as JSON. @param {unknown} a @param {unknown} b */
export function same(a, b) {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

/**
 * Applies the changes of both sides to the version that they began with. Where both changed a
 * field, the own value stays in the result, and the field is among the conflicts. A brick that one
 * side removed and the other changed is kept.
 * @param {Workflow | null} base null where it is unknown
 * @param {Workflow} mine
 * @param {Workflow} theirs
 * @param {(to: string) => boolean} acceptsMany whether an input accepts several wires
 * @returns {{ workflow: Workflow, conflicts: MergeConflict[] }}
 */
export function merge(base, mine, theirs, acceptsMany) {
  if (mine === base || same(mine, theirs)) return { workflow: theirs, conflicts: [] };
  if (theirs === base) return { workflow: mine, conflicts: [] };
  const { bricks: _b, wires: _w, ...own } = mine;
  /** @type {MergeConflict[]} */
  const conflicts = [];
  const top = mergeFields("", "", topFields(base), own, topFields(theirs), conflicts);
  const bricks = mergeBricks(base, mine, theirs, conflicts);
  const kept = new Set(bricks.map((brick) => brick.id));
  const there = (/** @type {Wire} */ { from, to }) => kept.has(owner(from)) && kept.has(owner(to));
  const wires = mergeWires({ base: base?.wires ?? [], mine: mine.wires, theirs: theirs.wires }, acceptsMany, there, conflicts);
  const merged = /** @type {Workflow} */ ({ ...top, bricks });
  return { workflow: withoutLoops(merged, theirs.wires, wires), conflicts };
}

/** @param {Workflow | null} workflow @returns {Fields} */
function topFields(workflow) {
  const { bricks: _b, wires: _w, ...fields } = workflow ?? /** @type {Fields} */ ({});
  return fields;
}

/**
 * @param {string} brick
 * @param {string} prefix of the names in conflicts
 * @param {Fields} base
 * @param {Fields} mine
 * @param {Fields} theirs
 * @param {MergeConflict[]} conflicts extended
 * @returns {Fields}
 */
function mergeFields(brick, prefix, base, mine, theirs, conflicts) {
  /** @type {Fields} */
  const merged = {};
  for (const name of new Set([...Object.keys(theirs), ...Object.keys(mine)])) {
    const [was, own, other] = [base[name], mine[name], theirs[name]];
    const changedByBoth = !same(own, was) && !same(other, was) && !same(own, other);
    const value = same(own, was) ? other : own;
    if (changedByBoth && !SILENT.has(name)) conflicts.push({ brick, field: prefix + name, mine: own, theirs: other });
    if (value !== undefined) merged[name] = value;
  }
  return merged;
}

/**
 * @param {Workflow | null} base
 * @param {Workflow} mine
 * @param {Workflow} theirs
 * @param {MergeConflict[]} conflicts extended
 * @returns {Brick[]}
 */
function mergeBricks(base, mine, theirs, conflicts) {
  const ids = new Set([...theirs.bricks, ...mine.bricks].map((brick) => brick.id));
  return [...ids].flatMap((id) => {
    const [was, own, other] = [base && find(base, id), find(mine, id), find(theirs, id)];
    if (own && other) return [mergeBrick(was ?? undefined, own, other, conflicts)];
    const kept = /** @type {Brick} */ (own ?? other);
    const removed = was && sameContent(was, kept);
    return removed ? [] : [kept];
  });
}

/** Reports whether two states of a brick differ in no more than its place. @param {Brick} a @param {Brick} b */
function sameContent(a, b) {
  return same({ ...a, column: 0, row: 0 }, { ...b, column: 0, row: 0 });
}

/**
 * @param {Brick | undefined} base
 * @param {Brick} mine
 * @param {Brick} theirs
 * @param {MergeConflict[]} conflicts extended
 * @returns {Brick}
 */
function mergeBrick(base, mine, theirs, conflicts) {
  if (mine === theirs || same(mine, theirs)) return mine;
  if (base && (mine === base || same(mine, base))) return theirs;
  const { props: ownProps, ...own } = mine;
  const { props: otherProps, ...other } = theirs;
  const { props: baseProps = {}, ...was } = base ?? /** @type {Fields} */ ({});
  const props = mergeFields(mine.id, "props.", baseProps, ownProps, otherProps, conflicts);
  const fields = mergeFields(mine.id, "", was, own, other, conflicts);
  const merged = /** @type {Fields} */ ({ ...fields, props: same(props, ownProps) ? ownProps : props });
  const names = Object.keys({ ...theirs, ...mine }).filter((name) => name in merged); // in the order of the other page
  return /** @type {Brick} */ (Object.fromEntries(names.map((name) => [name, merged[name]])));
}

/** @param {Wire} wire */
const keyOf = ({ from, to }) => `${from} ${to}`;

/**
 * @param {{ base: readonly Wire[], mine: readonly Wire[], theirs: readonly Wire[] }} sides
 * @param {(to: string) => boolean} acceptsMany
 * @param {(wire: Wire) => boolean} there whether both of its bricks are
 * @param {MergeConflict[]} conflicts extended
 * @returns {Wire[]}
 */
function mergeWires({ base, mine, theirs }, acceptsMany, there, conflicts) {
  const was = new Set(base.map(keyOf));
  const own = new Set(mine.map(keyOf));
  const others = new Set(theirs.map(keyOf));
  const stay = theirs.filter((wire) => there(wire) && (own.has(keyOf(wire)) || !was.has(keyOf(wire))));
  const added = mine.filter((wire) => there(wire) && !others.has(keyOf(wire)) && !was.has(keyOf(wire)));
  const replaced = new Set();
  for (const { from, to } of added) {
    const rival = acceptsMany(to) ? undefined : stay.find((wire) => wire.to === to);
    if (!rival) continue;
    replaced.add(rival);
    if (!was.has(keyOf(rival))) conflicts.push({ brick: owner(to), field: `wire.${portName(to)}`, mine: from, theirs: rival.from });
  }
  return [...stay.filter((wire) => !replaced.has(wire)), ...added];
}

/**
 * The workflow with wires, without the own ones that close a circle with the others.
 * @param {Workflow} workflow
 * @param {readonly Wire[]} trusted
 * @param {Wire[]} wires
 */
function withoutLoops(workflow, trusted, wires) {
  const known = new Set(trusted.map(keyOf));
  let merged = withWires(workflow, wires.filter((wire) => known.has(keyOf(wire))));
  for (const wire of wires) {
    if (known.has(keyOf(wire)) || wouldLoop(merged, owner(wire.from), owner(wire.to))) continue;
    merged = withWires(merged, [...merged.wires, wire]);
  }
  return merged;
}

/**
 * The workflow with the bricks of another state of it where they are equal: what is the same object
 * is not drawn again.
 * @param {Workflow} known
 * @param {Workflow} workflow
 * @returns {Workflow}
 */
export function adopt(known, workflow) {
  const bricks = workflow.bricks.map((brick) => {
    const before = find(known, brick.id);
    return before && same(before, brick) ? before : brick;
  });
  const wires = same(known.wires, workflow.wires) ? known.wires : workflow.wires;
  return /** @type {Workflow} */ (Object.freeze({ ...workflow, bricks: Object.freeze(bricks), wires }));
}

/**
 * The workflow with another value of a field.
 * @param {Workflow} workflow
 * @param {Pick<MergeConflict, "brick" | "field">} place
 * @param {Json | undefined} value undefined removes it
 * @returns {Workflow}
 */
export function withField(workflow, { brick, field }, value) {
  const [head = "", ...rest] = field.split(".");
  const name = rest.join(".");
  if (!brick) return withWires({ ...workflow, [field]: value }, workflow.wires);
  if (head === "wire") {
    const to = `${brick}.${name}`;
    const others = workflow.wires.filter((wire) => wire.to !== to);
    return withWires(workflow, value ? [...others, { from: String(value), to }] : others);
  }
  const bricks = workflow.bricks.map((other) => {
    if (other.id !== brick) return other;
    if (head !== "props") return without({ ...other, [field]: value });
    const props = /** @type {Brick["props"]} */ (without({ ...other.props, [name]: value }));
    return { ...other, props };
  });
  return withWires({ ...workflow, bricks }, workflow.wires);
}

/** @template {Fields} T @param {T} fields @returns {T} */
function without(fields) {
  return /** @type {T} */ (Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)));
}

/**
 * The value of a field.
 * @param {Workflow} workflow
 * @param {Pick<MergeConflict, "brick" | "field">} place
 * @returns {Json | undefined}
 */
export function fieldOf(workflow, { brick, field }) {
  const [head = "", ...rest] = field.split(".");
  const name = rest.join(".");
  if (!brick) return /** @type {Fields} */ (workflow)[field];
  if (head === "wire") return workflow.wires.find((wire) => wire.to === `${brick}.${name}`)?.from;
  const fields = /** @type {Fields | undefined} */ (find(workflow, brick));
  return head === "props" ? fields?.props[name] : fields?.[field];
}

/**
 * The results of both pages: ids of tasks by brick, newest first.
 * @param {Record<string, string[]>} mine
 * @param {Record<string, string[]>} theirs
 * @param {number} limit tasks of a brick
 */
export function mergeResults(mine, theirs, limit) {
  const bricks = new Set([...Object.keys(mine), ...Object.keys(theirs)]);
  const union = (/** @type {string} */ brick) => [...new Set([...(mine[brick] ?? []), ...(theirs[brick] ?? [])])];
  return Object.fromEntries([...bricks].map((brick) => [brick, union(brick).sort().reverse().slice(0, limit)]));
}
