/** What would turn the verdict: the fewest measurements that would have to read otherwise. */

import { h, newId } from "../../dom.js";
import { t } from "../../strings.js";
import { capital, logOdds, twoDecimals, valueWords } from "./numbers.js";

const MOST = 5;

/**
 * @typedef {Object} Change
 * @property {string} words
 * @property {string} value In words; what it reads.
 * @property {string} needed What it would have to read.
 * @property {number} log_odds
 * @property {number} needed_log_odds
 *
 * @typedef {{turns_to: "studio"|"natural", missing_log_odds: number, changes: Change[]}} Flip
 */

/**
 * @param {{flip: Flip|null, flip_of_cues: Flip|null}} explanation
 * @returns {HTMLElement}
 */
export function flips({ flip, flip_of_cues: cues }) {
  if (!flip) return h("p", null, t("flip.unknown"));
  return h(
    "div.flips",
    null,
    one(t("flip.any"), flip),
    cues && one(t("flip.cues"), cues),
    h("p.hint", null, t("flip.caveat")),
  );
}

function one(heading, { turns_to: side, missing_log_odds: missing, changes }) {
  const id = newId("flip");
  const lead = t("flip.missing", {
    odds: twoDecimals(missing),
    side: t(`verdict.${side}`).toLowerCase(),
  });
  const n = changes.length;
  return h(
    "section.flip",
    { "aria-labelledby": id },
    h("h3", { id }, heading),
    h("p", null, lead, " ", n ? t("flip.fewest", { n }) : t("flip.nothing")),
    n > 0 && h("ul.changes", null, changes.slice(0, MOST).map(changeOf)),
    n > MOST && h("p.soft", null, t("flip.more", { n: n - MOST })),
  );
}

function changeOf({ words, value, needed, log_odds: now, needed_log_odds: then }) {
  return h(
    "li",
    null,
    h("p.change-words", null, capital(words)),
    h(
      "p.number",
      null,
      t("flip.reads", { value: valueWords(value) }),
      arrow("flip.would"),
      h("strong", null, valueWords(needed)),
    ),
    h("p.soft.small.number", null, logOdds(now), arrow("flip.then"), logOdds(then)),
  );
}

/** An arrow, and the same in words for who does not see it. */
const arrow = (words) => [
  h("span", { "aria-hidden": "true" }, " \u2192 "),
  h("span.unseen", null, ` ${t(words)} `),
];
