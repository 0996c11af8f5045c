/** The view that takes photos in: drop, paste, choose, give addresses; and the queue below. */

import { isTouchAlone, narrowScreen } from "../device.js";
import { h, newId, on, replace, setText } from "../dom.js";
import { accepted } from "../files.js";
import { bytes } from "../format.js";
import { icon } from "../icons.js";
import { t } from "../strings.js";
import { createQueueList } from "./queue_list.js";
import { createTotals } from "./queue_totals.js";

const DRAFT = "drop.addresses";
const NOTE_MS = 12_000;
const MEGA = 1_000_000;

/** @type {import("../main.js").View} */
export const drop = {
  title: () => t("drop.title"),

  /**
   * @param {HTMLElement} root
   * @param {import("../main.js").Context} context
   * @returns {() => void}
   */
  mount(root, context) {
    const control = new AbortController();
    const { signal } = control;
    const { queue, intake } = context;
    const note = h("p.note", { role: "status", hidden: true });
    const place = dropPlace(context, signal);
    const totals = createTotals(context, signal);
    const list = createQueueList(context, signal);
    const section = h(
      "section.queue",
      { "aria-label": t("queue.title"), hidden: true },
      totals,
      list,
    );
    const addresses = addressForm(context, signal);
    replace(
      root,
      h("div.intro", null, h("h1", null, t("drop.title")), h("p.lead", null, t("drop.lead"))),
      h("div.intake", null, place, addresses),
      note,
      section,
    );
    let timer = 0;
    on(
      intake,
      "noted",
      ({ detail }) => {
        note.hidden = false;
        setText(note, t("drop.skipped", { n: detail.skipped }));
        clearTimeout(timer);
        timer = setTimeout(() => {
          note.hidden = true;
        }, NOTE_MS);
      },
      signal,
    );
    const show = () => {
      const isEmpty = queue.items.length === 0;
      if (isEmpty === section.hidden) return;
      section.hidden = isEmpty;
      root.classList.toggle("has-queue", !isEmpty);
      // On a phone, what is under way is to be seen without scrolling.
      const isIdle = !addresses.querySelector("textarea").value;
      if (!isEmpty && isIdle && narrowScreen().matches) addresses.querySelector("details").open = false;
    };
    on(queue, "totals", show, signal);
    show();
    return () => {
      control.abort();
      clearTimeout(timer);
      root.classList.remove("has-queue");
    };
  },
};

function dropPlace({ intake, settings, keys }, signal) {
  const files = fileField(intake, { accept: accepted(settings.formats), multiple: true });
  const folder = fileField(intake, { webkitdirectory: true, multiple: true });
  const choose = () => files.click();
  // Where a folder cannot be chosen, as on most phones, there is no button for it.
  const takesFolders = "webkitdirectory" in HTMLInputElement.prototype && !isTouchAlone();
  keys.bind("u", t("drop.choose"), choose, { group: t("drop.title"), signal });
  return h(
    "div.drop",
    null,
    icon("image"),
    h("p.invite", null, t(isTouchAlone() ? "drop.invite_touch" : "drop.invite")),
    !isTouchAlone() && h("p.soft.or", null, t("drop.or")),
    h(
      "div.actions",
      null,
      h("button.primary", { type: "button", onclick: choose }, icon("upload"), t("drop.choose")),
      takesFolders &&
        h(
          "button",
          { type: "button", onclick: () => folder.click() },
          icon("folder"),
          t("drop.choose_folder"),
        ),
    ),
    files,
    folder,
    limits(settings),
  );
}

function fileField(intake, props) {
  const field = h("input", { type: "file", hidden: true, tabindex: "-1", ...props });
  field.addEventListener("change", () => {
    intake.addFiles(field.files);
    // The same files may be chosen again.
    field.value = "";
  });
  return field;
}

function limits(settings) {
  const size = bytes(settings.max_upload_bytes);
  return h(
    "ul.limits",
    null,
    h(
      "li",
      null,
      t("drop.limits", {
        formats: settings.formats.join(", "),
        size,
        megapixels: Math.floor(settings.max_pixels / MEGA),
      }),
    ),
    h(
      "li",
      null,
      t("drop.limits_archive", {
        size: bytes(settings.max_batch_upload_bytes),
        n: settings.max_batch_items,
      }),
    ),
    h("li", null, settings.keeps_pictures ? t("drop.kept") : t("drop.not_kept")),
  );
}

function addressForm({ intake, drafts, library }, signal) {
  const hint = h("p.hint", { id: newId("hint") }, t("drop.addresses_hint"));
  const error = h("p.field-error", { id: newId("error"), role: "alert" });
  const field = h("textarea.field", {
    id: newId("addresses"),
    rows: "3",
    placeholder: t("drop.addresses_placeholder"),
    spellcheck: "false",
    autocapitalize: "off",
    inputmode: "url",
    value: drafts.get(DRAFT) ?? "",
    "aria-describedby": `${hint.id} ${error.id}`,
  });
  const say = (text) => {
    setText(error, text);
    if (text) field.setAttribute("aria-invalid", "true");
    else field.removeAttribute("aria-invalid");
  };
  const form = h(
    "form.addresses",
    { novalidate: true },
    h(
      "details",
      { open: true },
      h("summary", null, icon("link"), t("drop.addresses")),
      h(
        "div.stack",
        null,
        h("label.unseen", { for: field.id }, t("drop.addresses_label")),
        field,
        hint,
        error,
        h("div.actions", null, h("button", { type: "submit" }, t("drop.addresses_submit"))),
      ),
    ),
  );
  const write = (text) => {
    field.value = text;
    drafts.set(DRAFT, text);
  };
  on(field, "input", () => drafts.set(DRAFT, field.value), signal);
  on(library, "reset", () => write(""), signal);
  on(
    field,
    "keydown",
    (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
    },
    signal,
  );
  on(
    form,
    "submit",
    (event) => {
      event.preventDefault();
      const text = field.value.trim();
      const refused = text ? intake.addAddresses(text) : [];
      if (!text) say(t("drop.addresses_empty"));
      else if (refused.length) {
        say(t("drop.addresses_refused", { n: refused.length, words: `“${cut(refused[0])}”` }));
      } else {
        say("");
        write("");
        return;
      }
      field.focus();
    },
    signal,
  );
  return form;
}

const cut = (text) => (text.length > 60 ? `${text.slice(0, 59)}…` : text);
