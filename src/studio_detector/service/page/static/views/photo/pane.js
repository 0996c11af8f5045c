/** One photo to look at: the picture, the overlay that was chosen, the values, and what is missing. */

import { ApiError, isAbort } from "../../http.js";
import { h, newId, on, replace, setText } from "../../dom.js";
import { iconButton } from "../../icons.js";
import { errorText, t } from "../../strings.js";
import { missingPicture } from "./missing.js";
import { findPicture } from "./picture.js";
import { createStage } from "./stage.js";
import { createValues } from "./values.js";

// What is drawn at once should not flicker.
const PATIENCE_MS = 250;

/**
 * Tells 'picture' whenever there is another one, or none, to draw on.
 *
 * @param {import("../../library.js").Item} item With a result.
 * @param {import("../../main.js").Context} context
 * @param {{bar: ReturnType<typeof import("./overlay_bar.js").createOverlayBar>,
 *   overlays: import("./overlays.js").Overlays, name: string, signal: AbortSignal}} parts
 */
export function createPane(item, context, { bar, overlays, name, signal }) {
  const pane = new EventTarget();
  const stage = createStage({ signal, label: t("stage.label", { name }) });
  const values = createValues(stage, context, signal);
  const caption = h("p.caption", { id: newId("caption") });
  const legend = h("div.legend", { hidden: true });
  const busy = h("p.busy", { hidden: true }, t("overlay.drawing"));
  const error = h("p.field-error", { role: "alert" });
  const missing = missingPicture(item, context, { signal, onFound: () => look() });
  const described = h("div.described", null, error, caption, legend);
  const zoomed = zoomTools(stage);
  const element = h(
    "div.pane",
    null,
    h("div.frame", null, stage.element, busy, zoomed),
    missing.element,
    values.element,
  );
  let drawing = new AbortController();
  let looking = new AbortController();
  signal.addEventListener("abort", () => {
    drawing.abort();
    looking.abort();
  });

  async function look() {
    looking.abort();
    looking = new AbortController();
    const { signal: current } = looking;
    const picture = await findPicture(item, context, current);
    if (current.aborted) return;
    element.dataset.picture = picture.kind;
    const words = picture.kind === "small" ? "stage.alt_small" : "stage.alt";
    stage.setPicture({ ...picture, alt: t(words, { name }) });
    missing.show(picture);
    values.setHint(t(hintOf(picture)));
    pane.dispatchEvent(new Event("picture"));
    draw();
  }

  async function draw() {
    drawing.abort();
    drawing = new AbortController();
    const { signal: current } = drawing;
    setText(error, "");
    const kind = bar.kind();
    if (!kind || !overlays.canDraw) {
      put(null, null);
      return;
    }
    const timer = setTimeout(() => (busy.hidden = false), PATIENCE_MS);
    try {
      const drawn = await overlays.draw(kind.name, current);
      current.throwIfAborted();
      put(kind, drawn);
    } catch (problem) {
      if (!isAbort(problem) && !current.aborted) fail(problem);
    } finally {
      clearTimeout(timer);
      if (drawing.signal === current) busy.hidden = true;
    }
  }

  function put(kind, drawn) {
    busy.hidden = true;
    stage.setLayer(drawn && drawn.map, { isMap: drawn?.isMap ?? true });
    stage.setOpacity(drawn && !drawn.isMap ? 1 : bar.opacity());
    if (drawn) bar.setMap(drawn.isMap);
    setText(caption, kind ? kind.caption : "");
    legend.hidden = !drawn;
    replace(legend, drawn && drawn.legend);
    if (drawn) {
      drawn.legend.setAttribute("role", "img");
      drawn.legend.setAttribute("aria-label", t("overlay.legend", { title: kind.title }));
    }
  }

  function fail(problem) {
    if (!(problem instanceof ApiError)) throw problem;
    put(null, null);
    if (problem.code === "request_invalid") {
      // It could not be told before, since the browser makes no hashes here.
      context.library.change(item, { file: null });
      look();
      missing.refuse();
      return;
    }
    setText(error, errorText(problem));
  }

  on(bar, "chosen", draw, signal);
  on(
    bar,
    "opacity",
    () => {
      if (!stage.element.classList.contains("figure")) stage.setOpacity(bar.opacity());
    },
    signal,
  );
  look();
  return Object.assign(pane, { element, described, stage });
}

function zoomTools(stage) {
  const share = h("output.number", { "aria-label": t("zoom.title") });
  const show = () => setText(share, t("zoom.times", { times: Number(stage.zoom().toFixed(1)) }));
  stage.addEventListener("zoomed", show);
  show();
  return h(
    "div.zoom",
    { role: "group", "aria-label": t("zoom.title") },
    iconButton("minus", t("zoom.out"), () => stage.step(-1)),
    share,
    iconButton("add", t("zoom.in"), () => stage.step(1)),
    iconButton("fit", t("zoom.fit"), () => stage.fit()),
  );
}

function hintOf({ kind, why }) {
  if (kind === "whole")
    return matchMedia("(hover: none)").matches ? "values.hint_touch" : "values.hint";
  if (kind === "small") return "values.hint_small";
  return why === "format" ? "values.hint_format" : "values.hint_none";
}
