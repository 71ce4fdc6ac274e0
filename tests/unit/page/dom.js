// A document of nodes for tests of elements: trees, attributes, events and selectors, without layout.

const PART = /([.#]?[\w-]+|\[[^\]]+\]|:scope|\*)/g;

class Node extends EventTarget {
  parentNode = null;
  childNodes = [];

  get isConnected() {
    return this === document.documentElement || Boolean(this.parentNode?.isConnected);
  }

  get parentElement() {
    return this.parentNode;
  }

  append(...nodes) {
    for (const node of nodes) this.insertBefore(node, null);
  }

  appendChild(node) {
    return this.insertBefore(node, null);
  }

  insertBefore(node, next) {
    const child = node instanceof Node ? node : new Text(String(node));
    child.remove();
    const at = next ? this.childNodes.indexOf(next) : this.childNodes.length;
    this.childNodes.splice(at, 0, child);
    child.parentNode = this;
    if (this.isConnected) child.connect();
    return child;
  }

  remove() {
    if (!this.parentNode) return;
    const connected = this.isConnected;
    const siblings = this.parentNode.childNodes;
    siblings.splice(siblings.indexOf(this), 1);
    this.parentNode = null;
    if (connected) this.disconnect();
  }

  connect() {
    this.connectedCallback?.();
    for (const child of [...this.childNodes]) child.connect();
  }

  disconnect() {
    this.disconnectedCallback?.();
    for (const child of this.childNodes) child.disconnect();
  }

  replaceChildren(...nodes) {
    for (const child of [...this.childNodes]) child.remove();
    this.append(...nodes);
  }

  contains(node) {
    for (let at = node; at; at = at.parentNode) if (at === this) return true;
    return false;
  }

  get textContent() {
    return this.childNodes.map((node) => node.textContent).join("");
  }

  set textContent(text) {
    this.replaceChildren(...(text === "" ? [] : [text]));
  }

  dispatchEvent(event) {
    Object.defineProperty(event, "target", { value: event.target ?? this, configurable: true });
    for (let at = this; at; at = event.bubbles ? at.parentNode : null) {
      const seen = Object.assign(new Event(event.type), { detail: event.detail, key: event.key, code: event.code, altKey: event.altKey, ctrlKey: event.ctrlKey, shiftKey: event.shiftKey });
      for (const name of ["target", "newState"]) Object.defineProperty(seen, name, { value: event[name] });
      EventTarget.prototype.dispatchEvent.call(at, seen);
    }
    return true;
  }
}

class Text extends Node {
  constructor(text) {
    super();
    this.data = text;
  }

  get textContent() {
    return this.data;
  }
}

class Element extends Node {
  attributes = new Map();
  style = {
    setProperty: (name, value) => (this.style[name] = value),
    removeProperty: (name) => delete this.style[name],
    getPropertyValue: (name) => this.style[name] ?? "",
  };
  classList = {
    contains: (name) => this.#classes().includes(name),
    add: (...names) => this.setAttribute("class", [...new Set([...this.#classes(), ...names])].join(" ")),
    remove: (...names) => this.setAttribute("class", this.#classes().filter((name) => !names.includes(name)).join(" ")),
    toggle: (name, on = !this.classList.contains(name)) => (on ? this.classList.add(name) : this.classList.remove(name)),
  };
  dataset = new Proxy(
    {},
    {
      get: (_, name) => this.getAttribute(dataName(name)) ?? undefined,
      set: (_, name, value) => (this.setAttribute(dataName(name), value), true),
      deleteProperty: (_, name) => (this.removeAttribute(dataName(name)), true),
    },
  );

  constructor(tag) {
    super();
    this.localName = tag ?? registered.get(new.target) ?? "div";
  }

  #classes() {
    return (this.getAttribute("class") ?? "").split(/\s+/).filter(Boolean);
  }

  getAttribute(name) {
    return this.attributes.get(name) ?? null;
  }

  setAttribute(name, value) {
    this.attributes.set(name, String(value));
  }

  removeAttribute(name) {
    this.attributes.delete(name);
  }

  toggleAttribute(name, on = !this.attributes.has(name)) {
    if (on) this.setAttribute(name, "");
    else this.removeAttribute(name);
  }

  get children() {
    return this.childNodes.filter((node) => node instanceof Element);
  }

  get childElementCount() {
    return this.children.length;
  }

  get firstElementChild() {
    return this.children[0] ?? null;
  }

  get lastElementChild() {
    return this.children.at(-1) ?? null;
  }

  get nextElementSibling() {
    const siblings = this.parentNode?.children ?? [];
    return siblings[siblings.indexOf(this) + 1] ?? null;
  }

  get previousElementSibling() {
    const siblings = this.parentNode?.children ?? [];
    return siblings[siblings.indexOf(this) - 1] ?? null;
  }

  closest(selector) {
    for (let at = this; at instanceof Element; at = at.parentNode) if (at.matches(selector)) return at;
    return null;
  }

  matches(selector, scope = null) {
    return paths(selector).some((path) => matchesPath(this, path, scope));
  }

  *#descendants(selector, scope) {
    for (const child of this.childNodes) {
      if (!(child instanceof Element)) continue;
      if (child.matches(selector, scope)) yield child;
      yield* child.#descendants(selector, scope);
    }
  }

  querySelectorAll(selector) {
    return [...this.#descendants(selector, this)];
  }

  querySelector(selector) {
    return this.#descendants(selector, this).next().value ?? null;
  }

  getElementsByClassName(name) {
    return this.querySelectorAll(`.${name}`);
  }

  getBoundingClientRect() {
    return { x: 0, y: 0, left: 0, top: 0, right: 0, bottom: 0, width: 0, height: 0 };
  }

  focus() {
    document.activeElement = this;
  }

  click() {
    if (!this.disabled) this.dispatchEvent(new Event("click", { bubbles: true }));
  }

  setSelectionRange() {}
  scrollIntoView() {}
  showModal() {
    this.open = true;
  }
  close() {
    this.open = false;
    this.dispatchEvent(new Event("close"));
  }
  showPopover() {}
  hidePopover() {}
}

for (const name of ["hidden", "disabled", "inert", "open", "checked"]) {
  Object.defineProperty(Element.prototype, name, {
    get() {
      return this.attributes.has(name);
    },
    set(on) {
      this.toggleAttribute(name, Boolean(on));
    },
  });
}
for (const name of ["title", "id", "src", "href", "alt", "value", "placeholder", "min", "max", "name", "download", "popover"]) {
  Object.defineProperty(Element.prototype, name, {
    configurable: true,
    get() {
      return this.getAttribute(name) ?? "";
    },
    set(value) {
      this.setAttribute(name, value);
    },
  });
}
Object.defineProperty(Element.prototype, "valueAsNumber", {
  get() {
    return this.value === "" ? Number.NaN : Number(this.value);
  },
});
Object.defineProperty(Element.prototype, "validity", { get: () => ({ badInput: false }) });

class HTMLElement extends Element {}
const TYPED = { input: "HTMLInputElement", textarea: "HTMLTextAreaElement", select: "HTMLSelectElement", button: "HTMLButtonElement" };
const classes = Object.fromEntries(Object.values(TYPED).map((name) => [name, class extends HTMLElement {}]));
const defined = new Map();
const registered = new Map();

/** @param {string} name of a property of `dataset` */
function dataName(name) {
  return `data-${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** The test of an element that a part of a selector stands for. */
function partTest(part) {
  if (part === ":scope") return (element, scope) => element === scope;
  if (part === "*") return () => true;
  if (part.startsWith(".")) return (element) => element.classList.contains(part.slice(1));
  if (part.startsWith("#")) return (element) => element.id === part.slice(1);
  if (!part.startsWith("[")) return (element) => element.localName === part;
  const [, name, operator, value] = /^\[([\w-]+)(?:(~?=)"?([^"\]]*)"?)?\]$/.exec(part) ?? [];
  if (operator === "~=") return (element) => (element.getAttribute(name) ?? "").split(" ").includes(value);
  if (operator) return (element) => element.getAttribute(name) === value;
  return (element) => element.getAttribute(name) !== null;
}

/** The tests of a compound selector; none matches what is beyond this document. */
function compoundTests(compound) {
  return compound.startsWith(":popover") ? [() => false] : (compound.match(PART) ?? []).map(partTest);
}

const parsed = new Map();

/** The paths of a selector: ">" and the tests of compounds, each selector read once. */
function paths(selector) {
  const known = parsed.get(selector);
  if (known) return known;
  const steps = (path) => path.trim().split(/\s*(>)\s*|\s+/).filter(Boolean);
  const read = selector.split(",").map((path) => steps(path).map((step) => (step === ">" ? step : compoundTests(step))));
  parsed.set(selector, read);
  return read;
}

function matchesPath(element, path, scope, end = path.length - 1) {
  if (!path[end].every((test) => test(element, scope))) return false;
  if (end === 0) return true;
  const parent = element.parentNode;
  if (path[end - 1] === ">") return parent instanceof Element && matchesPath(parent, path, scope, end - 2);
  for (let at = parent; at instanceof Element; at = at.parentNode) if (matchesPath(at, path, scope, end - 1)) return true;
  return false;
}

const create = (tag) => {
  const Kind = defined.get(tag);
  return Kind ? new Kind() : new (classes[TYPED[tag]] ?? HTMLElement)(tag);
};
const document = Object.assign(new EventTarget(), { activeElement: null, hidden: false, createElement: create });
document.querySelectorAll = (selector) => document.documentElement?.querySelectorAll(selector) ?? [];
document.querySelector = (selector) => document.documentElement?.querySelector(selector) ?? null;
document.createElementNS = (_, tag) => new Element(tag);
document.documentElement = create("html");
document.body = create("body");
document.documentElement.append(document.body);
document.getElementById = (id) => document.documentElement.querySelector(`#${id}`);

class Observer {
  observe() {}
  unobserve() {}
  disconnect() {}
}

Object.assign(globalThis, {
  ...classes,
  document,
  Node,
  Element,
  HTMLElement,
  SVGElement: Element,
  HTMLImageElement: HTMLElement,
  ResizeObserver: Observer,
  Image: class extends HTMLElement {
    complete = false;
    naturalWidth = 0;
  },
  CSS: { escape: String },
  window: globalThis,
  innerWidth: 1440,
  innerHeight: 900,
  devicePixelRatio: 1,
  customElements: {
    define(tag, Kind) {
      defined.set(tag, Kind);
      registered.set(Kind, tag);
    },
    get: (tag) => defined.get(tag),
  },
  matchMedia: () => ({ matches: false, addEventListener() {} }),
  getSelection: () => null,
  requestAnimationFrame: (draw) => setTimeout(draw, 0),
  addEventListener: document.addEventListener.bind(document),
});
