/**
 * Datasets as the page holds them, and the plans of an upload.
 *
 * @typedef {object} Dataset
 * @property {string} id
 * @property {string} name
 * @property {string | null} trigger
 * @property {number} version
 * @property {string} changed_at
 * @property {number} images
 * @property {number} captioned
 * @property {string[]} thumbnails
 *
 * @typedef {{ name: string, key: string, width: number, height: number, caption: string | null, problem: string | null, thumbnail_url: string }} DatasetImage
 * @typedef {{ code: string, level: "error" | "warning", name: string | null, detail: string, remedy: string, fix: string | null }} DatasetFault
 * @typedef {{ version: number, created_at: string, change: string, images: number }} DatasetVersion
 * @typedef {{ path: string, file: File }} PlacedFile a file with its path in a folder
 *
 * @typedef {object} OpenDataset
 * @property {string} id
 * @property {DatasetImage[]} images those loaded so far
 * @property {string | null} next cursor of the next page
 * @property {DatasetFault[]} faults
 * @property {DatasetVersion[]} versions
 * @property {readonly string[]} selected names of images
 *
 * @typedef {{ items: Dataset[], open: OpenDataset | null, upload: { done: number, total: number } | null, trash: Dataset[] | null }} DatasetsState `trash` from the first visit on
 * @typedef {{ find: string, replace: string, prefix: string, add_tags: string[], remove_tags: string[] }} CaptionEdit
 */

/** The operation that writes captions. */
export const DESCRIBE = "caption_dataset";
const MOST_BYTES = 48 << 20; // of one request
const MOST_FILES = 500;
const CAPTION = /\.(?:txt|caption|json)$/i;
const IMAGE = /\.(?:png|jpe?g|webp|bmp|gif|tiff?|avif)$/i;
const ZIP = /\.zip$/i;

/** @param {readonly PlacedFile[]} files @returns {PlacedFile[]} images, captions and zips */
export function datasetFiles(files) {
  return files.filter(({ path }) => [IMAGE, CAPTION, ZIP].some((pattern) => pattern.test(path)) && !path.split("/").some((part) => part.startsWith(".")));
}

/**
 * Files in parts for one request each; the captions of an image go with it.
 * @param {readonly PlacedFile[]} files
 * @returns {PlacedFile[][]}
 */
export function uploadParts(files) {
  /** @type {Map<string, PlacedFile[]>} by path without ending */
  const stems = new Map();
  for (const placed of files) {
    const stem = placed.path.replace(/\.[^./]*$/, "");
    stems.set(stem, [...(stems.get(stem) ?? []), placed]);
  }
  /** @type {PlacedFile[][]} */
  const parts = [];
  let size = MOST_BYTES;
  for (const group of stems.values()) {
    const bytes = group.reduce((sum, { file }) => sum + file.size, 0);
    const last = parts.at(-1);
    if (last && size + bytes <= MOST_BYTES && last.length + group.length <= MOST_FILES) {
      last.push(...group);
      size += bytes;
    } else {
      parts.push([...group]);
      size = bytes;
    }
  }
  return parts;
}

/**
 * A free name for a new dataset: that of the dropped folder or zip.
 * @param {readonly PlacedFile[]} files
 * @param {readonly Dataset[]} datasets
 */
export function freeName(files, datasets) {
  const [first] = files;
  const [folder = "", ...rest] = first?.path.split("/") ?? [];
  const single = files.length === 1 && ZIP.test(folder);
  return freeTitle((rest.length ? folder : single ? folder.replace(ZIP, "") : "") || "Dataset", datasets);
}

/**
 * A name with a number where it is taken.
 * @param {string} base
 * @param {readonly Dataset[]} datasets
 */
export function freeTitle(base, datasets) {
  const taken = new Set(datasets.map(({ name }) => name.toLowerCase()));
  let name = base.slice(0, 70);
  for (let number = 2; taken.has(name.toLowerCase()); number += 1) name = `${base.slice(0, 70)} ${number}`;
  return name;
}

/** @param {string} text tags between commas @returns {string[]} */
export function tagsOf(text) {
  return text.split(",").map((tag) => tag.trim()).filter(Boolean);
}

/** The newest task that describes the images of a dataset. @param {Record<string, import("./task-types.js").Task>} tasks @param {string} id */
export function describingTask(tasks, id) {
  const describing = Object.values(tasks).filter(({ operation, params }) => operation === DESCRIBE && params?.dataset === id);
  return describing.toSorted((a, b) => a.created_at.localeCompare(b.created_at)).at(-1);
}

/** @param {readonly DatasetFault[]} faults @param {"error" | "warning"} level */
export function faultsOf(faults, level) {
  return faults.filter((fault) => fault.level === level);
}
