/** Reordering of waiting tasks with the pointer: the thumbnail of a row is its handle. */

const EDGE = 36; // pixels at the ends of the list where it scrolls
const STILL = 4; // pixels that a click may move

/**
 * @param {HTMLElement} list of rows with `data-key`
 * @param {(move: { task: string, before?: string, after?: string }) => void} drop
 */
export function dragTask(list, drop) {
  list.addEventListener("pointerdown", (event) => {
    const handle = /** @type {HTMLElement} */ (event.target).closest(".task-thumb");
    const row = /** @type {HTMLElement | null} */ (handle?.closest("qp-task-row") ?? null);
    if (!row || event.button !== 0) return;
    event.preventDefault();
    const end = new AbortController();
    const start = event.clientY;
    /** @type {{ row: HTMLElement, after: boolean } | null} */
    let target = null;
    const mark = () => {
      for (const other of list.children) other.classList.remove("drop-before", "drop-after");
      target?.row.classList.add(target.after ? "drop-after" : "drop-before");
    };
    const stop = () => {
      end.abort();
      target = null;
      mark();
      row.classList.remove("dragged");
    };
    const { signal } = end;
    list.setPointerCapture(event.pointerId);
    list.addEventListener("pointermove", (moved) => {
      if (!row.classList.contains("dragged") && Math.abs(moved.clientY - start) < STILL) return;
      row.classList.add("dragged");
      scrollAtEdge(list, moved.clientY);
      target = targetAt(list, row, moved.clientY);
      mark();
    }, { signal });
    list.addEventListener("pointerup", () => {
      const task = row.dataset.key ?? "";
      const neighbour = target?.row.dataset.key;
      const after = target?.after;
      stop();
      if (neighbour) drop({ task, ...(after ? { after: neighbour } : { before: neighbour }) });
    }, { signal });
    list.addEventListener("pointercancel", stop, { signal });
    document.addEventListener("keydown", (pressed) => pressed.key === "Escape" && stop(), { signal });
  });
}

/**
 * The row at a height, other than the dragged one.
 * @param {HTMLElement} list
 * @param {HTMLElement} dragged
 * @param {number} y
 */
function targetAt(list, dragged, y) {
  for (const row of /** @type {Iterable<HTMLElement>} */ (list.children)) {
    const box = row.getBoundingClientRect();
    if (y > box.bottom + 8 || y < box.top - 8) continue;
    return row === dragged ? null : { row, after: y > box.top + box.height / 2 };
  }
  return null;
}

/** @param {HTMLElement} list @param {number} y */
function scrollAtEdge(list, y) {
  const scroller = list.closest("qp-queue-desk");
  const box = scroller?.getBoundingClientRect();
  if (!scroller || !box) return;
  if (y < box.top + EDGE) scroller.scrollBy(0, -EDGE / 2);
  if (y > box.bottom - EDGE) scroller.scrollBy(0, EDGE / 2);
}
