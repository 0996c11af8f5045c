/** How a verdict was made: picture, model, versions, time. */

import { h } from "../../dom.js";
import { decimal, moment } from "../../format.js";
import { t } from "../../strings.js";

const STAGES = ["decode", "lighting", "network", "detail"];

/**
 * @param {Object<string, any>} result As the service sends it.
 * @returns {HTMLElement}
 */
export function facts(result) {
  const { report } = result;
  const [rows, columns] = report.original_size_px;
  const [measuredRows, measuredColumns] = report.working_size_px;
  const lines = [
    [
      "format",
      t("facts.size", { format: report.format, columns: String(columns), rows: String(rows) }),
    ],
    [
      "measured",
      t("facts.pixels", { columns: String(measuredColumns), rows: String(measuredRows) }),
    ],
    ["phases", t(`facts.phase.${result.phase}`)],
    ["model", h("code", null, result.model)],
    ["variant", h("code", null, result.variant)],
    ["program", report.version],
    ["at", moment(result.created_at)],
    ["hash", h("code.hash", null, result.image_hash)],
  ];
  return h(
    "div.facts",
    null,
    timing(report.timing_ms),
    h(
      "dl.lines",
      null,
      lines.map(([key, value]) =>
        h("div", null, h("dt", null, t(`facts.${key}`)), h("dd", null, value)),
      ),
    ),
  );
}

/** A bar of the stages, and the same in words. */
function timing(times) {
  const stages = STAGES.filter((stage) => times[stage]);
  return h(
    "figure.timing",
    null,
    h(
      "div.timing-bar",
      { "aria-hidden": "true" },
      stages.map((stage) => h(`span.${stage}`, { style: { "flex-grow": String(times[stage]) } })),
    ),
    h(
      "figcaption",
      null,
      h("strong.number", null, t("facts.total", { ms: decimal(times.total) })),
      h(
        "ul.stages",
        null,
        stages.map((stage) =>
          h(
            `li.${stage}`,
            null,
            h("span.number", null, t(`facts.stage.${stage}`, { ms: decimal(times[stage]) })),
          ),
        ),
      ),
    ),
  );
}
