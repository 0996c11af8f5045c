/** The variants that share the traffic, and how far two of them agree. */

import { badge } from "../../badge.js";
import { h, newId, replace } from "../../dom.js";
import { count, percent } from "../../format.js";
import { icon } from "../../icons.js";
import { t } from "../../strings.js";
import { card, peopleSay } from "./parts.js";

const MOST = 10;

/**
 * @param {{default: string, items: Object[]}} variants As the service lists them.
 * @param {Record<string, number>} counts Results by variant.
 * @param {{compare: (a: string, b: string) => Promise<Object>,
 *   pictureOf: (one: Object) => HTMLElement}} parts
 * @returns {HTMLElement}
 */
export function variantCard(variants, counts, parts) {
  const names = variants.items.map((one) => one.name);
  const rows = variants.items.map((one) =>
    h(
      "tr",
      null,
      h("th", { scope: "row" }, one.name),
      h("td", null, shareOf(one, variants)),
      h("td", null, count(counts[one.name] ?? 0)),
      h("td.variant-model", null, one.model),
    ),
  );
  const heads = ["variant", "share", "results", "model"];
  return card(
    t("overview.variants"),
    h(
      "div.numbers-frame",
      { tabindex: "0", role: "group", "aria-label": t("overview.variants") },
      h(
        "table",
        null,
        h("thead", null, h("tr", null, heads.map((head) => h("th", { scope: "col" }, t(`overview.${head}`))))),
        h("tbody", null, rows),
      ),
    ),
    names.length > 1
      ? comparison(names, variants.default, parts)
      : h("p.soft", null, t("overview.one_variant")),
  );
}

/** The usual variant has no share of its own: it takes what no other takes. */
function shareOf({ name, share, is_shadow: isShadow }, { default: usual, items }) {
  if (isShadow) return t("overview.shadow", { share: percent(share) });
  if (name !== usual) return percent(share);
  return percent(items.reduce((rest, one) => (one.is_shadow || one.name === usual ? rest : rest - one.share), 1));
}

function comparison(names, usual, { compare, pictureOf }) {
  const outcome = h("div.variant-outcome", { "aria-live": "polite" });
  const field = (label, value) => {
    const id = newId("variant");
    const select = h("select.field", { id, onchange: show }, names.map((name) => h("option", { value: name }, name)));
    select.value = value;
    return { select, label: h("label", { for: id }, t(label)) };
  };
  const a = field("overview.first", usual);
  const b = field("overview.second", names.find((name) => name !== usual));
  let asked = 0;

  async function show() {
    const mine = (asked += 1);
    if (a.select.value === b.select.value) {
      replace(outcome, h("p.soft", null, t("overview.choose_two")));
      return;
    }
    const found = await compare(a.select.value, b.select.value);
    if (found && mine === asked) replace(outcome, agreement(found, pictureOf));
  }
  show();
  return h("div.variant-pair", null, a.label, a.select, b.label, b.select, outcome);
}

function agreement(found, pictureOf) {
  const { pictures, same_label_ratio, mean_difference, judged, right_ratio, worst } = found;
  const [a, b] = found.variants;
  if (!pictures) return [h("p.soft", null, t("overview.none_common"))];
  const line = (one) =>
    h(
      "li.said-line",
      null,
      pictureOf({ image_hash: one.image_hash, result_id: one.results[0] }),
      h(
        "div.said-words",
        null,
        found.variants.map((name, at) =>
          h("span", null, h("span.soft", null, `${name}: `), badge(one.labels[at], { confidence: one.confidences[at] })),
        ),
        one.feedback && peopleSay(one.feedback),
      ),
      h(
        "a.button.icon-button",
        {
          href: `#/compare/${one.results[0]}/${one.results[1]}`,
          "aria-label": t("overview.compare"),
          title: t("overview.compare"),
        },
        icon("compare"),
      ),
    );
  return [
    h("p", null, t("overview.same", { n: pictures, share: percent(same_label_ratio) }), " ", t("overview.apart", { share: percent(mean_difference) })),
    judged > 0 &&
      h("p", null, t("overview.right", { n: judged, a, b, first: percent(right_ratio[0]), second: percent(right_ratio[1]) })),
    h("ul.said-list", null, worst.slice(0, MOST).map(line)),
  ];
}
