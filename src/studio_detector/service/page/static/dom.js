/** Building the page: elements by function, text as text, nothing parsed from strings. */

const SVG = "http://www.w3.org/2000/svg";
// Long enough for a browser that asks where to save a file.
const KEPT_MS = 60_000;

/**
 * Make an element.
 *
 * @param {string} tag Name, with classes: "button.primary".
 * @param {Object<string, any>|null} [props] Attributes; `onclick` and the like are listeners,
 *   `style` and `dataset` are objects, false and null are left out, true is an empty attribute.
 * @param {...(Node|string|number|null|false|Array)} children Strings become text.
 * @returns {HTMLElement}
 */
export function h(tag, props, ...children) {
  return make((name) => document.createElement(name), tag, props, children);
}

/**
 * Make an element of a drawing; otherwise like `h`.
 *
 * @param {string} tag
 * @param {Object<string, any>|null} [props]
 * @param {...(Node|string|number|null|false|Array)} children
 * @returns {SVGElement}
 */
export function svg(tag, props, ...children) {
  return make((name) => document.createElementNS(SVG, name), tag, props, children);
}

/**
 * Put other children into an element.
 *
 * @template {Element} E
 * @param {E} element
 * @param {...(Node|string|number|null|false|Array)} children
 * @returns {E}
 */
export function replace(element, ...children) {
  element.replaceChildren(...nodes(children));
  return element;
}

/**
 * Set a text, unless it stands there already: an unchanged live region stays silent.
 *
 * @param {Element} element
 * @param {string} text
 */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * However often it is called, run once before the next picture of the screen.
 *
 * @param {() => void} work
 * @returns {(() => void) & {cancel: () => void}}
 */
export function perFrame(work) {
  let asked = 0;
  const soon = () => {
    asked ||= requestAnimationFrame(() => {
      asked = 0;
      work();
    });
  };
  soon.cancel = () => {
    cancelAnimationFrame(asked);
    asked = 0;
  };
  return soon;
}

/**
 * Listen until a signal; the short form of what every view does.
 *
 * @param {EventTarget} target
 * @param {string} types Names, separated by spaces.
 * @param {(event: any) => void} listener
 * @param {AbortSignal} signal
 */
export function on(target, types, listener, signal) {
  for (const type of types.split(" ")) target.addEventListener(type, listener, { signal });
}

/**
 * Have the browser save a file.
 *
 * @param {Blob} file
 * @param {string} name
 */
export function save(file, name) {
  const url = URL.createObjectURL(file);
  h("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), KEPT_MS);
}

let serial = 0;

/**
 * A name for an element that another one refers to.
 *
 * @param {string} stem
 * @returns {string}
 */
export function newId(stem) {
  serial += 1;
  return `${stem}-${serial}`;
}

function make(create, tag, props, children) {
  const [name, ...classes] = tag.split(".");
  const element = create(name);
  if (classes.length) element.setAttribute("class", classes.join(" "));
  for (const [key, value] of Object.entries(props ?? {})) give(element, key, value);
  element.append(...nodes(children));
  return element;
}

function give(element, key, value) {
  if (value === null || value === undefined || value === false) return;
  if (key.startsWith("on") && typeof value === "function") {
    element.addEventListener(key.slice(2), value);
  } else if (key === "class") {
    element.classList.add(...String(value).split(" ").filter(Boolean));
  } else if (key === "style") {
    // By the object model, which the policy of the page allows; a style attribute it does not.
    for (const [name, text] of Object.entries(value)) element.style.setProperty(name, text);
  } else if (key === "dataset") {
    Object.assign(element.dataset, value);
  } else if (key === "value" || key === "checked" || key === "indeterminate") {
    element[key] = value;
  } else {
    element.setAttribute(key, value === true ? "" : String(value));
  }
}

function nodes(children) {
  return children
    .flat(Infinity)
    .filter((child) => child !== null && child !== undefined && child !== false)
    .map((child) => (child instanceof Node ? child : document.createTextNode(String(child))));
}
