/** Photos as a file: the dialog that asks which and how, and the making of it. */

import { openDialog } from "../../dialog.js";
import { h, newId, save, setText } from "../../dom.js";
import { ApiError, isAbort } from "../../http.js";
import { icon } from "../../icons.js";
import { errorText, t } from "../../strings.js";
import { csvOf, jsonlOf, rowOf } from "./rows.js";

const FORMATS = ["csv", "jsonl", "parquet"];
const KINDS = { csv: "text/csv", jsonl: "application/x-ndjson" };
// What the service takes at once.
const MOST_AT_SERVICE = 10_000;

/**
 * @param {{selected: import("../../library.js").Item[], shown: import("../../library.js").Item[],
 *   thresholds: import("./labels.js").Thresholds|null}} photos
 * @param {import("../../main.js").Context} context
 * @param {AbortSignal} signal Ends the dialog, too.
 */
export function openExport({ selected, shown, thresholds }, { api, announce }, signal) {
  const control = new AbortController();
  const which = choice(t("gallery.export.which"), [
    ...(selected.length ? [["selected", t("gallery.export.selected", { n: selected.length })]] : []),
    ["shown", t("gallery.export.shown", { n: shown.length })],
  ]);
  const format = choice(
    t("gallery.export.format"),
    FORMATS.map((one) => [one, t(`gallery.export.${one}`)]),
  );
  const hint = h("p.hint");
  const error = h("p.field-error", { role: "alert" });
  const submit = h("button.primary", { type: "submit" }, icon("download"), t("gallery.export.submit"));
  const form = h("form.stack", null, which.element, format.element, hint, error, h("div.actions", null, submit));
  const photosOf = () => (which.value === "selected" ? selected : shown);
  const show = () => {
    const lacking = photosOf().filter((item) => !item.result).length;
    const taken = photosOf().length - lacking;
    const isParquet = format.value === "parquet";
    const words = [t(`gallery.export.${isParquet ? "hint_parquet" : "hint"}`)];
    if (isParquet && lacking) words.push(t("gallery.export.lacking", { n: lacking }));
    setText(hint, words.join(" "));
    const isTooMuch = isParquet && taken > MOST_AT_SERVICE;
    submit.disabled = isParquet && (taken === 0 || isTooMuch);
    setText(error, isTooMuch ? t("gallery.export.too_many", { n: MOST_AT_SERVICE }) : "");
  };
  form.addEventListener("change", show);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    setText(error, "");
    submit.disabled = true;
    try {
      const { file, gone } = await made(photosOf(), format.value, { api, thresholds, signal: control.signal });
      save(file, `studio-detector.${format.value}`);
      if (gone) {
        setText(error, t("gallery.export.gone", { n: gone }));
      } else {
        announce(t("gallery.export.done"));
        dialog.close("done");
      }
    } catch (caught) {
      if (isAbort(caught)) return;
      if (!(caught instanceof ApiError)) throw caught;
      setText(error, errorText(caught));
    } finally {
      submit.disabled = false;
    }
  });
  show();
  const dialog = openDialog({
    title: t("gallery.export.title"),
    content: form,
    kind: "narrow",
    onClose: () => control.abort(),
    signal,
  });
}

/** The file, and how many photos are not in it, since the service has them no more. */
async function made(items, format, { api, thresholds, signal }) {
  if (format === "parquet") {
    const ids = items.filter((item) => item.result).map((item) => item.result.id);
    const answer = await api.send("POST", "/results/export", { body: { ids, format }, signal });
    return { file: await answer.blob(), gone: Number(answer.headers.get("Results-Left-Out")) };
  }
  const rows = items.map((item) => rowOf(item, thresholds));
  const text = format === "csv" ? csvOf(rows) : jsonlOf(rows);
  return { file: new Blob([text], { type: KINDS[format] }), gone: 0 };
}

/** Radio buttons of which the first is chosen. */
function choice(legend, options) {
  const name = newId("choice");
  const fields = options.map(([value], at) =>
    h("input", { type: "radio", name, value, checked: at === 0 }),
  );
  return {
    element: h(
      "fieldset.set",
      null,
      h("legend", null, legend),
      options.map(([, words], at) => h("label.choice", null, fields[at], h("span", null, words))),
    ),
    get value() {
      return fields.find((field) => field.checked).value;
    },
  };
}
