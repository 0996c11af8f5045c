/** The bar that says how many photos are selected, and what can be done with them. */

import { h, on, setText } from "../../dom.js";
import { icon } from "../../icons.js";
import { t } from "../../strings.js";

/**
 * @param {import("./selection.js").Selection} selection
 * @param {{announce: Function, compareHref: (ids: string[]) => string|null, onAll: () => void,
 *   onExport: () => void, onLeave: () => void, signal: AbortSignal}} parts `compareHref` is null
 *   where they cannot be compared; `onLeave` when the bar goes away with the focus in it.
 * @returns {HTMLElement}
 */
export function createBar(selection, { announce, compareHref, onAll, onExport, onLeave, signal }) {
  const count = h("p.selected-count");
  const compare = h("a.button", { hidden: true }, icon("compare"), t("gallery.compare"));
  const element = h(
    "section.selection-bar",
    { "aria-label": t("gallery.selection"), hidden: true },
    count,
    h(
      "div.actions",
      null,
      compare,
      h("button", { type: "button", onclick: onAll }, icon("check"), t("gallery.select_all")),
      h("button", { type: "button", onclick: onExport }, icon("download"), t("gallery.export")),
      h(
        "button.quiet",
        { type: "button", onclick: () => selection.clear() },
        icon("close"),
        t("gallery.select_none"),
      ),
    ),
  );
  const show = () => {
    const { size, ids } = selection;
    const words = t("gallery.selected", { n: size });
    setText(count, words);
    const href = size === 2 ? compareHref(ids) : null;
    compare.hidden = href === null;
    if (href) compare.setAttribute("href", href);
    if (!size && element.contains(document.activeElement)) onLeave();
    element.hidden = size === 0;
  };
  on(
    selection,
    "changed",
    () => {
      show();
      announce(t("gallery.selected", { n: selection.size }));
    },
    signal,
  );
  show();
  return element;
}
