/** The verdict on a photo: a word, a shape and a colour, and how sure it is. */

import { h } from "./dom.js";
import { certainty, percent } from "./format.js";
import { icon } from "./icons.js";
import { t } from "./strings.js";

const NEARLY = 0.995;

/**
 * @param {"studio"|"natural"|"uncertain"|"failed"} label
 * @param {{confidence?: number|null}} [options] `confidence` is P(studio).
 * @returns {HTMLElement}
 */
export function badge(label, { confidence = null } = {}) {
  const sure = confidence === null || label === "failed" ? null : sureWords(label, confidence);
  return h(
    "span.badge",
    { class: label },
    icon(label),
    h("span", null, t(`verdict.${label}`)),
    sure && h("span.sure", null, sure),
  );
}

/**
 * How sure a verdict is, in as few words as there can be.
 *
 * @param {"studio"|"natural"|"uncertain"} label
 * @param {number} confidence P(studio).
 * @returns {string} "97%"; of what is uncertain, "13% studio".
 */
export function sureWords(label, confidence) {
  const share = certainty({ label, confidence });
  // Nothing is wholly sure, whatever the rounding says.
  const text = share >= NEARLY ? t("verdict.nearly") : percent(share);
  return label === "uncertain" ? t("verdict.sure_uncertain", { share: text }) : text;
}
