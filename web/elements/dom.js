/**
 * Construction of DOM nodes without markup in strings: data becomes text or an attribute and is
 * never parsed as HTML.
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
 * A custom element by its tag name.
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
 * Sets the text where it differs, which keeps selections and does not disturb screen readers.
 * @param {Element} element
 * @param {string} text
 */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * Sets the value of a control where it differs, which keeps the caret.
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
 * Reconciles the children of a parent with a list by key: creates, moves and removes as few as
 * possible.
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
  const present = new Map();
  for (const child of /** @type {Iterable<E>} */ (parent.children)) {
    present.set(child.dataset.key ?? "", child);
  }
  const keys = new Set(items.map(key));
  for (const [name, child] of present) if (!keys.has(name)) child.remove();
  let place = parent.firstElementChild;
  for (const item of items) {
    const name = key(item);
    const element = present.get(name) ?? create(item);
    element.dataset.key = name;
    if (element === place) place = place.nextElementSibling;
    else parent.insertBefore(element, place);
    update?.(element, item);
  }
}
