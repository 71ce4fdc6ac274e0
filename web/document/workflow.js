/**
 * Edits of a workflow document as pure functions: a document in, a frozen document out.
 * The server decides which outputs connect to which inputs by rule; these functions apply its answer.
 *
 * @import { Brick, Entry, InputPort, Json, OutputPort, Wire, Workflow } from "./types.js"
 */
import { entryNamed, withId, withKey } from "./lookup.js";

export const FORMAT = "qpyt.workflow/1";

/** @type {Workflow} */
export const EMPTY = Object.freeze({
  format: FORMAT,
  name: "Untitled",
  description: "",
  bricks: [],
  wires: [],
});

/**
 * Normalizes a loaded document: fills missing parts and compacts positions. Unknown parts stay.
 * @param {any} document
 * @returns {Workflow}
 */
export function repair(document) {
  const source = Array.isArray(document) ? { bricks: document } : (document ?? {});
  /** @type {Brick[]} */
  const bricks = (Array.isArray(source.bricks) ? source.bricks : []).map(
    (/** @type {any} */ brick, /** @type {number} */ index) => ({
      ...brick,
      id: String(brick.id ?? freshId(String(brick.type))),
      type: String(brick.type),
      props: brick.props ?? {},
      column: Number.isInteger(brick.column) ? brick.column : 0,
      row: Number.isInteger(brick.row) ? brick.row : index,
    }),
  );
  const wires = Array.isArray(source.wires) ? source.wires : [];
  return normalize({ ...EMPTY, ...source, bricks, wires });
}

/** @param {string} type */
export function freshId(type) {
  const bytes = crypto.getRandomValues(new Uint8Array(3));
  const tail = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${type.replaceAll("_", "-")}-${tail}`;
}

/**
 * Bricks by column, left to right, each column from top to bottom.
 * @param {Workflow} workflow
 * @returns {Brick[][]}
 */
export function columns(workflow) {
  /** @type {Map<number, Brick[]>} */
  const byColumn = new Map();
  for (const brick of workflow.bricks) {
    const stack = byColumn.get(brick.column);
    if (stack) stack.push(brick);
    else byColumn.set(brick.column, [brick]);
  }
  return [...byColumn.keys()]
    .sort((a, b) => a - b)
    .map((column) => (byColumn.get(column) ?? []).sort((a, b) => a.row - b.row));
}

/**
 * Numbers columns and rows from 0 without gaps and freezes the document.
 * @param {Workflow} workflow
 * @returns {Workflow}
 */
export function normalize(workflow) {
  /** @type {Map<string, [number, number]>} */
  const places = new Map();
  columns(workflow).forEach((bricks, column) =>
    bricks.forEach((brick, row) => places.set(brick.id, [column, row])),
  );
  const bricks = workflow.bricks.map((brick) => {
    const [column, row] = places.get(brick.id) ?? [0, 0];
    if (brick.column === column && brick.row === row) return Object.freeze(brick);
    return Object.freeze({ ...brick, column, row });
  });
  const frozen = { ...workflow, bricks: Object.freeze(bricks), wires: Object.freeze(workflow.wires) };
  return /** @type {Workflow} */ (Object.freeze(frozen));
}

/** @param {Workflow} workflow @param {string} id */
export function find(workflow, id) {
  return withId(workflow.bricks, id);
}

/**
 * @param {Workflow} workflow
 * @param {string} id
 * @param {Record<string, Json | undefined>} props undefined removes a value
 */
export function setProps(workflow, id, props) {
  const bricks = workflow.bricks.map((brick) => {
    if (brick.id !== id) return brick;
    const next = /** @type {Record<string, Json>} */ ({ ...brick.props, ...props });
    for (const name of Object.keys(next)) if (next[name] === undefined) delete next[name];
    return { ...brick, props: next };
  });
  return normalize({ ...workflow, bricks });
}

/** @param {Workflow} workflow @param {string} id @param {Pick<Brick, "bypassed"> | Pick<Brick, "collapsed">} flag */
export function setFlag(workflow, id, flag) {
  const bricks = workflow.bricks.map((brick) => (brick.id === id ? { ...brick, ...flag } : brick));
  return normalize({ ...workflow, bricks });
}

/** @param {Workflow} workflow @param {string} id @param {string[]} names parameters that the form shows */
export function setExposed(workflow, id, names) {
  const bricks = workflow.bricks.map((brick) => (brick.id === id ? { ...brick, exposed: names } : brick));
  return normalize({ ...workflow, bricks });
}

/**
 * @param {Workflow} workflow
 * @param {Brick} brick with its column and row
 * @param {boolean} [insert] in a new column
 */
export function add(workflow, brick, insert = false) {
  const shifted = workflow.bricks.map((other) => {
    if (insert) return other.column >= brick.column ? { ...other, column: other.column + 1 } : other;
    return other.column === brick.column && other.row >= brick.row ? { ...other, row: other.row + 1 } : other;
  });
  return normalize({ ...workflow, bricks: [...shifted, brick] });
}

/** @param {Workflow} workflow @param {string} id */
export function remove(workflow, id) {
  return normalize({
    ...workflow,
    bricks: workflow.bricks.filter((brick) => brick.id !== id),
    wires: workflow.wires.filter((wire) => owner(wire.from) !== id && owner(wire.to) !== id),
  });
}

/**
 * @param {Workflow} workflow
 * @param {string} id
 * @param {number} column target; `insert` adds a new column before it
 * @param {number} row index among the other bricks of the column
 * @param {boolean} [insert]
 */
export function move(workflow, id, column, row, insert = false) {
  const brick = find(workflow, id);
  if (!brick) return workflow;
  const others = workflow.bricks
    .filter((other) => other.id !== id)
    .map((other) => (insert && other.column >= column ? { ...other, column: other.column + 1 } : other));
  const stack = others.filter((other) => other.column === column).sort((a, b) => a.row - b.row);
  const after = new Set(stack.slice(row).map((other) => other.id));
  const bricks = others.map((other) => {
    const at = stack.indexOf(other);
    return at < 0 ? other : { ...other, row: after.has(other.id) ? at + 1 : at };
  });
  return normalize({ ...workflow, bricks: [...bricks, { ...brick, column, row: Math.min(row, stack.length) }] });
}

/**
 * Moves a brick one step: within its column, to the next column, or past the edge into a new one.
 * @param {Workflow} workflow
 * @param {string} id
 * @param {number} dx
 * @param {number} dy
 */
export function nudge(workflow, id, dx, dy) {
  const brick = find(workflow, id);
  if (!brick) return workflow;
  const stacks = columns(workflow);
  const height = stacks[brick.column]?.length ?? 1;
  if (dy) return move(workflow, id, brick.column, Math.min(Math.max(brick.row + dy, 0), height - 1));
  const target = brick.column + dx;
  if (target < 0) return move(workflow, id, 0, 0, true);
  return move(workflow, id, target, Math.min(brick.row, stacks[target]?.length ?? 0));
}

/**
 * @param {Workflow} workflow
 * @param {Map<string, { column: number, row: number }>} places by brick
 * @returns {Workflow} the same one if nothing moves
 */
export function placeBricks(workflow, places) {
  const placed = normalize({ ...workflow, bricks: workflow.bricks.map((brick) => ({ ...brick, ...places.get(brick.id) })) });
  const same = placed.bricks.every(({ column, row }, index) => workflow.bricks[index]?.column === column && workflow.bricks[index]?.row === row);
  return same ? workflow : placed;
}

/** @param {string} end "brick.port" */
export function owner(end) {
  return end.slice(0, end.lastIndexOf("."));
}

/** @param {string} end "brick.port" */
export function portName(end) {
  return end.slice(end.lastIndexOf(".") + 1);
}

/** @param {Workflow} workflow @param {string} to an input @returns {readonly Wire[]} */
export function feeding(workflow, to) {
  return withKey(workflow.wires, "to", (wire) => wire.to, to);
}

/** @param {Workflow} workflow @param {string} from an output @returns {readonly Wire[]} */
export function fedBy(workflow, from) {
  return withKey(workflow.wires, "from", (wire) => wire.from, from);
}

/** @param {Workflow} workflow @param {string} id a brick @returns {readonly Wire[]} */
export function wiresInto(workflow, id) {
  return withKey(workflow.wires, "into", (wire) => owner(wire.to), id);
}

/** @param {Workflow} workflow @param {string} id a brick @returns {readonly Wire[]} */
export function wiresOutOf(workflow, id) {
  return withKey(workflow.wires, "out of", (wire) => owner(wire.from), id);
}

/**
 * @param {Workflow} workflow
 * @param {Wire} wire
 * @param {boolean} many the input accepts several wires
 */
export function connect(workflow, wire, many) {
  const rest = workflow.wires.filter(
    (other) => other.to !== wire.to || (many && other.from !== wire.from),
  );
  return normalize({ ...workflow, wires: [...rest, { from: wire.from, to: wire.to }] });
}

/** @param {Workflow} workflow @param {string} to @param {string} [from] every wire when absent */
export function disconnect(workflow, to, from) {
  return normalize({
    ...workflow,
    wires: workflow.wires.filter((wire) => wire.to !== to || (from !== undefined && wire.from !== from)),
  });
}

/** @param {Workflow} workflow @param {Wire[]} wires */
export function withWires(workflow, wires) {
  const ids = new Set(workflow.bricks.map((brick) => brick.id));
  return normalize({
    ...workflow,
    wires: wires.filter((wire) => ids.has(owner(wire.from)) && ids.has(owner(wire.to))),
  });
}

/** @param {Workflow} workflow @param {string[]} tags */
export function setTags(workflow, tags) {
  return normalize({ ...workflow, tags });
}

/** @param {Workflow} workflow @param {string} name */
export function rename(workflow, name) {
  return normalize({ ...workflow, name });
}

/**
 * The first of “name 2”, “name 3” … that is not taken.
 * @param {string} name
 * @param {readonly string[]} taken
 */
export function freeName(name, taken) {
  const stem = name.replace(/ \d+$/, "").slice(0, 70);
  let number = 2;
  while (taken.includes(`${stem} ${number}`)) number += 1;
  return `${stem} ${number}`;
}

/**
 * @param {Entry[]} entries
 * @param {Workflow} workflow
 * @param {string} end
 * @returns {InputPort | undefined}
 */
export function inputAt(entries, workflow, end) {
  const type = find(workflow, owner(end))?.type;
  return entryNamed(entries, type)?.inputs.find((port) => port.name === portName(end));
}

/**
 * @param {Entry[]} entries
 * @param {Workflow} workflow
 * @param {string} end
 * @returns {OutputPort | undefined}
 */
export function outputAt(entries, workflow, end) {
  const type = find(workflow, owner(end))?.type;
  return entryNamed(entries, type)?.outputs.find((port) => port.name === portName(end));
}

/**
 * The output behind a wire once bypassed bricks pass on their inputs; empty where none is left.
 * @param {Entry[]} entries
 * @param {Workflow} workflow
 * @param {string} end of an output
 * @returns {string}
 */
export function origin(entries, workflow, end) {
  const seen = new Set();
  while (end && find(workflow, owner(end))?.bypassed) {
    if (seen.has(end)) return "";
    seen.add(end);
    const type = outputAt(entries, workflow, end)?.type;
    const brick = owner(end);
    const wire = wiresInto(workflow, brick).find(({ to }) => inputAt(entries, workflow, to)?.type === type);
    end = wire?.from ?? "";
  }
  return end;
}

/**
 * The title of a port: that of its only field, else the port's name.
 * @param {Entry | undefined} entry
 * @param {string} name
 * @returns {string}
 */
export function portTitle(entry, name) {
  const fields = entry?.inputs.find((port) => port.name === name)?.fields ?? [name];
  const title = fields.length === 1 ? entry?.schema.properties[fields[0] ?? ""]?.title : undefined;
  return (title ?? name.replaceAll("_", " ")).toLowerCase();
}

/**
 * Reports a cycle that a wire from `source` to `target` would close.
 * @param {Workflow} workflow
 * @param {string} source brick id
 * @param {string} target brick id
 * @returns {boolean}
 */
export function wouldLoop(workflow, source, target) {
  const reached = new Set([target]);
  for (const id of reached) {
    if (id === source) return true;
    for (const wire of wiresOutOf(workflow, id)) reached.add(owner(wire.to));
  }
  return false;
}

/**
 * Reports whether an output may be connected to an input: equal types, no cycle.
 * @param {Entry[]} entries
 * @param {Workflow} workflow
 * @param {string} from
 * @param {string} to
 */
export function fits(entries, workflow, from, to) {
  const output = outputAt(entries, workflow, from);
  const input = inputAt(entries, workflow, to);
  return (
    output !== undefined &&
    input !== undefined &&
    output.type === input.type &&
    !wouldLoop(workflow, owner(from), owner(to))
  );
}
