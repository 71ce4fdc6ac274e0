/** Images and archives that were dropped or picked, those in folders too; and images of the page that are dragged. */

const ARCHIVE = /\.zip$/i;
const IMAGE = /\.(?:png|jpe?g|webp|avif|gif|bmp|tiff?|svg)$/i;
const DRAGGED = "application/x-qpyt-images";

/** @param {File} file */
function isImportable({ name, type }) {
  return type.startsWith("image/") || IMAGE.test(name) || ARCHIVE.test(name);
}

/** @param {Iterable<File>} files @returns {File[]} */
export function importable(files) {
  return [...files].filter(isImportable);
}

/**
 * The files of a drop, and those of dropped folders.
 * @param {DataTransfer} data
 * @returns {Promise<File[]>}
 */
export async function droppedFiles(data) {
  const entries = Array.from(data.items, (item) => item.webkitGetAsEntry?.() ?? null);
  if (!entries.some(Boolean)) return importable(data.files);
  const files = await Promise.all(entries.map((entry) => (entry ? filesOf(entry) : [])));
  return importable(files.flat());
}

/**
 * All files of a drop with their paths, those of dropped folders too.
 * @param {DataTransfer} data
 * @returns {Promise<{ path: string, file: File }[]>}
 */
export async function droppedTree(data) {
  const entries = Array.from(data.items, (item) => item.webkitGetAsEntry?.() ?? null);
  if (!entries.some(Boolean)) return pickedTree(data.files);
  const files = await Promise.all(entries.map((entry) => (entry ? treeOf(entry) : [])));
  return files.flat();
}

/** @param {Iterable<File>} files of a field, with their paths below a folder */
export function pickedTree(files) {
  return Array.from(files, (file) => ({ path: file.webkitRelativePath || file.name, file }));
}

/** @param {FileSystemEntry} entry @returns {Promise<File[]>} */
async function filesOf(entry) {
  return (await treeOf(entry)).map(({ file }) => file);
}

/** @param {FileSystemEntry} entry @returns {Promise<{ path: string, file: File }[]>} */
async function treeOf(entry) {
  if (entry instanceof FileSystemFileEntry) {
    /** @type {File} */
    const file = await new Promise((done, fail) => {
      entry.file(done, fail);
    });
    return [{ path: entry.fullPath.replace(/^\//, ""), file }];
  }
  if (!(entry instanceof FileSystemDirectoryEntry)) return [];
  const reader = entry.createReader();
  const files = [];
  for (;;) {
    /** @type {FileSystemEntry[]} a reader hands out a folder in pieces */
    const entries = await new Promise((done, fail) => {
      reader.readEntries(done, fail);
    });
    if (!entries.length) return files;
    for (const inside of entries) files.push(...(await treeOf(inside)));
  }
}

/** @param {DataTransfer} data @param {readonly string[]} ids of images */
export function dragImages(data, ids) {
  data.setData(DRAGGED, JSON.stringify(ids));
  data.effectAllowed = "copy";
}

/** @param {DataTransfer | null} data @returns {boolean} */
export function carriesImages(data) {
  return data?.types.includes(DRAGGED) ?? false;
}

/** @param {DataTransfer | null} data @returns {string[]} ids of the dragged images */
export function draggedImages(data) {
  const text = data?.getData(DRAGGED);
  return text ? JSON.parse(text) : [];
}
