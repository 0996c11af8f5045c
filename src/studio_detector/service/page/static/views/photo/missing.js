/** What stands where the photo is not: why, and how to give it back. */

import { isTouchAlone } from "../../device.js";
import { h, newId, on, replace, setText } from "../../dom.js";
import { accepted } from "../../files.js";
import { icon } from "../../icons.js";
import { t } from "../../strings.js";
import { giveBack } from "./picture.js";

/**
 * Asks for the file again; whatever is dropped anywhere on the page is looked at first.
 *
 * @param {import("../../library.js").Item} item
 * @param {import("../../main.js").Context} context
 * @param {{signal: AbortSignal, onFound: () => void}} options
 * @returns {{element: HTMLElement, show: (picture: import("./picture.js").Picture) => void,
 *   refuse: () => void}} `refuse`: the service says that it is another photo.
 */
export function missingPicture(item, context, { signal, onFound }) {
  const { settings, library, intake, announce } = context;
  const why = h("p.why");
  const how = h("p", { id: newId("how") });
  const error = h("p.field-error", { role: "alert" });
  const field = h("input", {
    type: "file",
    hidden: true,
    tabindex: "-1",
    multiple: true,
    accept: accepted(settings.formats),
  });
  const choose = h(
    "button",
    { type: "button", "aria-describedby": how.id, onclick: () => field.click() },
    icon("upload"),
    t("missing.choose"),
  );
  const element = h(
    "div.missing",
    { hidden: true },
    icon("image"),
    h("div.missing-words", null, why, how, error, h("div.actions", null, choose)),
    field,
  );

  /** @returns {Promise<boolean>} */
  async function take(files) {
    setText(error, "");
    const found = await giveBack(item, files, library);
    if (signal.aborted || !found) return found !== null;
    announce(t("missing.found"));
    onFound();
    return true;
  }

  on(
    field,
    "change",
    async () => {
      const files = [...field.files];
      field.value = "";
      if (files.length && !(await take(files))) setText(error, t("missing.other"));
    },
    signal,
  );
  intake.offer(async (sources) => {
    if (element.hidden) return sources;
    const files = sources.filter((source) => source.kind === "file").map((source) => source.file);
    // Without hashes nothing tells which of them it is.
    if (!crypto.subtle || !(await take(files))) return sources;
    return sources.filter((source) => source.file !== item.file);
  }, signal);

  return {
    element,
    show(picture) {
      element.hidden = picture.kind === "whole" || picture.why === "format";
      element.classList.toggle("whole", picture.kind === "none");
      replace(why, t(picture.why === "moved" ? "missing.moved" : whyGone(item, settings)));
      replace(how, t(crypto.subtle && !isTouchAlone() ? "missing.how" : "missing.how_choose"));
    },
    refuse() {
      setText(error, t("missing.other"));
    },
  };
}

function whyGone(item, { keeps_pictures: areKept }) {
  if (item.kind === "address") return "missing.address";
  if (item.kind === "member") return "missing.archive";
  return areKept ? "missing.kept" : "missing.deleted";
}
