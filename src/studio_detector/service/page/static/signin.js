/** The dialog that asks for a key. */

import { openDialog } from "./dialog.js";
import { h, newId, replace, setText } from "./dom.js";
import { icon } from "./icons.js";
import { t } from "./strings.js";

// What a header can hold; anything else is a slip of the clipboard.
const KEY = /^[\x21-\x7e]+$/;

/**
 * @param {{session: import("./session.js").Session}} parts
 * @returns {(reason?: "needed"|"refused") => Promise<boolean>} Opens the dialog; true once
 *   somebody signed in, false if they closed it.
 */
export function createSignIn({ session }) {
  let open = null;
  return (reason = "needed") => {
    open ??= ask(session, reason).finally(() => {
      open = null;
    });
    return open;
  };
}

function ask(session, reason) {
  return new Promise((resolve) => {
    const error = h("p.field-error", { id: newId("error"), role: "alert" });
    const hint = h("p.hint", { id: newId("hint") }, t("signin.hint"));
    const field = h("input.field", {
      id: newId("key"),
      type: "password",
      autocomplete: "off",
      spellcheck: "false",
      autofocus: true,
      "aria-describedby": `${hint.id} ${error.id}`,
    });
    const keeps = h("input", { type: "checkbox" });
    const submit = h("button.primary", { type: "submit" }, t("signin.submit"));
    const form = h(
      "form.stack",
      { novalidate: true },
      h("p", null, t(`signin.${reason}`)),
      h("label", { for: field.id }, t("signin.key")),
      field,
      hint,
      error,
      h("label.choice", null, keeps, h("span", null, t("signin.keep"))),
      h("div.actions", null, submit),
    );
    const dialog = openDialog({
      title: t("signin.title"),
      content: form,
      kind: "narrow",
      onClose: (value) => resolve(value === "in"),
    });
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const key = field.value.trim();
      submit.disabled = true;
      replace(submit, icon("clock"), t("signin.checking"));
      const wrong = await fault(key);
      submit.disabled = false;
      replace(submit, t("signin.submit"));
      if (wrong) {
        field.setAttribute("aria-invalid", "true");
        setText(error, t(wrong));
        field.focus();
        return;
      }
      session.begin(key, { isKept: keeps.checked });
      dialog.close("in");
    });
  });
}

/** The key of the words for what is wrong with a key; null if nothing is. */
async function fault(key) {
  if (!key) return "signin.empty";
  if (!KEY.test(key)) return "signin.malformed";
  try {
    const headers = { Authorization: `Bearer ${key}` };
    const answer = await fetch("/api/v1/version", { headers, cache: "no-store" });
    if (answer.status === 401) return "signin.wrong";
    if (answer.status === 429) return "signin.too_often";
    // What it may not do is said where it tries; who it is was known.
    return answer.ok || answer.status === 403 ? null : "signin.unreachable";
  } catch {
    return "signin.unreachable";
  }
}
