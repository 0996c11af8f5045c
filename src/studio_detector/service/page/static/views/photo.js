/** One photo: the picture with what the analyses saw, why it got its verdict, and what people say. */

import { badge } from "../badge.js";
import { h, on, replace } from "../dom.js";
import { isAbort } from "../http.js";
import { t } from "../strings.js";
import { componentCards } from "./photo/cards.js";
import { explained } from "./photo/explained.js";
import { facts } from "./photo/facts.js";
import { feedbackBar } from "./photo/feedback.js";
import { findPhoto, nameOf, troubled, unfinished } from "./photo/finding.js";
import { flips } from "./photo/flips.js";
import { createNavigation } from "./photo/navigation.js";
import { photoHref } from "./photo/order.js";
import { createOverlayBar } from "./photo/overlay_bar.js";
import { Overlays } from "./photo/overlays.js";
import { createPane } from "./photo/pane.js";
import { part } from "./photo/part.js";
import { reportTools } from "./photo/report.js";
import { verdictPanel } from "./photo/verdict.js";
import { waterfall } from "./photo/waterfall.js";

/** @type {import("../main.js").View} */
export const photo = {
  title: () => t("photo.title"),

  /**
   * @param {HTMLElement} root
   * @param {import("../main.js").Context} context
   * @param {{id: string}} params Of an item or of a result.
   * @returns {() => void}
   */
  mount(root, context, { id }) {
    const control = new AbortController();
    const known = context.library.get(id);
    const frame = {
      navigation: createNavigation(context, control.signal),
      heading: h("h1", null, known ? nameOf(known) : t("photo.title")),
      badge: h("span.photo-badge"),
      also: h("p.soft.photo-also", { hidden: true }),
      body: h("div.photo-body", null, h("p.soft", { role: "status" }, t("photo.loading"))),
    };
    const head = h("div.photo-head", null, frame.heading, frame.badge);
    replace(root, frame.navigation.element, head, frame.also, frame.body);
    // At once, so that who leafs through photos need not wait for each.
    if (known) frame.navigation.show(known);
    fill(id, frame, context, control.signal);
    return () => control.abort();
  },
};

async function fill(id, frame, context, signal) {
  try {
    const { item, result } = await findPhoto(id, context, signal);
    if (signal.aborted) return;
    const name = nameOf(item);
    frame.heading.textContent = name;
    const names = context.library.otherNames(item);
    frame.also.hidden = names.length === 0;
    frame.also.textContent = names.length ? t("photo.also", { names: names.join(", ") }) : "";
    // Once the router has written its own.
    queueMicrotask(() => {
      if (!signal.aborted) document.title = t("shell.document_title", { title: name });
    });
    frame.navigation.show(item);
    if (!result) {
      replace(
        frame.body,
        unfinished(item, context, signal, () => fill(id, frame, context, signal)),
      );
      return;
    }
    // What was added here has another name after a reload.
    history.replaceState(null, "", photoHref(item));
    replace(frame.badge, badge(result.label, { confidence: result.confidence }));
    replace(frame.body, contents(item, result, name, context, signal));
  } catch (problem) {
    if (!isAbort(problem)) replace(frame.body, troubled(problem));
  }
}

function contents(item, result, name, context, signal) {
  const overlays = new Overlays(item, context, result.report.working_size_px);
  const bar = createOverlayBar(context, signal);
  const pane = createPane(item, context, { bar, overlays, name, signal });
  const report = h("div");
  bindZoom(pane.stage, context, signal);
  on(
    pane,
    "picture",
    () => {
      bar.setShown(overlays.canDraw);
      replace(report, reportTools(item, name, overlays, context, signal));
    },
    signal,
  );
  listOverlays(bar, overlays, pane, signal);
  const verdict = h("div");
  const evidence = h("div", null, h("p.soft", null, t("photo.loading")));
  explain(result, context, { verdict, evidence }, signal);
  return [
    h(
      "div.look",
      null,
      h(
        "section.picture",
        { "aria-label": t("photo.picture") },
        bar.element,
        pane.element,
        bar.strength,
        pane.described,
      ),
      h("div.beside", null, verdict, feedbackBar(item, context, signal), report),
    ),
    evidence,
    part("facts.title", facts(result)),
  ];
}

async function listOverlays(bar, overlays, pane, signal) {
  try {
    bar.setKinds(await overlays.list(signal));
  } catch (problem) {
    if (!isAbort(problem)) replace(pane.described, troubled(problem));
  }
}

async function explain(result, context, { verdict, evidence }, signal) {
  replace(verdict, verdictPanel(result, null));
  try {
    const explanation = await explained(result, context, signal);
    replace(verdict, verdictPanel(result, explanation));
    const { confidence } = result;
    const fall = waterfall(explanation.waterfall, { caption: t("fall.title"), confidence });
    replace(
      evidence,
      part("fall.title", h("p.soft", null, t("fall.lead")), fall),
      part("flip.title", flips(explanation)),
      part("cards.title", componentCards(explanation.cards)),
    );
  } catch (problem) {
    if (!isAbort(problem)) replace(evidence, part("fall.title", troubled(problem)));
  }
}

function bindZoom(stage, { keys }, signal) {
  const options = { group: t("photo.title"), signal };
  keys.bind("+", t("zoom.in"), () => stage.step(1), options);
  keys.bind("-", t("zoom.out"), () => stage.step(-1), options);
  keys.bind("0", t("zoom.fit"), () => stage.fit(), options);
}
