/** The results: the newest image large, the others in a grid; a click enlarges. */
/** @import { Brick } from "../document/types.js" */
/** @import { Picture, State } from "../state/types.js" */
import { inputPictures, tasksOfBrick, sources, unfinished } from "../state/selectors/tasks.js";
import { count } from "../state/words.js";
import { h, reconcile, say, show } from "../elements/dom.js";
import { BrickElement } from "./brick.js";

const IN_GRID = 6;

export class ImageOutputBrick extends BrickElement {
  #large = h("div", { class: "result-large" });
  #rest = h("div", { class: "result-grid" });
  #empty = h("div", { class: "result-empty" });
  #emptyHead = h("strong", {});
  #emptyLine = h(
    "span",
    {},
    "Press Run",
    h("span", { class: "typed" }, ", or ", h("kbd", {}, "Ctrl"), " ", h("kbd", {}, "Enter")),
    ".",
  );
  #line = h("p", { class: "note" });
  /** @type {Picture[]} */
  #pictures = [];

  /** @override */
  compose() {
    this.classList.add("wide");
    this.body.append(this.#large, this.#rest, this.#empty, this.#line);
    this.#empty.append(this.#emptyHead, this.#emptyLine);
  }

  /** @override @param {Brick} brick @param {State} state */
  draw(brick, state) {
    const ports = (this.entry?.inputs ?? []).map((input) => input.name);
    const all = inputPictures(state, brick, ports);
    this.#pictures = all;
    const working = sources(state, brick).some((id) => tasksOfBrick(state, id).some(unfinished));
    this.classList.toggle("working", working);
    const key = (/** @type {Picture} */ picture) => `${picture.task.id} ${picture.output.index}`;
    reconcile(this.#large, all.slice(0, 1), key, (picture) => this.#button(picture, picture.output.url));
    const beside = all.slice(1, 1 + IN_GRID);
    reconcile(
      this.#rest,
      beside,
      key,
      (picture) => this.#button(picture, picture.output.thumbnail_url),
      (button, picture) => {
        const hidden = all.length - 1 - beside.length;
        if (hidden && picture === beside.at(-1)) button.dataset.more = `+${hidden}`;
        else delete button.dataset.more;
      },
    );
    show(this.#large, all.length > 0);
    show(this.#rest, all.length > 1);
    show(this.#empty, all.length === 0);
    say(this.#emptyHead, working ? "Generating…" : "Results appear here");
    show(this.#emptyLine, !working);
    const first = all[0];
    const seed = first?.output.seed;
    const size = first ? `${first.output.width ?? "?"} × ${first.output.height ?? "?"}` : "";
    const facts = [all.length > 1 ? count(all.length, "image") : "", size];
    if (typeof seed === "number") facts.push(`seed ${seed}`);
    say(this.#line, first ? facts.filter(Boolean).join(" · ") : "");
    show(this.#line, Boolean(first));
  }

  /** @param {Picture} picture @param {string} source */
  #button(picture, source) {
    const alt = `Image ${picture.output.index + 1}: ${String(picture.task.params.prompt ?? picture.task.title)}`;
    const image = h("img", { src: source, alt, loading: "lazy", decoding: "async" });
    const { width, height } = picture.output;
    if (width && height) image.style.setProperty("aspect-ratio", `${width} / ${height}`);
    const button = h("button", { type: "button", class: "picture", title: "Enlarge" }, image);
    button.addEventListener("click", () => {
      const same = (/** @type {Picture} */ other) => other.output.asset_id === picture.output.asset_id;
      const index = Math.max(0, this.#pictures.findIndex(same));
      this.request("show", { name: "lightbox", pictures: this.#pictures, index });
    });
    return button;
  }
}

customElements.define("qp-image-output-brick", ImageOutputBrick);
