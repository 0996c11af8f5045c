/** The line above a photo: back to the gallery, the photos before and after it, comparing. */

import { h, replace } from "../../dom.js";
import { icon } from "../../icons.js";
import { ApiError, isAbort } from "../../http.js";
import { t } from "../../strings.js";
import { chooseOther } from "./choose_other.js";
import { leaveMark, neighbours, photoHref } from "./order.js";

/**
 * @param {import("../../main.js").Context} context
 * @param {AbortSignal} signal
 * @returns {{element: HTMLElement, show: (item: import("../../library.js").Item) => void}}
 */
export function createNavigation(context, signal) {
  const element = h("nav.photo-nav", { "aria-label": t("photo.nav") });
  let bound = new AbortController();
  signal.addEventListener("abort", () => bound.abort());

  function put(item) {
    // Keys that are bound after the view was left would never be let go.
    if (signal.aborted) return;
    bound.abort();
    bound = new AbortController();
    const { before, after, at, n } = neighbours(item, context);
    const compare = n > 1 && item.result ? () => chooseOther(item, context, signal) : null;
    bind(context, { ArrowLeft: before, ArrowRight: after }, compare, bound.signal);
    replace(
      element,
      h(
        "a.button.quiet",
        { href: "#/gallery" },
        icon("gallery"),
        h("span", null, t("shell.gallery")),
      ),
      h(
        "span.steps",
        null,
        step(before, "back", t("photo.before")),
        at > 0 && h("span.soft.number", null, t("photo.at", { at, n })),
        step(after, "forward", t("photo.after")),
      ),
      compare &&
        h(
          "button",
          { type: "button", title: t("photo.compare_long"), onclick: compare },
          icon("compare"),
          t("photo.compare"),
        ),
    );
  }

  return {
    element,
    show(item) {
      leaveMark(item, context);
      put(item);
      if (neighbours(item, context).n > 1 || context.library.isWhole) return;
      // After a reload, nothing is known of the others.
      context.library.load(context.api, { signal }).then(
        () => put(item),
        (problem) => {
          // Then there is none before and after it.
          if (!isAbort(problem) && !(problem instanceof ApiError)) throw problem;
        },
      );
    },
  };
}

function step(to, drawing, label) {
  const where = to
    ? { href: photoHref(to), title: label }
    : { role: "link", "aria-disabled": "true" };
  return h("a.button.step", { ...where, "aria-label": label }, icon(drawing));
}

function bind({ keys, navigate }, steps, compare, signal) {
  const options = { group: t("photo.title"), signal };
  const words = { ArrowLeft: t("photo.before"), ArrowRight: t("photo.after") };
  for (const [key, to] of Object.entries(steps)) {
    if (to) keys.bind(key, words[key], () => navigate(photoHref(to)), options);
  }
  if (compare) keys.bind("c", t("photo.compare_long"), compare, options);
}
