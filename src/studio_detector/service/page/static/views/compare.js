/** Two photos side by side: their pictures under one overlay, and what sets their verdicts apart. */

import { badge } from "../badge.js";
import { h, on, replace } from "../dom.js";
import { isAbort } from "../http.js";
import { icon } from "../icons.js";
import { t } from "../strings.js";
import { differences } from "./photo/differences.js";
import { explained } from "./photo/explained.js";
import { findPhoto, nameOf, troubled, unfinished } from "./photo/finding.js";
import { photoHref } from "./photo/order.js";
import { createOverlayBar } from "./photo/overlay_bar.js";
import { Overlays } from "./photo/overlays.js";
import { createPane } from "./photo/pane.js";
import { part } from "./photo/part.js";
import { scaleOf, waterfall } from "./photo/waterfall.js";

const LETTERS = ["A", "B"];

/** @type {import("../main.js").View} */
export const compare = {
  title: () => t("compare.title"),

  /**
   * @param {HTMLElement} root
   * @param {import("../main.js").Context} context
   * @param {{a: string, b: string}} params Of items or of results.
   * @returns {() => void}
   */
  mount(root, context, { a, b }) {
    const control = new AbortController();
    const { signal } = control;
    const swap = () => context.navigate(`#/compare/${b}/${a}`);
    const heading = h("h1", null, t("compare.title"));
    const body = h("div", null, h("p.soft", { role: "status" }, t("photo.loading")));
    context.keys.bind("s", t("compare.key.swap"), swap, { group: t("compare.title"), signal });
    replace(
      root,
      h(
        "nav.photo-nav",
        { "aria-label": t("photo.nav") },
        h(
          "a.button.quiet",
          { href: "#/gallery" },
          icon("gallery"),
          h("span", null, t("shell.gallery")),
        ),
        h("button", { type: "button", onclick: swap }, icon("swap"), t("compare.swap")),
      ),
      h("div.photo-head", null, heading),
      body,
    );
    fill([a, b], { heading, body }, context, signal);
    return () => control.abort();
  },
};

async function fill(ids, { heading, body }, context, signal) {
  try {
    const sides = await Promise.all(ids.map((id) => findPhoto(id, context, signal)));
    if (signal.aborted) return;
    const waiting = sides.find(({ result }) => !result);
    if (waiting) {
      const again = () => fill(ids, { heading, body }, context, signal);
      replace(body, unfinished(waiting.item, context, signal, again));
      return;
    }
    const [a, b] = sides.map(({ item }) => nameOf(item));
    heading.textContent = t("compare.heading", { a, b });
    replace(body, contents(sides, [a, b], context, signal));
  } catch (problem) {
    if (!isAbort(problem)) replace(body, troubled(problem));
  }
}

function contents(sides, names, context, signal) {
  const bar = createOverlayBar(context, signal);
  const evidence = h("div", null, h("p.soft", null, t("photo.loading")));
  const drawn = sides.map(
    ({ item, result }) => new Overlays(item, context, result.report.working_size_px),
  );
  const columns = sides.map(({ item, result }, at) => {
    const name = names[at];
    const pane = createPane(item, context, { bar, overlays: drawn[at], name, signal });
    on(pane, "picture", () => bar.setShown(drawn.some((one) => one.canDraw)), signal);
    return column(LETTERS[at], name, item, result, pane);
  });
  listOverlays(bar, drawn, evidence, signal);
  explain(sides, evidence, context, signal);
  return [
    h("section", { "aria-label": t("overlay.title") }, bar.element, bar.strength),
    h("div.two", null, columns),
    evidence,
  ];
}

function column(letter, name, item, result, pane) {
  const { label, confidence } = result;
  return h(
    "section.side",
    { "aria-label": t("compare.side", { letter, name }) },
    h(
      "h2.side-name",
      null,
      h("span.letter", { "aria-hidden": "true" }, letter),
      h("a", { href: photoHref(item) }, name),
    ),
    h("p", null, badge(label, { confidence })),
    pane.element,
    h("div", { dataset: { letter } }, pane.described),
  );
}

async function listOverlays(bar, drawn, evidence, signal) {
  try {
    const lists = await Promise.all(drawn.map((one) => one.list(signal)));
    // What one of them has not been measured for cannot be compared.
    const others = new Set(lists[1].map((kind) => kind.name));
    bar.setKinds(lists[0].filter((kind) => others.has(kind.name)));
  } catch (problem) {
    if (!isAbort(problem)) evidence.before(troubled(problem));
  }
}

async function explain(sides, evidence, context, signal) {
  try {
    const explanations = await Promise.all(
      sides.map(({ result }) => explained(result, context, signal)),
    );
    const [first, second] = sides.map(({ result }, at) => ({
      result,
      explanation: explanations[at],
    }));
    const scale = scaleOf(...explanations.map((one) => one.waterfall));
    replace(
      evidence,
      part("compare.apart", differences(first, second)),
      part(
        "compare.why",
        h(
          "div.two-falls",
          null,
          explanations.map((one, at) => {
            const caption = t("compare.fall", { letter: LETTERS[at] });
            const { confidence } = sides[at].result;
            return h(
              "div",
              null,
              h("h3", null, caption),
              waterfall(one.waterfall, { caption, confidence, scale }),
            );
          }),
        ),
      ),
    );
  } catch (problem) {
    if (!isAbort(problem)) replace(evidence, troubled(problem));
  }
}
