/** What chooses the photos that are shown: filter, search, order, look-alikes. */

import { h, newId, on, setText } from "../../dom.js";
import { icon } from "../../icons.js";
import { t } from "../../strings.js";
import { ORDER_NAMES } from "./arrange.js";

const FILTERS = ["all", "studio", "natural", "uncertain", "failed"];
const SEARCH_PAUSE_MS = 120;

/**
 * @param {{filter: string, order: string, search: string, isStacked: boolean}} wishes As they
 *   were when the gallery was left.
 * @param {{onWish: (changes: Object) => void, keys: Object, signal: AbortSignal}} parts
 * @returns {{element: HTMLElement, stacking: HTMLElement, showCounts: (counts: Object<string,
 *   number>) => void, reset: () => void}}
 */
export function createControls(wishes, { onWish, keys, signal }) {
  const filters = createFilters(wishes.filter, (filter) => onWish({ filter }));
  const search = h("input.field", {
    type: "search",
    id: newId("search"),
    placeholder: t("gallery.search_hint"),
    "aria-label": t("gallery.search"),
    "aria-keyshortcuts": "/",
    autocomplete: "off",
    spellcheck: "false",
    value: wishes.search,
  });
  let timer = 0;
  on(
    search,
    "input",
    () => {
      clearTimeout(timer);
      timer = setTimeout(() => onWish({ search: search.value }), SEARCH_PAUSE_MS);
    },
    signal,
  );
  signal.addEventListener("abort", () => clearTimeout(timer));
  const focusSearch = () => {
    search.focus();
    search.select();
  };
  keys.bind("/", t("gallery.search"), focusSearch, { group: t("gallery.title"), signal });

  const order = h(
    "select.field",
    { "aria-label": t("gallery.order"), onchange: () => onWish({ order: order.value }) },
    ORDER_NAMES.map((name) => h("option", { value: name }, t(`gallery.order.${name}`))),
  );
  order.value = wishes.order;
  const stack = h("input", {
    type: "checkbox",
    checked: wishes.isStacked,
    onchange: () => onWish({ isStacked: stack.checked }),
  });
  const element = h(
    "div.gallery-controls",
    null,
    filters.element,
    h("div.gallery-search", null, icon("search"), search),
    h("div.gallery-order", null, order),
  );
  return {
    element,
    stacking: h("label.choice.stack-choice", null, stack, h("span", null, t("gallery.stacked"))),
    showCounts: filters.show,

    /** Show everything again. */
    reset() {
      filters.choose("all");
      search.value = "";
      clearTimeout(timer);
      onWish({ filter: "all", search: "" });
    },
  };
}

function createFilters(chosen, onChoice) {
  const name = newId("filter");
  const numbers = {};
  const fields = {};
  const element = h(
    "fieldset.segments.label-filter",
    null,
    h("legend.unseen", null, t("gallery.show")),
    FILTERS.map((one) => {
      numbers[one] = h("span.number");
      fields[one] = h("input", {
        type: "radio",
        name,
        value: one,
        checked: one === chosen,
        onchange: () => onChoice(one),
      });
      const drawing = one === "all" ? null : icon(one);
      const words = one === "all" ? t("gallery.all") : t(`verdict.${one}`);
      return h(
        "label.segment",
        { class: one },
        fields[one],
        h("span", null, drawing, h("span", null, words), " ", numbers[one]),
      );
    }),
  );
  return {
    element,
    show: (counts) => {
      for (const [one, number] of Object.entries(numbers)) setText(number, String(counts[one]));
    },
    choose: (one) => {
      fields[one].checked = true;
    },
  };
}
