/** The view of everything together: what came, how sure it was, what people say, how it runs. */

import { h, replace } from "../dom.js";
import { ApiError, isAbort } from "../http.js";
import { icon } from "../icons.js";
import { errorText, t } from "../strings.js";
import { createHealth } from "./overview/health.js";
import { confidences, perDay, said, sums } from "./overview/parts.js";
import { createPictures } from "./overview/pictures.js";
import { variantCard } from "./overview/variants.js";

const DRAFT = "overview.days";
const SPANS = [7, 30, 90];
const USUAL = 30;
const DAY_MS = 86_400_000;

/** @type {import("../main.js").View} */
export const overview = {
  title: () => t("overview.title"),

  /**
   * @param {HTMLElement} root
   * @param {import("../main.js").Context} context
   * @returns {() => void}
   */
  mount(root, context) {
    const control = new AbortController();
    const { signal } = control;
    const { api, drafts, settings } = context;
    const health = createHealth(api, signal);
    const pictureOf = createPictures(context, signal);
    const content = h("div.overview");
    const trouble = h("div.overview-trouble", { hidden: true });
    const span = h(
      "select.field",
      { "aria-label": t("overview.span"), onchange: load },
      SPANS.map((days) => h("option", { value: days }, t("overview.last_days", { n: days }))),
    );
    span.value = String(drafts.get(DRAFT) ?? USUAL);
    replace(
      root,
      h(
        "div.overview-head",
        null,
        h("h1", null, t("overview.title")),
        health.element,
        span,
        h("button", { type: "button", onclick: load }, icon("retry"), t("overview.refresh")),
      ),
      trouble,
      content,
    );

    let asked = 0;
    async function load() {
      const mine = (asked += 1);
      const days = Number(span.value);
      drafts.set(DRAFT, days);
      trouble.hidden = true;
      await attempt(async () => {
        const [found, variants] = await Promise.all([
          api.get("/overview", { query: { days }, signal }),
          api.get("/variants", { signal }),
          health.load(),
        ]);
        // Another span was chosen in between.
        if (mine !== asked) return;
        const whole = everyDay(found.days, days);
        replace(
          content,
          sums(found.labels),
          perDay(whole),
          confidences(found.confidences, settings.band),
          said(found.feedback, pictureOf),
          variantCard(variants, found.variants, { compare, pictureOf }),
        );
      });
    }

    const compare = (a, b) =>
      attempt(() => api.get(`/variants/${a}/disagreements/${b}`, { signal }));

    async function attempt(work) {
      try {
        return await work();
      } catch (error) {
        if (isAbort(error)) return null;
        if (!(error instanceof ApiError)) throw error;
        trouble.hidden = false;
        const again = h("button", { type: "button", onclick: load }, t("overview.try_again"));
        replace(trouble, h("p", { role: "alert" }, errorText(error)), again);
        return null;
      }
    }
    load();
    return () => control.abort();
  },
};

/** Days of which the service says nothing had no photos. */
function everyDay(found, days) {
  const known = new Map(found.map((one) => [one.day, one]));
  const today = Date.now();
  return Array.from({ length: days }, (_, at) => {
    const day = new Date(today - (days - 1 - at) * DAY_MS).toISOString().slice(0, 10);
    return known.get(day) ?? { day, studio: 0, natural: 0, uncertain: 0 };
  });
}
