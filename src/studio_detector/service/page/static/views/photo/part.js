/** A part of a view under a heading of its own. */

import { h, newId } from "../../dom.js";
import { t } from "../../strings.js";

/**
 * @param {string} title Key of its words.
 * @param {...(Node|string|null|false|Array)} children
 * @returns {HTMLElement}
 */
export function part(title, ...children) {
  const id = newId("part");
  return h("section.part", { "aria-labelledby": id }, h("h2", { id }, t(title)), children);
}
