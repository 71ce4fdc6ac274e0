/** The image in focus: the image, its rating, prompt, parameters, lineage, tags, note and licence. */
/** @import { Asset, State } from "../../state/types.js" */
/** @import { MakeRequest } from "../../state/requests.js" */
import { originOf, parametersOf } from "../../document/image-metadata.js";
import { focused, inTrash, operationTitle, parameterRows } from "../../state/selectors/gallery.js";
import { fill, h, reconcile, say, show } from "../../elements/dom.js";
import { drawReplay } from "../../elements/replay-badge.js";
import { icon } from "../../elements/icons.js";
import { Stars } from "../../elements/stars.js";
import { TagEditor } from "./tag-editor.js";

/** @import { IconName } from "../../elements/icons.js" */

const MOST_RELATIVES = 6;

export class DetailPanel {
  #picture = h("img", { class: "detail-image", alt: "", decoding: "async" });
  #view = h("button", { type: "button", class: "detail-view", "aria-label": "Full screen", title: "Full screen", "data-keys": "full-screen" }, this.#picture);
  #stars;
  #favourite = bare("heart", "Favourite", "favourite");
  #full = bare("expand", "Full screen", "full-screen", "wide-only");
  #download = h("a", { class: "bare", "aria-label": "Download", title: "Download" }, icon("download"));
  #trash = bare("trash", "Move to the trash", "trash-images");
  #prompt = h("p", { class: "detail-prompt" });
  #negative = h("p", { class: "note" });
  #facts = h("dl", { class: "detail-facts" });
  #relatives = h("div", { class: "relatives" });
  #related = h("span", { class: "note" });
  #lineage = h("section", { class: "lineage", "aria-label": "Made from and used for" }, this.#relatives, this.#related);
  #tags;
  #note = h("textarea", { class: "well", rows: 2, "aria-label": "Note", placeholder: "Note", maxlength: 4000 });
  #licenceText = h("span", {});
  #licenceLink = h("a", { class: "link", target: "_blank", rel: "noreferrer" }, "Licence");
  #licence = h("p", { class: "note detail-licence" }, this.#licenceText, " ", this.#licenceLink);
  #open = h("button", { type: "button", class: "strong" }, icon("restore"), "Open on the wall");
  #input = h("button", { type: "button", class: "quiet", title: "Use as an image input on the wall", "data-keys": "use-image" }, icon("input"), "As input");
  #copy = h("button", { type: "button", class: "quiet" }, icon("copy"), "Copy settings");
  #replay = h("button", { type: "button", class: "quiet", title: "Run it again from its snapshot, and compare" }, icon("retry"), "Replay");
  #verify = h("button", { type: "button", class: "quiet", title: "Check the signed manifests, the source type and the metadata of the file" }, icon("check"), "Check provenance");
  #verification = h("ul", { class: "note verification", role: "status" });
  #report = h("p", { class: "replay-badge", role: "status" });
  #close = bare("close", "Close");
  #inside;
  #none = h("p", { class: "note detail-none" }, "The image in focus appears here, with its settings.");
  element;
  #id = "";
  #noteDrawn = "";

  /** @param {MakeRequest} request @param {(id: string) => void} open shows another image */
  constructor(request, open) {
    this.request = request;
    this.#stars = new Stars((rating) => request("rate-images", { rating, asset: this.#id }));
    this.#tags = new TagEditor(request);
    this.#listen(open);
    const head = h("div", { class: "detail-head" }, this.#stars.element, this.#favourite, this.#full, this.#download, this.#trash);
    const actions = h("div", { class: "detail-actions" }, this.#open, this.#input, this.#copy, this.#replay, this.#verify);
    this.#inside = h("div", { class: "detail-inside" }, this.#close, this.#view, head, this.#report, this.#prompt, this.#negative, this.#facts, this.#lineage, this.#tags.element, this.#note, this.#licence, this.#verification, actions);
    this.#close.classList.add("sheet-close");
    this.element = h("aside", { class: "gallery-detail", "aria-label": "Image details" }, this.#none, this.#inside);
  }

  /** @param {(id: string) => void} open */
  #listen(open) {
    this.#picture.addEventListener("load", () => (this.#picture.style.backgroundImage = ""));
    const { request } = this;
    this.#view.addEventListener("click", () => request("show", { name: "viewer" }));
    this.#full.addEventListener("click", () => request("show", { name: "viewer" }));
    this.#favourite.addEventListener("click", () => request("toggle-favourite", { asset: this.#id }));
    this.#trash.addEventListener("click", () => request("trash-images", { asset: this.#id }));
    this.#open.addEventListener("click", () => request("open-on-wall", { asset: this.#id }));
    this.#input.addEventListener("click", () => request("use-as-input", { assets: [this.#id] }));
    this.#copy.addEventListener("click", () => request("copy-settings", {}));
    this.#replay.addEventListener("click", () => request("replay-image", { asset: this.#id }));
    this.#verify.addEventListener("click", () => request("verify-image", { asset: this.#id }));
    this.#close.addEventListener("click", () => request("show-sheet", { sheet: "" }));
    this.#note.addEventListener("change", () => request("note-image", { asset: this.#id, note: this.#note.value }));
    this.#relatives.addEventListener("click", ({ target }) => {
      const button = target instanceof Element ? target.closest("button") : null;
      if (button?.dataset.key) open(button.dataset.key.slice(1));
    });
  }

  /** @param {State} state */
  draw(state) {
    const listed = focused(state.gallery);
    show(this.#inside, listed !== undefined);
    show(this.#none, listed === undefined);
    if (!listed) return;
    const full = state.assets[listed.id];
    if (full === undefined && listed.id !== this.#id) this.request("load-asset", { asset: listed.id });
    this.#id = listed.id;
    const asset = { ...full, ...listed, metadata: full?.metadata ?? listed.metadata ?? {} };
    this.#drawImage(asset);
    this.#stars.draw(asset.rating);
    this.#favourite.setAttribute("aria-pressed", String(asset.favourite));
    const text = asset.prompt || asset.name || "";
    say(this.#prompt, text);
    show(this.#prompt, text !== "");
    say(this.#negative, asset.negative_prompt ? `Negative prompt: ${asset.negative_prompt}` : "");
    show(this.#negative, Boolean(asset.negative_prompt));
    this.#drawFacts(state, asset);
    this.#drawLineage(asset, full?.parents ?? [], full?.children ?? []);
    this.#tags.draw(asset, (state.gallery.facets?.facets.tag ?? []).map(({ value }) => value));
    this.#drawNote(asset.note ?? "");
    const { licence } = asset;
    show(this.#licence, licence !== null && licence !== undefined);
    if (licence) this.#drawLicence(licence);
    this.#drawVerification(full?.verification);
    const deleted = inTrash(state.gallery);
    for (const part of [this.#open, this.#input]) show(part, !deleted);
    drawReplay(this.#report, full?.replay ?? asset.replay ?? null);
    show(this.#replay, !deleted && Boolean(parametersOf(asset.metadata)) && asset.metadata.qpyt !== undefined && Boolean(asset.task_id));
  }

  /** @param {Asset} asset */
  #drawImage({ url, thumbnail_url, prompt, name, width, height, kind }) {
    if (this.#picture.getAttribute("src") !== url) {
      this.#picture.removeAttribute("src"); // else the image before stays until this one is loaded
      this.#picture.style.backgroundImage = `url("${thumbnail_url}")`;
      this.#picture.src = url;
    }
    this.#picture.alt = prompt || name || kind;
    this.#picture.width = width ?? 512;
    this.#picture.height = height ?? 512;
    this.#download.href = url;
    this.#download.download = name ?? "";
  }

  /** @param {State} state @param {Asset} asset */
  #drawFacts(state, asset) {
    const loras = (asset.loras ?? []).map(({ name, weight }) => `${name} ${weight}`).join(", ");
    /** @type {{ label: string, value: string, parameter: string | null }[]} */
    const rows = [
      { label: "Operation", value: operationTitle(state, asset), parameter: "operation" },
      { label: "Model", value: asset.model?.label ?? "", parameter: "model" },
      { label: "Seed", value: asset.seed === null || asset.seed === undefined ? "" : String(asset.seed), parameter: "seed" },
      { label: "Size", value: asset.width && asset.height ? `${asset.width} × ${asset.height}` : "", parameter: "width, height" },
      { label: "LoRAs", value: loras, parameter: "loras" },
      ...parameterRows(state, asset),
      { label: "Origin", value: originOf(asset.metadata), parameter: "digital_source_type" },
      { label: asset.task_id ? "Created" : "Added", value: new Date(asset.created_at).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" }), parameter: null },
    ].filter(({ value }) => value !== "");
    const text = JSON.stringify(rows);
    if (this.#facts.dataset.text === text) return;
    this.#facts.dataset.text = text;
    this.#facts.replaceChildren(...rows.flatMap(({ label, value, parameter }) => [h("dt", { title: parameter }, label), h("dd", {}, value)]));
  }

  /** @param {Asset} asset @param {{ id: string, thumbnail_url: string }[]} parents @param {{ id: string, thumbnail_url: string }[]} children */
  #drawLineage(asset, parents, children) {
    show(this.#lineage, parents.length + children.length > 0);
    if (this.#lineage.hidden) return;
    const row = [
      ...parents.slice(0, MOST_RELATIVES).map((relative) => ({ ...relative, key: `p${relative.id}`, label: "Made from this image" })),
      { id: asset.id, thumbnail_url: asset.thumbnail_url, key: "", label: "" },
      ...children.slice(0, MOST_RELATIVES).map((relative) => ({ ...relative, key: `c${relative.id}`, label: "An image made from it" })),
    ];
    reconcile(this.#relatives, row, ({ key }) => key, ({ key, thumbnail_url: source, label }) => {
      const image = h("img", { src: source, alt: "", loading: "lazy" });
      return key ? h("button", { type: "button", class: "relative", "aria-label": label, title: label }, image) : h("span", { class: "relative here" }, image);
    }, (element, { thumbnail_url: source }) => {
      const image = element.firstElementChild;
      if (image && image.getAttribute("src") !== source) image.setAttribute("src", source);
    });
    say(this.#related, [counted(parents.length, "parent", "parents"), counted(children.length, "child", "children")].filter(Boolean).join(" · "));
  }

  /** @param {import("../../state/types.js").Licence} licence */
  #drawLicence({ label, sentence, terms, url }) {
    say(this.#licenceText, [`${label}.`, sentence, terms].filter(Boolean).join(" "));
    show(this.#licenceLink, Boolean(url));
    if (url) this.#licenceLink.href = url;
  }

  /** @param {Asset["verification"]} verification */
  #drawVerification(verification) {
    const sentences = verification?.sentences ?? [];
    show(this.#verification, sentences.length > 0);
    this.#verification.classList.toggle("bad", verification?.contradicted === true);
    reconcile(this.#verification, sentences, String, (sentence) => h("li", {}, sentence), () => {});
  }

  /** @param {string} note */
  #drawNote(note) {
    if (document.activeElement === this.#note && this.#noteDrawn === note) return;
    this.#noteDrawn = note;
    fill(this.#note, note);
  }
}

/** @param {number} n @param {string} singular @param {string} plural */
function counted(n, singular, plural) {
  return n ? `${n} ${n === 1 ? singular : plural}` : "";
}

/** @param {IconName} name @param {string} label @param {string | null} [action] whose keys the tooltip names @param {string} [look] */
function bare(name, label, action = null, look = "") {
  return h("button", { type: "button", class: `bare ${look}`.trim(), "aria-label": label, title: label, "data-keys": action }, icon(name));
}
