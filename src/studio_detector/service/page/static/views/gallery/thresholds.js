/** The slider with two ends: from which confidence on a photo is studio, or natural. */

import { badge } from "../../badge.js";
import { narrowScreen } from "../../device.js";
import { h, newId, on, replace, setText, svg } from "../../dom.js";
import { percent } from "../../format.js";
import { icon } from "../../icons.js";
import { t } from "../../strings.js";
import { histogram, labelAt, moves } from "./labels.js";

const STEPS = 100;
const BINS = 50;
const HEIGHT = 30;
const MOST_WAYS = 3;

/**
 * @param {import("./labels.js").Thresholds|null} chosen Null for the service's own.
 * @param {{band: [number, number], announce: Function,
 *   onChoice: (thresholds: import("./labels.js").Thresholds|null) => void, signal: AbortSignal}} parts
 *   `band` is what the service calls uncertain.
 * @returns {{element: HTMLElement,
 *   show: (items: import("../../library.js").Item[]) => void}} `show` says what moves.
 */
export function createThresholds(chosen, { band, announce, onChoice, signal }) {
  const usual = { natural: Math.round(band[0] * STEPS), studio: Math.round(band[1] * STEPS) };
  let thresholds = chosen;
  let isNews = false;
  const moved = h("p.threshold-moves", { id: newId("moves") });
  const outputs = { natural: h("output.number"), studio: h("output.number") };
  const fields = { natural: field("natural"), studio: field("studio") };
  const reset = h("button.quiet", { type: "button", onclick: back }, icon("retry"), t("gallery.reset"));
  const bars = Array.from({ length: BINS }, (_, at) => svg("rect", { x: at, width: 0.86 }));
  const chart = svg(
    "svg.threshold-spread",
    { viewBox: `0 0 ${BINS} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" },
    bars,
  );
  const track = h("div.threshold-track", null, chart, h("div.threshold-zones"), fields.natural, fields.studio);
  const element = h(
    "details.threshold-panel",
    null,
    h("summary", null, t("gallery.thresholds")),
    h(
      "section.threshold-slider",
      { "aria-label": t("gallery.thresholds") },
      end("natural"),
      track,
      end("studio"),
      h("div.moved-line", null, moved, reset),
    ),
  );
  // On a phone it is opened by who wants it; elsewhere it cannot be closed.
  const narrow = narrowScreen();
  const unfold = () => {
    element.open = !narrow.matches || thresholds !== null;
  };
  on(narrow, "change", unfold, signal);
  unfold();

  function end(label) {
    return h(
      "label.threshold-end",
      { for: fields[label].id, class: label },
      badge(label),
      h("span.soft", null, t(`gallery.threshold.${label}`)),
      outputs[label],
    );
  }

  function field(label) {
    return h("input", {
      type: "range",
      id: newId("threshold"),
      class: label,
      min: "0",
      max: String(STEPS),
      step: "1",
      value: chosen ? Math.round(chosen[label] * STEPS) : usual[label],
      "aria-label": t(`gallery.threshold.${label}_name`),
      "aria-describedby": moved.id,
      oninput: () => choose(label),
    });
  }

  function choose(label) {
    const natural = Number(fields.natural.value);
    const studio = Number(fields.studio.value);
    // Neither end passes the other one.
    if (natural > studio) fields[label].value = label === "natural" ? studio : natural;
    thresholds = {
      natural: Number(fields.natural.value) / STEPS,
      studio: Number(fields.studio.value) / STEPS,
    };
    isNews = true;
    onChoice(thresholds);
  }

  function back() {
    for (const label of ["natural", "studio"]) fields[label].value = usual[label];
    thresholds = null;
    // The button goes away, and the focus must not.
    fields.studio.focus();
    onChoice(null);
  }

  function show(items) {
    const at = thresholds ?? { natural: band[0], studio: band[1] };
    for (const label of ["natural", "studio"]) {
      setText(outputs[label], percent(at[label]));
      fields[label].setAttribute("aria-valuetext", t("gallery.threshold.value", { share: percent(at[label]) }));
      track.style.setProperty(`--${label}-at`, String(at[label]));
    }
    // Where both meet at the right end, the one that can still be moved lies above.
    track.classList.toggle("high", at.natural > 0.5);
    drawSpread(bars, histogram(items, BINS), at);
    reset.hidden = thresholds === null;
    const ways = moves(items, thresholds);
    const n = ways.reduce((sum, way) => sum + way.n, 0);
    const judged = items.filter((item) => item.result).length;
    if (!thresholds) replace(moved, h("span.soft", null, t("gallery.moves_usual")));
    else if (!n) replace(moved, t("gallery.moves_none"));
    else {
      const words = ways.slice(0, MOST_WAYS).map(wayOf);
      replace(moved, h("strong", null, t("gallery.moves", { n, total: judged })), words);
    }
    if (isNews) announce(moved.textContent);
    isNews = false;
  }

  return { element, show };
}

function wayOf({ from, to, n }) {
  return h(
    "span.threshold-way",
    null,
    h("span.number", null, String(n)),
    h("span", { class: from }, icon(from), t(`verdict.${from}`)),
    h("span.unseen", null, t("gallery.becomes")),
    icon("forward"),
    h("span", { class: to }, icon(to), t(`verdict.${to}`)),
  );
}

/** Heights by the root, since most photos are at the ends and the few between matter here. */
function drawSpread(bars, counts, thresholds) {
  const most = Math.sqrt(Math.max(1, ...counts));
  bars.forEach((bar, at) => {
    const height = counts[at] ? Math.max(1.5, (Math.sqrt(counts[at]) / most) * HEIGHT) : 0;
    bar.setAttribute("y", String(HEIGHT - height));
    bar.setAttribute("height", String(height));
    bar.setAttribute("class", labelAt((at + 0.5) / BINS, thresholds));
  });
}
