/** The evidence as a waterfall: a table, each of whose rows has its bar on one scale. */

import { h, svg } from "../../dom.js";
import { t } from "../../strings.js";
import { capital, logOdds, percentage, toneOf, valueWords } from "./numbers.js";

const WIDTH = 1000;
const HEIGHT = 20;
const MARGIN = 0.04;
const TICKS = 5;
const STEPS = [1, 2, 5, 10];
const THINNEST = 3;
// So near to an end, the number of a tick stands inside.
const END_PERCENT = 8;

/**
 * @typedef {{words: string, value: string|null, log_odds: number, sum: number}} Step
 * @typedef {{steps: Step[], logit: number}} Waterfall
 */

/**
 * @param {...Waterfall} falls
 * @returns {{low: number, high: number}} Log-odds at both ends of a scale that holds them all.
 */
export function scaleOf(...falls) {
  const ends = [
    0,
    ...falls.flatMap(({ steps, logit }) => [...steps.map((step) => step.sum), logit]),
  ];
  const low = Math.min(...ends);
  const high = Math.max(...ends);
  const room = MARGIN * (high - low || 1);
  return { low: low - room, high: high + room };
}

/**
 * @param {Waterfall} fall
 * @param {{caption: string, confidence: number, scale?: {low: number, high: number}}} options
 *   `confidence` is P(studio), which the sum stands for.
 * @returns {HTMLElement}
 */
export function waterfall(fall, { caption, confidence, scale = scaleOf(fall) }) {
  const at = (odds) => (WIDTH * (odds - scale.low)) / (scale.high - scale.low);
  const ticks = ticksOf(scale);
  const grid = () => ticks.map((tick) => rule(at(tick), tick === 0 ? "zero" : "grid"));
  const bars = (...shapes) =>
    h(
      "td.bar",
      { role: "cell" },
      svg(
        "svg",
        { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" },
        grid(),
        shapes,
      ),
    );
  let before = 0;
  const rows = fall.steps.map((step) => {
    const from = before;
    before = step.sum;
    return row(step, [
      from !== 0 && rule(at(from), "joint", 0, 5),
      span(at(from), at(step.sum), toneOf(step.log_odds)),
      rule(at(step.sum), "joint", 15, HEIGHT),
    ]);
  });

  function row(step, shapes) {
    return h(
      "tr",
      { role: "row" },
      h(
        "th.measurement",
        { scope: "row", role: "rowheader" },
        capital(step.words),
        step.value && h("small", null, valueWords(step.value)),
      ),
      h("td.number", { role: "cell" }, logOdds(step.log_odds)),
      bars(...shapes),
    );
  }
  const sum = h(
    "tr.fall-sum",
    { role: "row" },
    h(
      "th.measurement",
      { scope: "row", role: "rowheader" },
      t("fall.sum"),
      h("small", null, t("fall.stands", { confidence: percentage(confidence) })),
    ),
    h("td.number", { role: "cell" }, logOdds(fall.logit)),
    bars(span(at(0), at(fall.logit), "whole")),
  );
  // Roles are said again, since narrow screens lay the cells out otherwise.
  return h(
    "table.fall",
    { role: "table" },
    h("caption.unseen", null, caption),
    h(
      "thead",
      { role: "rowgroup" },
      h(
        "tr",
        { role: "row" },
        h("th.measurement", { scope: "col", role: "columnheader" }, t("fall.what")),
        h("th.number", { scope: "col", role: "columnheader" }, t("fall.adds")),
        h("th.bar", { scope: "col", role: "columnheader" }, axis(ticks, at)),
      ),
    ),
    h("tbody", { role: "rowgroup" }, rows, sum),
  );
}

function axis(ticks, at) {
  const marks = ticks.map((tick) => {
    const percent = (100 * at(tick)) / WIDTH;
    const end = percent < END_PERCENT ? "first" : percent > 100 - END_PERCENT ? "last" : "";
    return h("span.tick.number", { class: end, style: { left: `${percent}%` } }, tickWords(tick));
  });
  return h(
    "div.axis",
    null,
    h("span.toward.natural", null, `\u2190 ${t("verdict.natural")}`),
    h("span.toward.studio", null, `${t("verdict.studio")} \u2192`),
    h("span.ticks", { "aria-hidden": "true" }, marks),
  );
}

function ticksOf({ low, high }) {
  const rough = (high - low) / TICKS;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = STEPS.map((factor) => factor * power).find((one) => one >= rough);
  const first = Math.ceil(low / step);
  const last = Math.floor(high / step);
  return Array.from({ length: last - first + 1 }, (_, at) =>
    Number(((first + at) * step).toPrecision(6)),
  );
}

const tickWords = (tick) => (tick === 0 ? "0" : `${tick > 0 ? "+" : "\u2212"}${Math.abs(tick)}`);

const rule = (x, kind, from = 0, to = HEIGHT) =>
  svg(`line.${kind}`, { x1: x, x2: x, y1: from, y2: to });

function span(from, to, tone) {
  const width = Math.max(Math.abs(to - from), THINNEST);
  return svg(`rect.${tone}`, { x: Math.min(from, to), y: 4, width, height: 12 });
}
