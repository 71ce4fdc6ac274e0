/** The interactive elements of a screen whose touch target is smaller than `least` pixels a side. */
([screen, least]) => {
  const SELECTOR = 'button, a[href], input, select, textarea, summary, label, [role="option"], [role="slider"]';
  const seen = (element) => element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  const overlay = document.querySelector("dialog:modal, .picker:popover-open");
  const measured = (element) => overlay || screen === "wall" || !element.closest(".columns"); // the bricks once
  const grow = (box, other) => ({
    left: Math.min(box.left, other.left),
    right: Math.max(box.right, other.right),
    top: Math.min(box.top, other.top),
    bottom: Math.max(box.bottom, other.bottom),
  });
  /** The pixels from the middle of an element in which a touch still reaches it. */
  const reaches = (element) => {
    element.scrollIntoView({ block: "center", inline: "center" });
    const { left, right, top, bottom } = element.getBoundingClientRect();
    const [x, y, half] = [(left + right) / 2, (top + bottom) / 2, least / 2 - 1];
    const front = document.elementFromPoint(x, y);
    if (front && !element.contains(front) && !front.contains(element)) return true; // covered: not in view
    const points = [[x - half, y], [x + half, y], [x, y - half], [x, y + half]];
    const hit = points.every(([a, b]) => {
      const target = document.elementFromPoint(Math.max(0, Math.min(innerWidth - 1, a)), Math.max(0, Math.min(innerHeight - 1, b)));
      return target && (element.contains(target) || target.closest("label")?.control === element);
    });
    return hit;
  };
  const small = [];
  for (const element of (overlay ?? document).querySelectorAll(SELECTOR)) {
    if (!measured(element) || !seen(element) || element.matches(":disabled, .unseen, [tabindex='-1']")) continue;
    if (element.localName === "label" && !element.querySelector("input")) continue;
    if (element.closest(".skip, [inert], [aria-hidden='true']") || element.type === "file") continue;
    let box = element.getBoundingClientRect();
    for (const label of element.labels ?? []) if (label.contains(element)) box = grow(box, label.getBoundingClientRect());
    const [width, height] = [box.right - box.left, box.bottom - box.top];
    if (width >= least - 0.5 && height >= least - 0.5) continue;
    if (reaches(element)) continue;
    const name = element.getAttribute("aria-label") || element.textContent.trim().slice(0, 30) || element.id;
    const place = element.closest(".brick, dialog, qp-header, qp-queue-monitor, qp-notices, qp-result-chip");
    small.push(`${place?.dataset.brick ?? place?.localName ?? ""} ${element.localName}.${element.className} “${name}” ${width.toFixed(1)} × ${height.toFixed(1)}`);
  }
  return small;
}
