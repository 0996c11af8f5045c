/** Choosing the photo that another one is compared with. */

import { badge } from "../../badge.js";
import { openDialog } from "../../dialog.js";
import { h, replace } from "../../dom.js";
import { icon } from "../../icons.js";
import { t } from "../../strings.js";
import { nameOf } from "./finding.js";
import { photosInOrder, placeOf } from "./order.js";

// Of thousands, those around it; the gallery compares any two.
const MOST = 60;

/**
 * @param {import("../../library.js").Item} item
 * @param {import("../../main.js").Context} context
 * @param {AbortSignal} signal Ends the dialog, too.
 */
export function chooseOther(item, context, signal) {
  const photos = photosInOrder(context);
  const at = placeOf(item, photos);
  const from = Math.max(0, Math.min(at - MOST / 2, photos.length - MOST));
  const others = photos.slice(from, from + MOST + 1).filter((one) => one !== photos[at]);
  const pick = (other) => {
    dialog.close("");
    context.navigate(`#/compare/${item.result.id}/${other.result.id}`);
  };
  const dialog = openDialog({
    title: t("compare.choose"),
    content: h(
      "ul.others",
      null,
      others.map((other) =>
        h(
          "li",
          null,
          choice(other, context, () => pick(other)),
        ),
      ),
    ),
    kind: "large",
    signal,
  });
}

function choice(item, { thumbnails }, onclick) {
  const { label, confidence } = item.result;
  const frame = h("span.thumb", null, icon("image"));
  thumbnails.of(item).then((url) => {
    if (url) replace(frame, h("img", { src: url, alt: "" }));
  });
  return h(
    "button.other",
    { type: "button", onclick },
    frame,
    h("span.name", null, nameOf(item)),
    badge(label, { confidence }),
  );
}
