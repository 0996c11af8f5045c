/** Small choices that this browser keeps; where it keeps nothing, they last as long as the page. */

const PREFIX = "studio-detector.";
const unkept = new Map();

/**
 * @param {string} name
 * @param {string|null} [otherwise]
 * @returns {string|null}
 */
export function recall(name, otherwise = null) {
  if (unkept.has(name)) return unkept.get(name);
  try {
    return localStorage.getItem(PREFIX + name) ?? otherwise;
  } catch {
    return otherwise;
  }
}

/**
 * @param {string} name
 * @param {string|null} value Null forgets it.
 */
export function keep(name, value) {
  unkept.delete(name);
  try {
    if (value === null) localStorage.removeItem(PREFIX + name);
    else localStorage.setItem(PREFIX + name, value);
  } catch {
    unkept.set(name, value);
  }
}
