/** The duplicates of the gallery: groups side by side; one image of each is kept. */
/** @import { Duplicates, State } from "../../state/types.js" */
/** @import { MakeRequest } from "../../state/requests.js" */
import { count } from "../../state/words.js";
import { fill, h, reconcile, say, show } from "../../elements/dom.js";
import { icon } from "../../elements/icons.js";

/** @typedef {Duplicates["groups"][number]} DuplicateGroup */
/** @typedef {DuplicateGroup["members"][number]} DuplicateMember */

/** The bounds to choose from: differing bits of the hashes. */
export const DISTANCES = [
  { value: 0, text: "Identical pixels" },
  { value: 2, text: "Almost identical" },
  { value: 4, text: "Similar" },
  { value: 8, text: "Loosely similar" },
];
export const DEFAULT_DISTANCE = 4;

export class DuplicatesPanel {
  #count = h("p", { class: "note", role: "status" });
  #distance = h("select", { class: "well slim", "aria-label": "Likeness", title: "distance" }, ...DISTANCES.map(({ value, text }) => h("option", { value }, text)));
  #best = h("button", { type: "button", class: "quiet", title: "Keep the first image of each group shown, and move the others to the trash" }, icon("check"), "Keep the best of each");
  #list = h("div", { class: "duplicate-groups" });
  #more = h("button", { type: "button", class: "quiet" }, "Show more groups");
  element = h(
    "div",
    { class: "duplicates", hidden: true },
    h("div", { class: "duplicates-head" }, h("h2", {}, "Duplicates"), this.#count, this.#distance, this.#best),
    this.#list,
    this.#more,
  );
  /** The image that is kept, by the best image of its group. @type {Map<string, string>} */
  #kept = new Map();
  /** @type {State | null} */
  #state = null;

  /** @param {MakeRequest} request */
  constructor(request) {
    this.request = request;
    this.#distance.addEventListener("change", () => request("find-duplicates", { distance: Number(this.#distance.value) }));
    this.#best.addEventListener("click", () => request("keep-best", {}));
    this.#more.addEventListener("click", () => request("more-duplicates", {}));
  }

  /** @param {State} state @returns {boolean} true while it is shown */
  draw(state) {
    const { duplicates } = state.gallery;
    this.#state = state;
    show(this.element, duplicates !== null);
    if (!duplicates) {
      this.#kept.clear();
      return false;
    }
    fill(this.#distance, String(duplicates.distance));
    say(this.#count, countText(duplicates));
    show(this.#best, duplicates.groups.length > 0);
    show(this.#more, duplicates.cursor !== null);
    reconcile(this.#list, duplicates.groups, bestOf, (group) => this.#group(group), (element, group) => this.#drawGroup(element, group));
    return true;
  }

  /** @param {DuplicateGroup} group */
  #group(group) {
    const keep = h("button", { type: "button", class: "quiet small" });
    const key = bestOf(group);
    keep.addEventListener("click", () => {
      const current = this.#state?.gallery.duplicates?.groups.find((other) => bestOf(other) === key);
      if (current) this.request("keep-duplicate", { group: current, asset: this.#keptOf(current) });
    });
    return h("section", { class: "duplicate-group" }, h("div", { class: "duplicate-images" }), keep);
  }

  /** @param {Element} element @param {DuplicateGroup} group */
  #drawGroup(element, group) {
    const [images, keep] = element.children;
    if (!(images instanceof HTMLElement) || !keep) return;
    element.setAttribute("aria-label", `${count(group.members.length, "image")}, ${group.kind === "same" ? "the same file" : "similar"}`);
    const kept = this.#keptOf(group);
    reconcile(images, group.members, ({ asset }) => asset.id, ({ asset }) => this.#image(group, asset.id, asset.thumbnail_url), (image, member) => {
      const place = group.members.indexOf(member);
      const on = member.asset.id === kept;
      image.setAttribute("aria-pressed", String(on));
      image.setAttribute("aria-label", `Keep image ${place + 1}: ${memberText(member, place)}`);
      const [, mark, note] = image.children;
      if (mark) say(mark, on ? "Keep" : "Trash");
      if (note) say(note, memberText(member, place));
    });
    say(keep, `Keep this one, trash ${count(group.members.length - 1, "other")}`);
  }

  /** @param {DuplicateGroup} group @param {string} id @param {string} source */
  #image(group, id, source) {
    const picture = h("img", { src: source, alt: "", loading: "lazy", decoding: "async" });
    const button = h("button", { type: "button", class: "duplicate" }, picture, h("span", { class: "duplicate-mark" }), h("span", { class: "note" }));
    button.addEventListener("click", () => {
      this.#kept.set(bestOf(group), id);
      if (this.#state) this.draw(this.#state);
    });
    return button;
  }

  /** @param {DuplicateGroup} group */
  #keptOf(group) {
    const chosen = this.#kept.get(bestOf(group));
    return group.members.some(({ asset }) => asset.id === chosen) && chosen ? chosen : bestOf(group);
  }
}

/** @param {DuplicateGroup} group */
function bestOf(group) {
  return group.members[0]?.asset.id ?? "";
}

/** @param {DuplicateMember} member @param {number} place */
export function memberText({ asset, distance }, place) {
  const size = asset.width && asset.height ? `${asset.width} × ${asset.height}` : "";
  const stars = asset.rating ? `${asset.rating} of 5 stars` : "";
  const likeness = place === 0 ? "best" : distance ? `${count(distance, "bit")} of 64 differ` : "no difference";
  return [size, stars, likeness].filter(Boolean).join(" · ");
}

/** @param {{ groups: readonly DuplicateGroup[], total: number | null, analysing: number }} duplicates */
export function countText({ total, analysing }) {
  if (total === null) return "Comparing…";
  const groups = total ? count(total, "group") : "No duplicates within this bound.";
  return analysing ? `${groups} · ${count(analysing, "image")} not compared yet` : groups;
}
