/** What sets two verdicts apart: each term of the model on both photos. */

import { h, newId, svg } from "../../dom.js";
import { t } from "../../strings.js";
import { logOdds, toneOf, valueWords } from "./numbers.js";
import { spreadLegend, spreadStrip } from "./spread.js";

const MOST_OPEN = 12;
const NOTHING = 1e-9;
const WIDTH = 200;

/**
 * @typedef {Object} Side
 * @property {Object<string, any>} result
 * @property {import("./explained.js").Explained} explanation
 */

/**
 * Every term that either verdict rests on, the largest difference first. With the difference of
 * the intercepts they add up to the difference of the sums.
 *
 * @param {Side} first
 * @param {Side} second
 */
export function differencesOf(first, second) {
  const [one, other] = [first, second].map(({ explanation }) => termsOf(explanation));
  const found = [...new Set([...one.keys(), ...other.keys()])].map((key) => {
    const terms = [one.get(key), other.get(key)];
    const { words, component, measures, spread } = terms[0] ?? terms[1];
    const odds = terms.map((term) => term?.log_odds ?? 0);
    return {
      words,
      component,
      measures,
      spread,
      said: terms.map((term) => (term ? valueWords(term.value) : "–")),
      values: terms.map((term) => term?.values[0] ?? null),
      odds,
      difference: odds[1] - odds[0],
      isRead: terms.some((term) => term && term.log_odds !== null),
    };
  });
  return found
    .filter((one) => one.isRead)
    .sort((a, b) => Math.abs(b.difference) - Math.abs(a.difference));
}

/**
 * @param {Side} first
 * @param {Side} second
 * @returns {HTMLElement}
 */
export function differences(first, second) {
  const found = differencesOf(first, second);
  const largest = Math.max(...found.map((one) => Math.abs(one.difference)), NOTHING);
  const lines = found.map((one) => line(one, largest));
  const rest = lines.slice(MOST_OPEN);
  const [a, b] = [first.result, second.result];
  return h(
    "div.differences",
    null,
    a.model !== b.model && h("p.remark", null, t("compare.models")),
    a.phase !== b.phase && h("p.remark", null, t("compare.heads")),
    h("p.soft", null, t("compare.lead")),
    spreadLegend({ isPair: true }),
    h("ul.terms", null, lines.slice(0, MOST_OPEN)),
    rest.length > 0 &&
      h(
        "details",
        null,
        h("summary", null, t("compare.more", { n: rest.length })),
        h("ul.terms", null, rest),
      ),
    sums(a.evidence, b.evidence),
  );
}

function line({ words, component, measures, said, values, odds, difference, spread }, largest) {
  const id = newId("difference");
  const strip =
    measures.length === 1 &&
    spreadStrip(spread, [
      { letter: "A", value: values[0] },
      { letter: "B", value: values[1] },
    ]);
  const side = (letter, at) =>
    h(
      "p.number",
      null,
      h("strong", null, letter),
      " ",
      said[at],
      " ",
      h("span.soft", null, "(", logOdds(odds[at]), ")"),
    );
  return h(
    "li.term.apart",
    { "aria-labelledby": id },
    h("div.term-words", null, h("p.soft.small", null, component), h("p", { id }, words)),
    h("div.term-value", null, side("A", 0), side("B", 1)),
    h("div.term-odds", null, h("p.number", null, logOdds(difference)), bar(difference / largest)),
    h("div.term-spread", null, strip),
  );
}

/** From the middle to the right for studio, to the left for natural. */
function bar(share) {
  const middle = WIDTH / 2;
  const width = Math.max(Math.abs(share) * middle, 1);
  return svg(
    "svg.difference-bar",
    { viewBox: `0 0 ${WIDTH} 10`, preserveAspectRatio: "none", "aria-hidden": "true" },
    svg(`rect.${toneOf(share)}`, {
      x: share < 0 ? middle - width : middle,
      y: 1,
      width,
      height: 8,
    }),
    svg("line.zero", { x1: middle, x2: middle, y1: 0, y2: 10 }),
  );
}

function sums(one, other) {
  const row = (words, a, b) =>
    h(
      "tr",
      null,
      h("th", { scope: "row" }, words),
      [a, b, b - a].map((odds) => h("td.number", null, logOdds(odds))),
    );
  return h(
    "table.sums",
    null,
    h(
      "thead",
      null,
      h(
        "tr",
        null,
        h("td"),
        ["A", "B"].map((letter) => h("th.number", { scope: "col" }, letter)),
        h("th.number", { scope: "col" }, t("compare.adds")),
      ),
    ),
    h(
      "tbody",
      null,
      row(t("compare.intercept"), one.intercept, other.intercept),
      row(t("compare.sum"), one.logit, other.logit),
    ),
  );
}

function termsOf({ cards }) {
  const found = new Map();
  for (const { title, terms, unread } of cards) {
    for (const term of [...terms, ...unread]) {
      found.set(term.measures.join("|"), { ...term, component: title });
    }
  }
  return found;
}
