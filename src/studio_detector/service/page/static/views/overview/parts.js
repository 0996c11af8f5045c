/** The cards of the overview that show what was counted. */

import { badge } from "../../badge.js";
import { h } from "../../dom.js";
import { count, day, moment, percent } from "../../format.js";
import { t } from "../../strings.js";
import { labelAt } from "../gallery/labels.js";
import { barChart, numbers } from "./charts.js";

const LABELS = ["studio", "uncertain", "natural"];

/**
 * @param {string} title
 * @param {...any} content
 * @returns {HTMLElement}
 */
export const card = (title, ...content) =>
  h("section.overview-card", null, h("h2", null, title), content);

/**
 * How many photos there were, and what they were.
 *
 * @param {Record<string, number>} labels
 * @returns {HTMLElement}
 */
export function sums(labels) {
  const total = LABELS.reduce((sum, label) => sum + labels[label], 0);
  const line = (name, n, share) =>
    h("div.overview-figure", null, h("dt", null, name), h("dd", null, count(n), share && h("span.soft", null, share)));
  return h(
    "dl.overview-figures",
    null,
    line(t("overview.photos"), total),
    LABELS.map((label) => line(badge(label), labels[label], total ? percent(labels[label] / total) : "")),
  );
}

/**
 * @param {{day: string, studio: number, natural: number, uncertain: number}[]} days Each one, the
 *   oldest first.
 * @returns {HTMLElement}
 */
export function perDay(days) {
  const bars = days.map((one) => ({
    name: day(one.day),
    parts: LABELS.map((label) => [label, one[label]]),
  }));
  const total = days.reduce((sum, one) => sum + LABELS.reduce((of, label) => of + one[label], 0), 0);
  const middle = days[Math.floor(days.length / 2)];
  const title = t("overview.days");
  return card(
    title,
    barChart(bars, {
      label: t("overview.days_label", { n: total, days: days.length }),
      marks: [days[0], middle, days.at(-1)].map((one) => day(one.day)),
    }),
    h("p.overview-legend", null, LABELS.map((label) => badge(label))),
    numbers(
      title,
      [t("overview.day"), ...LABELS.map((label) => t(`verdict.${label}`))],
      days.map((one) => [day(one.day), ...LABELS.map((label) => one[label])]),
    ),
  );
}

/**
 * @param {number[]} bins Of equal width, P(studio) from 0 to 1.
 * @param {[number, number]} band
 * @returns {HTMLElement}
 */
export function confidences(bins, band) {
  const edge = (at) => percent(at / bins.length);
  const rows = bins.map((n, at) => [t("overview.bin", { from: edge(at), to: edge(at + 1) }), n]);
  const bars = rows.map(([name, n], at) => {
    const label = labelAt((at + 0.5) / bins.length, { natural: band[0], studio: band[1] });
    return { name, parts: [[label, n]] };
  });
  const title = t("overview.confidence");
  const between = bins.reduce((sum, n, at) => sum + (bars[at].parts[0][0] === "uncertain" ? n : 0), 0);
  return card(
    title,
    barChart(bars, {
      label: t("overview.confidence_label", { n: between }),
      marks: [t("overview.sure_natural"), "50%", t("overview.sure_studio")],
    }),
    h("p.hint", null, t("overview.confidence_hint")),
    numbers(title, [t("overview.confidence"), t("overview.photos")], rows),
  );
}

/** @param {string} label @returns {HTMLElement} */
export const peopleSay = (label) =>
  h("span.said-by", null, h("span.soft", null, t("overview.people")), " ", badge(label));

/**
 * Where people say otherwise than the service.
 *
 * @param {{judged: number, agree: number, disagreements: Object[]}} feedback
 * @param {(one: {result_id: string, image_hash: string}) => HTMLElement} pictureOf
 * @returns {HTMLElement}
 */
export function said({ judged, agree, disagreements }, pictureOf) {
  if (!judged) return card(t("overview.said"), h("p.soft", null, t("overview.said_nothing")));
  const line = (one) =>
    h(
      "li.said-line",
      null,
      pictureOf(one),
      h(
        "div.said-words",
        null,
        h("span", null, badge(one.label, one), " ", peopleSay(one.feedback)),
        one.note && h("q.said-note", null, one.note),
        h("span.hint", null, moment(one.created_at)),
      ),
    );
  return card(
    t("overview.said"),
    h("p", null, t("overview.agree", { n: judged, agree, share: percent(agree / judged) })),
    disagreements.length
      ? h("ul.said-list", null, disagreements.map(line))
      : h("p.soft", null, t("overview.no_disagreement")),
  );
}
