/** A value against the spread of its measure among studio and among natural photographs. */

import { h, svg } from "../../dom.js";
import { percent } from "../../format.js";
import { t } from "../../strings.js";

const WIDTH = 200;
// Beyond both rows, values lie in it.
const EDGE = 10;
const ROW_TOPS = { studio: 11, natural: 25 };
const ROW_HEIGHT = 9;
const HEIGHT = 38;

/**
 * @typedef {Object} Spread Values that never fall, at the same shares of either class.
 * @property {number[]} shares Such as 0.02, 0.1, 0.25, 0.5, 0.75, 0.9, 0.98.
 * @property {number[]} studio
 * @property {number[]} natural
 */

/**
 * @param {Spread|null} spread
 * @param {{letter: string, value: number|null}[]} values The letter is "" where there is only one.
 * @returns {HTMLElement}
 */
export function spreadStrip(spread, values) {
  const known = values.filter(({ value }) => value !== null && value !== undefined);
  if (!spread || !known.length) return h("span.soft.small", null, t("spread.none"));
  const low = Math.min(spread.studio[0], spread.natural[0]);
  const high = Math.max(spread.studio.at(-1), spread.natural.at(-1));
  const place = (value) => EDGE + ((WIDTH - 2 * EDGE) * (value - low)) / (high - low || 1);
  const words = known.map(({ letter, value }) => wordsOf(letter, value, spread)).join("; ");
  return svg(
    "svg.spread",
    { viewBox: `-16 0 ${WIDTH + 16} ${HEIGHT}`, role: "img", "aria-label": words },
    ["studio", "natural"].map((name) => row(name, spread, place)),
    known.map(({ letter, value }) => marker(letter, value, low, high, place)),
  );
}

/**
 * @param {{isPair?: boolean}} [options] Whether they have two values each, A and B.
 * @returns {HTMLElement} How to read the strips, once for all of them.
 */
export function spreadLegend({ isPair = false } = {}) {
  return h("p.hint", null, t(isPair ? "spread.legend_pair" : "spread.legend"));
}

function row(name, { shares, [name]: values }, place) {
  const top = ROW_TOPS[name];
  const middle = top + ROW_HEIGHT / 2;
  const at = (share) => place(values[shares.indexOf(share)]);
  const [low, high] = [place(values[0]), place(values.at(-1))];
  return svg(
    `g.${name}`,
    null,
    svg("text", { x: -14, y: top + ROW_HEIGHT - 1 }, t(`spread.${name}`)),
    svg("line.reach", { x1: low, x2: high, y1: middle, y2: middle }),
    svg("rect.half", {
      x: at(0.25),
      y: top,
      width: Math.max(at(0.75) - at(0.25), 1),
      height: ROW_HEIGHT,
    }),
    svg("line.median", { x1: at(0.5), x2: at(0.5), y1: top, y2: top + ROW_HEIGHT }),
  );
}

function marker(letter, value, low, high, place) {
  if (value < low || value > high) {
    const sign = value < low ? -1 : 1;
    const x = sign < 0 ? EDGE / 2 : WIDTH - EDGE / 2;
    const points = `${x - 3 * sign},17 ${x + 4 * sign},23 ${x - 3 * sign},29`;
    return svg("g.marker", null, svg("polygon", { points }), letterAt(letter, x));
  }
  const x = place(value);
  const head = !letter && svg("polygon", { points: `${x - 4},1 ${x + 4},1 ${x},8` });
  return svg(
    "g.marker",
    null,
    svg("line", { x1: x, x2: x, y1: 7, y2: 36 }),
    head,
    letterAt(letter, x),
  );
}

const letterAt = (letter, x) => letter && svg("text", { x, y: 8, "text-anchor": "middle" }, letter);

function wordsOf(letter, value, { shares, studio, natural }) {
  const where = t("spread.where", {
    studio: placeWords(value, studio, shares),
    natural: placeWords(value, natural, shares),
  });
  return letter ? `${letter}: ${where}` : where;
}

/** Where a value lies in a class: in its middle half, or above or below how much of it. */
function placeWords(value, values, shares) {
  const below = values.filter((one) => one < value).length;
  const above = values.filter((one) => one > value).length;
  if (below === values.length) return t("spread.above", { share: percent(shares.at(-1)) });
  if (above === values.length) return t("spread.below", { share: percent(1 - shares[0]) });
  if (below <= shares.indexOf(0.75) && above <= values.length - 1 - shares.indexOf(0.25)) {
    return t("spread.middle");
  }
  if (below > shares.indexOf(0.75)) return t("spread.above", { share: percent(shares[below - 1]) });
  return t("spread.below", { share: percent(1 - shares[values.length - above]) });
}
