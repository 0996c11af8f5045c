/** The page of everything in one file: saved, or opened where the browser may ask for it itself. */

import { ApiError, address, isAbort } from "../../http.js";
import { h, newId, save, setText } from "../../dom.js";
import { icon } from "../../icons.js";
import { errorText, t } from "../../strings.js";
import { fileOf } from "./picture.js";

const FORBIDDEN = /[\\/:*?"<>|\u0000-\u001f]+/g;

/**
 * A report that was fetched cannot be opened in a tab: it would be under the policy of this page,
 * which allows no styles but its own. It is saved; and where nobody needs a key, the browser opens
 * the service's own page, under the policy that is made for it.
 *
 * @param {import("../../library.js").Item} item
 * @param {string} name
 * @param {import("./overlays.js").Overlays} overlays
 * @param {import("../../main.js").Context} context
 * @param {AbortSignal} signal
 * @returns {HTMLElement}
 */
export function reportTools(item, name, overlays, { settings, announce }, signal) {
  const error = h("p.field-error", { role: "alert" });
  const button = h(
    "button",
    { type: "button", onclick: () => fetchAndSave() },
    icon("download"),
    h("span", null, t("report.save")),
  );
  let isBusy = false;

  async function fetchAndSave() {
    if (isBusy) return;
    isBusy = true;
    button.setAttribute("aria-busy", "true");
    setText(error, "");
    try {
      save(await overlays.report(signal), t("report.file", { name: stemOf(name) }));
      announce(t("report.saved"));
    } catch (problem) {
      if (isAbort(problem)) return;
      if (!(problem instanceof ApiError)) throw problem;
      setText(error, errorText(problem));
    } finally {
      isBusy = false;
      button.removeAttribute("aria-busy");
    }
  }

  const href = address(`/results/${item.result.id}/report`);
  const title = h("h2", { id: newId("report") }, t("report.title"));
  return h(
    "section.report",
    { "aria-labelledby": title.id },
    title,
    h(
      "p.soft",
      null,
      t(
        fileOf(item)
          ? "report.with_photo"
          : settings.keeps_pictures
            ? "report.kept"
            : "report.without",
      ),
    ),
    h(
      "div.actions",
      null,
      button,
      !settings.needs_key &&
        h(
          "a.button",
          { href, target: "_blank", rel: "noopener" },
          icon("forward"),
          h("span", null, t("report.open")),
        ),
    ),
    error,
  );
}

const stemOf = (name) =>
  name
    .replace(/\.\w{1,5}$/, "")
    .replace(FORBIDDEN, " ")
    .trim();
