/** Findings on accessibility: names, roles, contrast and live regions of what is on the page. */
(screen) => {
  const CONTROLS = 'button, a[href], input, select, textarea, summary, [role="option"], [role="slider"], [role="button"]';
  const LEAST = { normal: 4.5, large: 3 };
  const findings = [];
  const overlay = document.querySelector("dialog:modal, .picker:popover-open");
  const audited = (element) => overlay || screen === "wall" || !element.closest(".columns"); // the bricks once
  const all = (selector) => [...(overlay ?? document).querySelectorAll(selector)].filter(audited);
  const seen = (element) => element.checkVisibility({ opacityProperty: true, visibilityProperty: true, contentVisibilityAuto: true });
  const words = (text) => text.toLowerCase().replaceAll(/[^\p{L}\p{N}]+/gu, " ").trim();
  const visibleText = (element) => {
    if (element instanceof HTMLInputElement || element instanceof HTMLSelectElement || element instanceof HTMLTextAreaElement) return "";
    const copy = element.cloneNode(true);
    for (const part of copy.querySelectorAll("[aria-hidden=true], [hidden], kbd, svg, .unseen")) part.remove();
    return words(copy.textContent);
  };
  const nameOf = (element) => {
    const by = (element.getAttribute("aria-labelledby") ?? "").split(/\s+/).map((id) => document.getElementById(id)?.textContent ?? "");
    const labels = [...(element.labels ?? [])].map((label) => label.textContent);
    const alt = [...element.querySelectorAll("img[alt]")].map((image) => image.alt);
    return words(by.join(" ") || element.getAttribute("aria-label") || labels.join(" ") || [visibleText(element), ...alt].join(" ") || element.title);
  };
  const report = (rule, element, detail = "") => {
    const place = element.closest("[data-brick], dialog, qp-queue-monitor, qp-header");
    findings.push(`${rule}: ${place?.dataset.brick ?? place?.localName ?? "page"} ${element.localName}.${element.className} ${detail}`);
  };

  for (const element of all(CONTROLS).filter(seen)) {
    if (element.type === "file" && element.matches(".unseen")) continue;
    const [name, text] = [nameOf(element), visibleText(element)];
    if (!name) report("no name", element);
    if (element.hasAttribute("aria-label") && text && !name.includes(text)) report("label mismatch", element, `“${text}” is not in “${name}”`);
  }
  for (const list of all('[role="listbox"]')) {
    const strangers = [...list.querySelectorAll("[role]:not([role=option], [role=group], [role=presentation]), button, h2, h3, h4, a, input")];
    for (const stranger of strangers.filter((each) => !each.closest("[aria-hidden=true]"))) report("listbox child", stranger);
  }
  for (const item of all('[role="listitem"]')) if (!item.parentElement?.closest('[role="list"]')) report("list item without list", item);
  for (const heading of all("h1, h2, h3, h4").filter(seen)) if (!words(heading.textContent)) report("empty heading", heading);
  for (const heading of all("h1, h2, h3, h4")) if (heading.querySelector("button, [role=status]")) report("control in heading", heading);
  for (const image of all("img:not([alt])")) report("image without alt", image);
  for (const hidden of all('[aria-hidden="true"]')) {
    if (hidden.querySelector("button, a[href], input, select, textarea, [tabindex='0']")) report("focus in hidden content", hidden);
  }
  const ids = [...document.querySelectorAll("[id]")].map(({ id }) => id);
  for (const id of new Set(ids.filter((each, index) => ids.indexOf(each) !== index))) findings.push(`duplicate id: ${id}`);
  const regions = document.querySelectorAll('body > qp-notices > [role="status"].unseen');
  if (regions.length !== 1 || getComputedStyle(regions[0]).display === "none") findings.push("live region: toasts are announced by no region that is always there");

  const pixel = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const cache = new Map();
  const rgba = (colour) => {
    if (!cache.has(colour)) {
      pixel.clearRect(0, 0, 1, 1);
      pixel.fillStyle = colour;
      pixel.fillRect(0, 0, 1, 1);
      const [r, g, b, a] = pixel.getImageData(0, 0, 1, 1).data;
      cache.set(colour, [r, g, b, a / 255]);
    }
    return cache.get(colour);
  };
  const over = ([r, g, b, a], [x, y, z]) => [r * a + x * (1 - a), g * a + y * (1 - a), b * a + z * (1 - a), 1];
  const ground = (element) => {
    const layers = [];
    for (let each = element; each; each = each.parentElement) {
      const layer = rgba(getComputedStyle(each).backgroundColor);
      layers.push(layer);
      if (layer[3] === 1) break;
    }
    return layers.reduceRight((below, layer) => over(layer, below), [255, 255, 255, 1]);
  };
  const light = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((v) => (v / 255 <= 0.04045 ? v / 3294.6 : ((v / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const overImage = (element) => {
    const { left, top, width, height } = element.getBoundingClientRect();
    return document.elementsFromPoint(left + width / 2, top + height / 2).some((each) => each.matches("img, canvas, .picture, .pane"));
  };
  for (const element of all("*")) {
    const hasText = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
    const isText = hasText || (element.matches("input:not([type=range], [type=checkbox], [type=color]), textarea, select") && element.value);
    if (!isText || !seen(element) || element.closest(":disabled, .unseen, [aria-hidden=true], option, script, noscript, .skip")) continue;
    const style = getComputedStyle(element);
    const below = ground(element);
    const colour = over(rgba(style.color), below);
    const [high, low] = [light(colour), light(below)].sort((a, b) => b - a);
    const size = parseFloat(style.fontSize);
    const ratio = (high + 0.05) / (low + 0.05);
    if (size < 12) report("small text", element, `${size} px`);
    const least = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700) ? LEAST.large : LEAST.normal;
    if (ratio < least - 0.01 && !overImage(element)) report("contrast", element, `${ratio.toFixed(2)} “${element.textContent.trim().slice(0, 24)}”`);
  }
  return findings;
}
