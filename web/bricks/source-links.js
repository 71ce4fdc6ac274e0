/** The bricks that feed this one, as links to them: the wires of a screen without room for wires. */
/** @import { Brick } from "../document/types.js" */
/** @import { State } from "../state/types.js" */
import { entryNamed } from "../document/lookup.js";
import { find, owner, wiresInto } from "../document/workflow.js";
import { h, reconcile, say, show } from "../elements/dom.js";

export class SourceLinks {
  #list = h("span", {});
  element = h("p", { class: "source-links", hidden: true }, "From ", this.#list);

  /** @param {State} state @param {Brick} brick */
  draw({ entries, workflow }, brick) {
    const sources = [...new Set(wiresInto(workflow, brick.id).map(({ from }) => owner(from)))];
    reconcile(
      this.#list,
      sources,
      (id) => id,
      (id) => h("button", { type: "button", class: "link", onclick: () => reveal(id) }),
      (button, id) => {
        const type = find(workflow, id)?.type;
        say(button, entryNamed(entries, type)?.title ?? String(type));
      },
    );
    show(this.element, sources.length > 0);
  }
}

/** @param {string} id of a brick */
function reveal(id) {
  const brick = document.querySelector(`.brick[data-brick="${CSS.escape(id)}"]`);
  if (!(brick instanceof HTMLElement)) return;
  brick.scrollIntoView({ block: "start" });
  brick.focus({ preventScroll: true });
}
