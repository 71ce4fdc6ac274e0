/** Insertion and replacement of words in a text. */

/**
 * Inserts `words` at `at`, with a comma where no punctuation separates them from their neighbours.
 * @param {string} text
 * @param {number} at
 * @param {string} words
 * @returns {{ text: string, caret: number }}
 */
export function insert(text, at, words) {
  const before = text.slice(0, at);
  const after = text.slice(at);
  const lead = !before.trim() || /[\s({[|]$/.test(before) ? "" : /,$/.test(before) ? " " : ", ";
  const trail = !after.trim() || /^[\s,.;:)}\]|]/.test(after) ? "" : ", ";
  const head = before + lead + words;
  return { text: head + trail + after, caret: head.length };
}

/**
 * Replaces every occurrence of a whole word, in any case.
 * @param {string} text
 * @param {string} word of letters, digits, hyphens and apostrophes
 * @param {string} other
 */
export function replaceWord(text, word, other) {
  return text.replace(new RegExp(`(?<![\\p{L}\\p{N}])${word}(?![\\p{L}\\p{N}])`, "giu"), () => other);
}
