/** Bars, one beside the other, of parts that stand upon each other; with the same as a table. */

import { h, svg } from "../../dom.js";
import { count } from "../../format.js";
import { t } from "../../strings.js";

const HEIGHT = 100;
const WIDTH = 0.82;

/**
 * @typedef {Object} Bar
 * @property {string} name Of the bar, in full.
 * @property {[string, number][]} parts Label -> how many, from below.
 */

/**
 * @param {Bar[]} bars
 * @param {{label: string, marks: string[]}} words `label` sums the chart up for who does not see
 *   it; `marks` stand below it, the first at its left end, the last at its right end.
 * @returns {HTMLElement}
 */
export function barChart(bars, { label, marks }) {
  const most = Math.max(1, ...bars.map(sumOf));
  const top = roundUp(most);
  const rects = bars.map((bar, at) => {
    let below = 0;
    const parts = bar.parts.map(([kind, n]) => {
      const height = (n / top) * HEIGHT;
      below += height;
      const x = at + (1 - WIDTH) / 2;
      return n > 0 && svg("rect", { class: kind, x, y: HEIGHT - below, width: WIDTH, height });
    });
    // As wide as its share, so that small bars are met by a mouse too.
    const place = svg("rect.chart-place", { x: at, y: 0, width: 1, height: HEIGHT });
    return svg("g", null, svg("title", null, spoken(bar)), place, parts);
  });
  return h(
    "div.chart",
    null,
    h("div.chart-scale", { "aria-hidden": "true" }, [top, top / 2, 0].map((n) => h("span", null, count(n)))),
    svg(
      "svg.chart-bars",
      {
        role: "img",
        "aria-label": label,
        viewBox: `0 0 ${bars.length} ${HEIGHT}`,
        preserveAspectRatio: "none",
      },
      rects,
    ),
    h("div.chart-marks", { "aria-hidden": "true" }, marks.map((mark) => h("span", null, mark))),
  );
}

/**
 * @param {string} caption
 * @param {string[]} heads Of the columns.
 * @param {(string|number)[][]} rows The first of each names the row.
 * @returns {HTMLElement} Folded away, for whoever wants the numbers.
 */
export function numbers(caption, heads, rows) {
  return h(
    "details.overview-numbers",
    null,
    h("summary", null, t("overview.table")),
    h(
      "div.numbers-frame",
      // Scrolled by keyboard, where it is longer than its frame.
      { tabindex: "0", role: "group", "aria-label": caption },
      h(
        "table",
        null,
        h("caption.unseen", null, caption),
        h("thead", null, h("tr", null, heads.map((head) => h("th", { scope: "col" }, head)))),
        h(
          "tbody",
          null,
          rows.map(([name, ...cells]) =>
            h("tr", null, h("th", { scope: "row" }, name), cells.map((cell) => h("td", null, textOf(cell)))),
          ),
        ),
      ),
    ),
  );
}

const sumOf = ({ parts }) => parts.reduce((sum, [, n]) => sum + n, 0);

const textOf = (cell) => (typeof cell === "number" ? count(cell) : cell);

const spoken = ({ name, parts }) =>
  [name, ...parts.map(([kind, n]) => `${t(`verdict.${kind}`)}: ${count(n)}`)].join("\n");

/** The next of 2, 4, 6, 10, 20, 40, 60, 100 ...: halves of them are whole. */
function roundUp(n) {
  const power = 10 ** Math.floor(Math.log10(n));
  return [1, 2, 4, 6, 10].map((step) => step * power).find((step) => step >= n && step % 2 === 0);
}
