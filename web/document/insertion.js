/** Putting words into a text where the caret stands. Pure. */

/**
 * The text with `words` at `at`, parted from their neighbours by a comma where nothing parts them.
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
