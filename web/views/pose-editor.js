/** The pose editor: skeletons of several people, by pointer, touch and keyboard. */
/** @import { CanvasSize, State } from "../state/types.js" */
/** @import { Person } from "../elements/pose/skeleton.js" */
/** @import { Place } from "../elements/pose/people.js" */
import { find } from "../document/workflow.js";
import { h, say, svg } from "../elements/dom.js";
import { icon } from "../elements/icons.js";
import { Gestures } from "../elements/pane/gestures.js";
import { Viewport } from "../elements/pane/viewport.js";
import { drawPeople } from "../elements/pose/drawing.js";
import { MAX_PEOPLE, PoseHistory, beside, fromOpenPose, jointAt, moved, nearest, places, shifted, toOpenPose, toggled } from "../elements/pose/people.js";
import { PRESETS, faceOf, handOf, presetPerson } from "../elements/pose/presets.js";
import { jointName, mirrored } from "../elements/pose/skeleton.js";
import { OverlayElement } from "./overlay.js";

const REACH = 28; // CSS pixels around a joint
const STEP = 4; // pixels of an arrow key; ten times with Shift
/** @type {Record<string, [number, number]>} */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export class PoseEditor extends OverlayElement {
  /** @override @type {"pose-editor"} */
  name = "pose-editor";
  /** @override */
  label = "Pose editor";
  #history = new PoseHistory();
  #view = new Viewport(24);
  #canvas = h("canvas", { class: "mask-canvas" });
  #ring = svg("circle", { class: "mask-cursor", r: 0 });
  #stage = h(
    "div",
    { class: "mask-stage", tabindex: 0, role: "application", "aria-label": "Skeletons: N and P choose a joint, arrows move it" },
    this.#canvas,
    svg("svg", { class: "mask-over", "aria-hidden": "true" }, this.#ring),
  );
  #note = h("p", { class: "note", role: "status" });
  #undo = this.#button("undo", "Undo (Ctrl Z)", () => this.#step("undo"));
  #redo = this.#button("redo", "Redo (Ctrl Shift Z)", () => this.#step("redo"));
  #preset = h("select", { class: "well", "aria-label": "Pose of a new person" }, ...PRESETS.map((name) => h("option", { value: name }, name)));
  #file = h("input", { type: "file", accept: ".json,application/json", hidden: true });
  /** @type {CanvasSize} */
  #size = { width: 1024, height: 1024, title: "", levels: false };
  /** @type {Place | null} */
  #chosen = null;
  #whole = false;
  #last = { x: 0, y: 0 };
  #further = false;
  #brick = "";

  /** @override */
  compose() {
    const done = h("button", { type: "button", class: "strong", title: "Save the pose (Enter)", onclick: () => void this.#save() }, "Done");
    const discard = h("button", { type: "button", class: "quiet", onclick: () => this.dialog.close() }, "Discard");
    this.#file.addEventListener("change", () => void this.#openFile());
    this.dialog.append(
      h("header", { class: "mask-head" }, h("h2", {}, "Pose"), this.#note, h("div", { class: "mask-ends" }, this.#undo, this.#redo, discard, done)),
      this.#stage,
      h(
        "div",
        { class: "mask-tools", role: "toolbar", "aria-label": "Posing" },
        group("People", this.#preset, this.#word("plus", "Add", "Add a person (A)", () => this.#add()), this.#button("trash", "Remove the person (Delete)", () => this.#remove())),
        group(
          "Person",
          this.#button("mirror", "Mirror (M)", () => this.#mirror()),
          this.#word("more", "Hands", "Hands on or off (H)", () => this.#hands()),
          this.#word("more", "Face", "Face on or off (F)", () => this.#face()),
          this.#word("bypass", "Joint", "Hide or show the joint (J)", () => this.#toggle()),
        ),
        group(
          "Files",
          this.#word("download", "Picture", "Download the picture", () => void this.#exportPicture()),
          this.#word("download", "JSON", "Download OpenPose's JSON", () => this.#exportJson()),
          this.#word("upload", "JSON", "Open OpenPose's JSON", () => this.#file.click()),
          this.#file,
        ),
        group("View", this.#button("fit", "Fit to view (0)", () => this.#fit())),
      ),
    );
    new Gestures(this.#stage, this.#view, {
      moved: () => this.#paint(),
      take: (at, event) => this.#take(at, event),
      draw: (at) => this.#drag(at),
      drop: (kept) => this.#drop(kept),
    });
    new ResizeObserver(() => this.#fit()).observe(this.#stage);
    this.dialog.addEventListener("keydown", (event) => this.#key(event));
    this.dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      void this.#save();
    });
  }

  /** @override @param {State} state */
  opened(state) {
    this.#brick = state.overlay.brick ?? "";
    this.#size = state.overlay.canvas ?? this.#size;
    const saved = fromOpenPose(find(state.workflow, this.#brick)?.props.pose, this.#size);
    this.#history.start(saved ?? [presetPerson("Standing", this.#size)]);
    this.#chosen = null;
    say(this.#note, `${this.#size.width} × ${this.#size.height}`);
    this.#fit();
    this.#stage.focus();
  }

  get #people() {
    return this.#history.people;
  }

  get #index() {
    return this.#chosen?.person ?? this.#people.length - 1;
  }

  /** @param {Person[]} people @param {boolean} [further] */
  #change(people, further = false) {
    this.#history.change(people, further);
    this.#paint();
  }

  /** Changes the chosen person. @param {(person: Person) => Person} change */
  #person(change) {
    const index = this.#index;
    if (this.#people[index]) this.#change(this.#people.map((person, i) => (i === index ? change(person) : person)));
  }

  #add() {
    if (this.#people.length >= MAX_PEOPLE) {
      say(this.#note, `At most ${MAX_PEOPLE} people.`);
      return;
    }
    const person = presetPerson(this.#preset.value, this.#size);
    this.#change([...this.#people, beside(this.#people, person, this.#size.width)]);
    this.#choose({ person: this.#people.length - 1, part: "body", joint: 0 });
  }

  #remove() {
    const index = this.#index;
    this.#change(this.#people.filter((_, i) => i !== index));
    this.#choose(null);
  }

  #mirror() {
    this.#person((person) => {
      const center = person.body[1]?.x ?? this.#size.width / 2;
      return mirrored(person, 2 * center);
    });
  }

  #hands() {
    this.#person((person) =>
      person.left.length || person.right.length
        ? { ...person, left: [], right: [] }
        : { ...person, left: handOf(person, "left"), right: handOf(person, "right") },
    );
    this.#choose(null);
  }

  #face() {
    this.#person((person) => ({ ...person, face: person.face.length ? [] : faceOf(person) }));
    this.#choose(null);
  }

  #toggle() {
    if (this.#chosen) this.#change(toggled(this.#people, this.#chosen));
  }

  /** @param {"undo" | "redo"} way */
  #step(way) {
    this.#history[way]();
    if (this.#chosen && !jointAt(this.#people, this.#chosen)) this.#chosen = null;
    this.#paint();
  }

  /** @param {Place | null} place */
  #choose(place) {
    this.#chosen = place;
    const joint = place && jointAt(this.#people, place);
    if (place && joint) {
      const where = `${Math.round(joint.x)}, ${Math.round(joint.y)}`;
      say(this.#note, `Person ${place.person + 1}, ${jointName(place.part, place.joint)}: ${where}${joint.on ? "" : ", hidden"}`);
    }
    this.#paint();
  }

  /** @param {number} way */
  #next(way) {
    const all = places(this.#people);
    const now = all.findIndex((place) => this.#chosen && JSON.stringify(place) === JSON.stringify(this.#chosen));
    this.#choose(all[(now + way + all.length) % all.length] ?? null);
  }

  /** @param {{ x: number, y: number }} at @param {PointerEvent} event */
  #take(at, event) {
    if (event.button > 0) return false;
    const point = this.#view.toContent(at);
    const place = nearest(this.#people, point, REACH / this.#view.scale);
    if (!place) return false;
    this.#whole = event.shiftKey;
    this.#last = point;
    this.#further = false;
    this.#choose(place);
    return true;
  }

  /** @param {{ x: number, y: number }} at */
  #drag(at) {
    if (!this.#chosen) return;
    const point = this.#view.toContent(at);
    this.#move(point.x - this.#last.x, point.y - this.#last.y, this.#whole, this.#further);
    this.#further = true;
    this.#last = point;
  }

  /** @param {boolean} kept */
  #drop(kept) {
    if (!kept && this.#further) this.#history.undo();
    this.#further = false;
    this.#choose(this.#chosen);
  }

  /** @param {number} dx @param {number} dy @param {boolean} whole @param {boolean} further */
  #move(dx, dy, whole, further) {
    const place = this.#chosen;
    const joint = place && jointAt(this.#people, place);
    if (!place || !joint) return;
    const people = whole
      ? this.#people.map((person, i) => (i === place.person ? shifted(person, dx, dy) : person))
      : moved(this.#people, place, { x: joint.x + dx, y: joint.y + dy });
    this.#change(people, further);
  }

  #fit() {
    const { clientWidth: width, clientHeight: height } = this.#stage;
    if (!width || !height) return;
    this.#view.set({ width, height }, this.#size);
    this.#view.fit();
    this.#paint();
  }

  #paint() {
    const { clientWidth: width, clientHeight: height } = this.#stage;
    const paper = this.#canvas.getContext("2d");
    if (!paper || !width) return;
    const dots = devicePixelRatio || 1;
    this.#canvas.width = Math.round(width * dots);
    this.#canvas.height = Math.round(height * dots);
    const { scale, x, y } = this.#view;
    paper.setTransform(scale * dots, 0, 0, scale * dots, x * dots, y * dots);
    drawPeople(paper, this.#people, this.#size);
    const joint = this.#chosen && jointAt(this.#people, this.#chosen);
    this.#ring.setAttribute("r", joint ? "10" : "0");
    if (joint) {
      this.#ring.setAttribute("cx", String(joint.x * scale + x));
      this.#ring.setAttribute("cy", String(joint.y * scale + y));
    }
    this.#undo.disabled = !this.#history.changed;
    this.#redo.disabled = !this.#history.canRedo;
  }

  /** The picture at the size of the canvas. @returns {Promise<Blob | null>} */
  #picture() {
    const canvas = h("canvas", { width: this.#size.width, height: this.#size.height });
    const paper = canvas.getContext("2d");
    if (paper) drawPeople(paper, this.#people, this.#size);
    return new Promise((ready) => {
      canvas.toBlob(ready, "image/png");
    });
  }

  async #save() {
    if (!this.#people.length) {
      this.request("set-props", { brick: this.#brick, props: { image: undefined, pose: undefined }, label: "Remove pose" });
      this.dialog.close();
      return;
    }
    const pose = toOpenPose(this.#people, this.#size);
    this.request("save-drawing", { brick: this.#brick, image: await this.#picture(), props: { pose } });
  }

  async #exportPicture() {
    const picture = await this.#picture();
    if (picture) download(picture, "pose.png");
  }

  #exportJson() {
    const text = JSON.stringify(toOpenPose(this.#people, this.#size));
    download(new Blob([text], { type: "application/json" }), "pose.json");
  }

  async #openFile() {
    const text = await this.#file.files?.[0]?.text();
    this.#file.value = "";
    let people = null;
    try {
      people = fromOpenPose(JSON.parse(text ?? ""), this.#size);
    } catch {
      people = null;
    }
    if (people) {
      this.#change(people);
      this.#choose(null);
    } else say(this.#note, "This file is not OpenPose's JSON of 18 body joints.");
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.target instanceof HTMLSelectElement) return;
    const key = event.key.toLowerCase();
    const arrow = ARROWS[event.key];
    const onButton = event.target instanceof HTMLButtonElement;
    /** @type {Record<string, () => void>} */
    const keys = {
      n: () => this.#next(1),
      p: () => this.#next(-1),
      a: () => this.#add(),
      m: () => this.#mirror(),
      h: () => this.#hands(),
      f: () => this.#face(),
      j: () => this.#toggle(),
      0: () => this.#fit(),
      delete: () => this.#remove(),
      ...(onButton ? {} : { enter: () => void this.#save() }),
    };
    /** @type {(() => void) | undefined} */
    let act = keys[key];
    if (event.ctrlKey || event.metaKey) act = key === "z" ? () => this.#step(event.shiftKey ? "redo" : "undo") : undefined;
    else if (arrow) act = () => this.#nudge(arrow, event.shiftKey ? 10 * STEP : STEP, event.altKey);
    if (!act) return;
    event.preventDefault();
    act();
  }

  /** @param {[number, number]} arrow @param {number} step @param {boolean} whole the person, not the joint */
  #nudge([dx, dy], step, whole) {
    this.#move(dx * step, dy * step, whole, false);
    this.#choose(this.#chosen);
  }

  /** @param {import("../elements/icons.js").IconName} name @param {string} label @param {() => void} act */
  #button(name, label, act) {
    return h("button", { type: "button", class: "bare", "aria-label": label, title: label, onclick: act }, icon(name));
  }

  /** @param {import("../elements/icons.js").IconName} name @param {string} word @param {string} label @param {() => void} act */
  #word(name, word, label, act) {
    const button = this.#button(name, label, act);
    button.classList.add("worded");
    button.append(h("span", {}, word));
    return button;
  }
}

/** @param {string} label @param {...HTMLElement} children */
function group(label, ...children) {
  return h("div", { class: "mask-group", role: "group", "aria-label": label }, ...children);
}

/** @param {Blob} file @param {string} name */
function download(file, name) {
  const link = h("a", { href: URL.createObjectURL(file), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

customElements.define("qp-pose-editor", PoseEditor);
