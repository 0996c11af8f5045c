/** The dialog of settings: appearance, what this browser remembers, who is signed in. */

import { openDialog } from "./dialog.js";
import { h, newId } from "./dom.js";
import { t } from "./strings.js";
import { setTheme, theme, THEMES } from "./theme.js";

/** @param {import("./main.js").Context} context */
export function openPreferences(context) {
  const dialog = openDialog({
    title: t("settings.title"),
    content: [
      appearance(),
      remembering(context),
      context.settings.needs_key && account(context, () => dialog.close("")),
      h("p.hint", null, t("settings.version", { version: context.settings.version })),
    ],
  });
}

function appearance() {
  const name = newId("theme");
  return h(
    "fieldset.set",
    null,
    h("legend", null, t("settings.theme")),
    h(
      "div.segments",
      null,
      THEMES.map((one) =>
        h(
          "label.segment",
          null,
          h("input", {
            type: "radio",
            name,
            value: one,
            checked: one === theme(),
            onchange: () => setTheme(one),
          }),
          h("span", null, t(`settings.theme.${one}`)),
        ),
      ),
    ),
  );
}

function remembering({ memory, announce, settings }) {
  const words = settings.keeps_pictures ? "settings.remember_hint_kept" : "settings.remember_hint";
  const hint = h("p.hint", { id: newId("hint") }, t(words));
  const box = h("input", {
    type: "checkbox",
    checked: memory.isOn,
    "aria-describedby": hint.id,
    onchange: () => memory.setOn(box.checked),
  });
  const clear = h("button", { type: "button" }, t("settings.clear"));
  clear.addEventListener("click", async () => {
    await memory.clear();
    clear.replaceWith(h("p", { role: "status" }, t("settings.cleared")));
    announce(t("settings.cleared"));
  });
  return h(
    "fieldset.set",
    null,
    h("legend", null, t("settings.memory")),
    h("label.choice", null, box, h("span", null, t("settings.remember"))),
    hint,
    clear,
  );
}

function account({ session, signIn, queue, library, drafts, navigate }, close) {
  const leave = () => {
    close();
    queue.cancelAll();
    library.reset();
    session.end();
    // Nor may what was typed, or a photo in sight, wait for whoever comes next.
    drafts.clear();
    navigate("#/");
  };
  const enter = () => {
    close();
    signIn("needed");
  };
  return h(
    "fieldset.set",
    null,
    h("legend", null, t("settings.account")),
    session.key
      ? [
          h("p", null, t("settings.signed_in")),
          h("button", { type: "button", onclick: leave }, t("settings.sign_out")),
          h("p.hint", null, t("settings.sign_out_hint")),
        ]
      : h("button.primary", { type: "button", onclick: enter }, t("shell.sign_in")),
  );
}
