/** Dialogs: the browser's own, which keep the focus inside and give it back. */

import { h, newId } from "./dom.js";
import { icon } from "./icons.js";
import { t } from "./strings.js";

/**
 * Open a dialog; it is gone from the page once it is closed.
 *
 * @param {{title: string, content: any, kind?: string, onClose?: (value: string) => void,
 *   signal?: AbortSignal}} parts `onClose` is told what `dialog.close(value)` was given, "" where
 *   it was called off; `signal` is of the view that it goes away with.
 * @returns {HTMLDialogElement}
 */
export function openDialog({ title, content, kind = "", onClose = () => {}, signal }) {
  const id = newId("dialog");
  const dialog = h(
    "dialog.dialog",
    { "aria-labelledby": id, class: kind },
    h(
      "div.dialog-head",
      null,
      h("h2", { id }, title),
      h(
        "button.icon-button",
        { type: "button", "aria-label": t("shell.close"), onclick: () => dialog.close("") },
        icon("close"),
      ),
    ),
    h("div.dialog-body", null, content),
  );
  dialog.addEventListener("close", () => {
    dialog.remove();
    onClose(dialog.returnValue);
  });
  // A press beside the dialog is one on its backdrop, which belongs to it.
  dialog.addEventListener("pointerdown", (event) => {
    if (event.target === dialog) dialog.close("");
  });
  signal?.addEventListener("abort", () => dialog.close(""));
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}
