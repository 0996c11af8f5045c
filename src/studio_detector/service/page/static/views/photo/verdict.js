/** The verdict in full: where the confidence lies, how often such a one is right, what to keep in mind. */

import { h } from "../../dom.js";
import { t } from "../../strings.js";
import { percentage, twoDecimals } from "./numbers.js";

/**
 * @param {Object<string, any>} result As the service sends it.
 * @param {import("./explained.js").Explained|null} explanation Null where there is none.
 * @returns {HTMLElement}
 */
export function verdictPanel(result, explanation) {
  const { label, confidence, is_studio: isStudio } = result;
  const [low, high] = result.report.band;
  const lean = t(`verdict.${isStudio ? "studio" : "natural"}`).toLowerCase();
  return h(
    "section.verdict-panel",
    { "aria-label": t("verdict_panel.title") },
    h(
      "h2.verdict-line.number",
      null,
      t("verdict_panel.confidence", { confidence: percentage(confidence) }),
    ),
    scale(confidence, low, high),
    label === "uncertain" &&
      h(
        "p",
        null,
        t("verdict_panel.uncertain", {
          low: twoDecimals(low),
          high: twoDecimals(high),
          side: lean,
        }),
      ),
    explanation && h("p", null, reliabilityWords(explanation.reliability)),
    explanation?.cautions.length > 0 &&
      h(
        "ul.cautions",
        { "aria-label": t("verdict_panel.cautions") },
        explanation.cautions.map((caution) => h("li", null, caution)),
      ),
  );
}

/** Natural on the left, studio on the right, the band of doubt between. */
function scale(confidence, low, high) {
  return h(
    "div.scale",
    { "aria-hidden": "true" },
    h(
      "div.scale-line",
      null,
      h("span.scale-natural", { style: { "flex-grow": String(low) } }),
      h("span.scale-band", { style: { "flex-grow": String(high - low) } }),
      h("span.scale-studio", { style: { "flex-grow": String(1 - high) } }),
      h("span.needle", { style: { left: `${100 * confidence}%` } }),
    ),
    h(
      "div.scale-ends",
      null,
      h("span.natural", null, t("verdict.natural")),
      h("span.uncertain", null, t("verdict.uncertain")),
      h("span.studio", null, t("verdict.studio")),
    ),
  );
}

function reliabilityWords(reliability) {
  if (!reliability) return t("verdict_panel.no_reliability");
  const { low, high, photographs, studio } = reliability;
  return t("verdict_panel.reliability", {
    photographs,
    low: twoDecimals(low),
    high: twoDecimals(high),
    share: percentage(studio),
  });
}
