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

/** @param {FileSystemEntry} entry @returns {Promise<File[]>} */
async function filesOf(entry) {
  if (entry instanceof FileSystemFileEntry) {
    return [
      await new Promise((done, fail) => {
        entry.file(done, fail);
      }),
    ];
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
    for (const inside of entries) files.push(...(await filesOf(inside)));
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
