/** A card for each component: what it says, and its numbers against both classes. */

import { h, newId } from "../../dom.js";
import { t } from "../../strings.js";
import { logOdds, twoDecimals, valueWords } from "./numbers.js";
import { spreadLegend, spreadStrip } from "./spread.js";

// The others are a press away.
const MOST_OPEN = 3;

/**
 * @typedef {Object} Term
 * @property {string[]} measures Full names.
 * @property {string} words What it looks at.
 * @property {string} remark What a high value means; "" where that depends.
 * @property {string} value With its unit, or why there is none.
 * @property {(number|null)[]} values
 * @property {number|null} log_odds Null where the model does not read it.
 * @property {import("./spread.js").Spread|null} spread
 */

/**
 * @typedef {Object} Card
 * @property {string} name
 * @property {string} title
 * @property {string} summary
 * @property {boolean} ran
 * @property {number|null} score 0..1; null where the model reads nothing of it.
 * @property {string} says The score in words.
 * @property {number} log_odds
 * @property {Term[]} terms What the model reads, the strongest first.
 * @property {Term[]} unread What else was measured.
 */

/**
 * @param {Card[]} cards
 * @returns {HTMLElement}
 */
export function componentCards(cards) {
  return h("div", null, spreadLegend(), h("div.cards", null, cards.map(cardOf)));
}

function cardOf(card) {
  const id = newId("card");
  const first = card.terms.slice(0, MOST_OPEN);
  const rest = card.terms.slice(MOST_OPEN);
  return h(
    "section.card",
    { "aria-labelledby": id },
    h("div.card-head", null, h("h3", { id }, card.title), card.score !== null && verdictOf(card)),
    card.score !== null && gauge(card.score),
    card.summary && h("p.soft", null, card.summary),
    card.score === null && h("p.soft", null, t("cards.not_read")),
    card.score !== null && !card.ran && h("p.soft", null, t("cards.not_run")),
    first.length > 0 && termList(first),
    more(t("cards.more", { n: rest.length }), rest),
    more(t("cards.unread", { n: card.unread.length }), card.unread),
  );
}

function verdictOf({ says, score, log_odds: odds }) {
  return h(
    "p.says",
    null,
    h("strong", null, says),
    h("span.soft.number", null, t("cards.score", { score: twoDecimals(score) })),
    h("span.number", null, t("cards.adds"), " ", logOdds(odds)),
  );
}

/** From natural on the left to studio on the right. */
function gauge(score) {
  return h(
    "div.gauge",
    { "aria-hidden": "true" },
    h("span.needle", {
      style: { left: `${100 * score}%` },
      class: score > 0.5 ? "studio" : "natural",
    }),
  );
}

function more(summary, terms) {
  return terms.length > 0 && h("details", null, h("summary", null, summary), termList(terms));
}

function termList(terms) {
  return h("ul.terms", null, terms.map(termOf));
}

function termOf({ measures, words, remark, value, values, log_odds: odds, spread }) {
  const single = measures.length === 1 ? values[0] : null;
  return h(
    "li.term",
    null,
    h(
      "div.term-words",
      null,
      h("p", null, words),
      remark && h("p.soft.small", null, remark),
      h("p.soft.small", null, h("code", null, measures.join(" × "))),
    ),
    h("p.term-value.number", null, valueWords(value)),
    h("p.term-odds.number", null, odds === null ? "" : logOdds(odds)),
    h(
      "div.term-spread",
      null,
      measures.length === 1 && spreadStrip(spread, [{ letter: "", value: single }]),
    ),
  );
}
