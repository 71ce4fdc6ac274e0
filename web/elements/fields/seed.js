/** The seed: random until it is locked, with the last seed to reuse. */
/** @import { Field, FieldContext } from "./field.js" */
/** @import { Brick } from "../../document/types.js" */
/** @import { State } from "../../state/types.js" */
import { owner, wiresOutOf } from "../../document/workflow.js";
import { tasksOfBrick } from "../../state/selectors/tasks.js";
import { fill, h, say, show } from "../dom.js";
import { fieldRow } from "./field.js";
import { icon } from "../icons.js";

const LARGEST = 2 ** 32 - 1;

/**
 * The seed of the newest image made with this brick.
 * @param {State} state
 * @param {Brick} brick
 * @returns {number | null}
 */
export function lastSeed(state, brick) {
  const outgoing = wiresOutOf(state.workflow, brick.id);
  const tasks = [brick.id, ...outgoing.map((wire) => owner(wire.to))].flatMap((id) => tasksOfBrick(state, id));
  tasks.sort((a, b) => (a.id < b.id ? 1 : -1));
  for (const task of tasks) {
    const seed = task.outputs[0]?.seed;
    if (typeof seed === "number") return seed;
  }
  return null;
}

/** @param {FieldContext} context @returns {Field} */
export function seedField(context) {
  /** @type {number | null} */
  let last = null;
  const reuse = h("button", { type: "button", class: "link", title: "Use this seed again" });
  reuse.addEventListener("click", () => context.change(last ?? 0));
  const number = h("input", {
    type: "number",
    id: context.id,
    class: "well",
    inputmode: "numeric",
    min: 0,
    max: LARGEST,
    step: 1,
    placeholder: "random",
    oninput: () => {
      if (!number.validity.badInput) context.change(number.value === "" ? undefined : number.valueAsNumber);
    },
  });
  const lock = h("button", { type: "button", class: "square", "aria-pressed": "false" });
  lock.addEventListener("click", () => {
    if (lock.getAttribute("aria-pressed") === "true") context.change(undefined);
    else context.change(last ?? crypto.getRandomValues(new Uint32Array(1))[0] ?? 0);
  });
  const row = fieldRow(context, h("div", { class: "joined" }, number, lock), reuse);
  return {
    element: row.element,
    update(view) {
      const locked = typeof view.value === "number";
      last = lastSeed(view.state, view.brick);
      fill(number, locked ? String(view.value) : "");
      const text = `${locked}`;
      if (lock.dataset.locked !== text) {
        lock.dataset.locked = text;
        lock.replaceChildren(icon(locked ? "lock" : "dice"));
        lock.setAttribute("aria-pressed", text);
        const words = locked ? "Fixed seed: click for a random seed" : "Random seed: click to fix it";
        lock.setAttribute("aria-label", words);
        lock.title = words;
      }
      say(reuse, last === null ? "" : `last ${last}`);
      show(reuse, last !== null && last !== view.value);
      row.setProblem(view.problem);
    },
  };
}
