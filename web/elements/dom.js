/**
 * Building the page without markup in strings: data can only become text or an attribute,
 * so nothing that a user or a model wrote is ever read as HTML.
 */

/** @typedef {Node | string | null | false} Child */
/** @typedef {Record<string, unknown>} Attributes */

/**
 * @param {Element} element
 * @param {Attributes} attributes `onclick` and friends are listeners, true and false set or drop
 */
function apply(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") {
      element.addEventListener(name.slice(2), /** @type {EventListener} */ (value));
    } else if (typeof value === "boolean") {
      element.toggleAttribute(name, value);
    } else if (value !== null && value !== undefined) {
      element.setAttribute(name, String(value));
    }
  }
}

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Attributes} [attributes]
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  apply(element, attributes);
  element.append(...children.filter((child) => child !== null && child !== false));
  return element;
}

/**
 * An element of ours by its tag name.
 * @param {string} tag
 * @param {Attributes} [attributes]
 * @returns {HTMLElement}
 */
export function custom(tag, attributes = {}) {
  const element = document.createElement(tag);
  apply(element, attributes);
  return element;
}

/**
 * @template {keyof SVGElementTagNameMap} K
 * @param {K} tag
 * @param {Attributes} [attributes]
 * @param {...Node} children
 * @returns {SVGElementTagNameMap[K]}
 */
export function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  apply(element, attributes);
  element.append(...children);
  return element;
}

/**
 * Writes text only when it changed, so that selections and screen readers are left alone.
 * @param {Element} element
 * @param {string} text
 */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * Writes a control's value only when it changed, so that the caret stays where it is.
 * @param {{ value: string }} control
 * @param {string} value
 */
export function fill(control, value) {
  if (control.value !== value) control.value = value;
}

/**
 * @param {HTMLElement} element
 * @param {boolean} visible
 */
export function show(element, visible) {
  if (element.hidden === visible) element.hidden = !visible;
}

/**
 * Keeps the children of a parent in step with a list: made once a key, moved only when the
 * order changed, removed when the item is gone.
 *
 * @template T
 * @template {HTMLElement} E
 * @param {Element} parent holds nothing but these children
 * @param {readonly T[]} items
 * @param {(item: T) => string} key
 * @param {(item: T) => E} create
 * @param {(element: E, item: T) => void} [update]
 */
export function reconcile(parent, items, key, create, update) {
  /** @type {Map<string, E>} */
  const known = new Map();
  for (const child of /** @type {Iterable<E>} */ (parent.children)) {
    known.set(child.dataset.key ?? "", child);
  }
  const wanted = new Set(items.map(key));
  for (const [name, child] of known) if (!wanted.has(name)) child.remove();
  let place = parent.firstElementChild;
  for (const item of items) {
    const name = key(item);
    const element = known.get(name) ?? create(item);
    element.dataset.key = name;
    if (element === place) place = place.nextElementSibling;
    else parent.insertBefore(element, place);
    update?.(element, item);
  }
}
