/** What people say about a verdict: agree, disagree, unsure, with a note; and what was said before. */

import { ApiError, isAbort } from "../../http.js";
import { h, newId, on, replace, setText } from "../../dom.js";
import { moment } from "../../format.js";
import { icon } from "../../icons.js";
import { errorText, t } from "../../strings.js";

const MOST_NOTE = 4000;
// Control characters have no place in a note, and the service refuses them.
const CONTROL = /[\u0000-\u001f\u007f-\u009f]+/g;
const ANSWERS = [
  { answer: "agree", key: "a", drawing: "thumb_up" },
  { answer: "disagree", key: "d", drawing: "thumb_down" },
  { answer: "unsure", key: "u", drawing: "uncertain" },
];

/** @typedef {{label: "studio"|"natural"|"uncertain", note: string|null, created_at: string}} Said */

/**
 * @param {import("../../library.js").Item} item With a result.
 * @param {import("../../main.js").Context} context
 * @param {AbortSignal} signal
 * @returns {HTMLElement}
 */
export function feedbackBar(item, context, signal) {
  const { api, library, announce, keys, drafts } = context;
  const { result } = item;
  const path = `/results/${result.id}/feedback`;
  const draft = `photo.note.${result.id}`;
  const group = t("photo.title");
  /** @type {Said[]} The newest first. */
  let said = [];
  let isSending = false;

  const heading = h("h2", { id: newId("feedback") }, t("feedback.title"));
  const buttons = ANSWERS.map(({ answer, key, drawing }) =>
    h(
      "button.answer",
      {
        type: "button",
        "aria-pressed": "false",
        "aria-keyshortcuts": key,
        onclick: () => say(labelOf(answer, result)),
      },
      icon(drawing),
      h("span", null, t(`feedback.${answer}`), h("small", null, meaningOf(answer, result))),
    ),
  );
  const note = h("textarea.field", {
    id: newId("note"),
    rows: "1",
    maxlength: String(MOST_NOTE),
    value: drafts.get(draft) ?? "",
  });
  const send = h("button", { type: "submit", hidden: true }, t("feedback.send_note"));
  const status = h("p.said", { role: "status" });
  const error = h("p.field-error", { role: "alert" });
  const earlier = h("div.earlier");
  const form = h(
    "form.note-form",
    null,
    h("label", { for: note.id }, t("feedback.note")),
    note,
    h("div.actions", null, send),
  );

  const show = () => {
    const [last, ...before] = said;
    ANSWERS.forEach(({ answer }, at) => {
      buttons[at].setAttribute("aria-pressed", String(last?.label === labelOf(answer, result)));
      // A button that is disabled would lose the focus.
      if (isSending) buttons[at].setAttribute("aria-disabled", "true");
      else buttons[at].removeAttribute("aria-disabled");
    });
    setText(
      status,
      last
        ? t("feedback.said", {
            label: t(`feedback.label.${last.label}`),
            at: moment(last.created_at),
          })
        : "",
    );
    const noted = last?.note && h("blockquote", null, last.note);
    replace(earlier, noted, before.length > 0 && earlierList(before));
    send.hidden = !last || !noteText(note);
  };

  const fail = (problem) => {
    if (!(problem instanceof ApiError)) throw problem;
    const words = errorText(problem);
    setText(error, words);
    if (signal.aborted) announce(words, { isUrgent: true });
  };

  async function say(label) {
    if (isSending) return;
    isSending = true;
    setText(error, "");
    show();
    const words = noteText(note);
    try {
      const sent = { label, note: words || null };
      // Not called off by who leafs on: what was said is sent all the same.
      said = [await api.post(path, sent), ...said];
      if (noteText(note) === words) write("");
      library.change(item, { feedback: { label, note: sent.note } });
      announce(t("feedback.stored", { label: t(`feedback.label.${label}`) }));
    } catch (problem) {
      if (!isAbort(problem)) fail(problem);
    } finally {
      isSending = false;
      show();
    }
  }

  async function load() {
    try {
      const answered = await api.get(path, { signal });
      // The newest first, whichever way they come.
      const known = answered.items.toSorted((a, b) => (a.created_at < b.created_at ? 1 : -1));
      const ids = new Set(known.map((one) => one.id));
      said = [...said.filter((one) => !ids.has(one.id)), ...known];
      show();
    } catch (problem) {
      if (!isAbort(problem)) fail(problem);
    }
  }

  function write(text) {
    note.value = text;
    drafts.set(draft, text);
  }

  on(
    note,
    "input",
    () => {
      drafts.set(draft, note.value);
      show();
    },
    signal,
  );
  on(
    note,
    "keydown",
    (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !send.hidden)
        form.requestSubmit();
      if (event.key === "Escape") note.blur();
    },
    signal,
  );
  on(
    form,
    "submit",
    (event) => {
      event.preventDefault();
      if (said.length) say(said[0].label);
    },
    signal,
  );
  for (const { answer, key } of ANSWERS) {
    keys.bind(key, t(`feedback.key.${answer}`), () => say(labelOf(answer, result)), {
      group,
      signal,
    });
  }
  keys.bind("n", t("feedback.key.note"), () => note.focus(), { group, signal });
  show();
  load();
  return h(
    "section.feedback",
    { "aria-labelledby": heading.id },
    heading,
    h("div.answers", { role: "group", "aria-labelledby": heading.id }, buttons),
    status,
    error,
    form,
    earlier,
  );
}

const noteText = (note) => note.value.replace(CONTROL, " ").trim();

/** Of what is uncertain, one agrees with the side that it leans to. */
function labelOf(answer, { is_studio: isStudio }) {
  if (answer === "unsure") return "uncertain";
  return isStudio === (answer === "agree") ? "studio" : "natural";
}

function meaningOf(answer, result) {
  return t(`feedback.means.${labelOf(answer, result)}`);
}

function earlierList(before) {
  return h(
    "details",
    null,
    h("summary", null, t("feedback.earlier", { n: before.length })),
    h(
      "ul",
      null,
      before.map(({ label, note, created_at: at }) =>
        h(
          "li",
          null,
          h("p", null, t("feedback.once", { label: t(`feedback.label.${label}`), at: moment(at) })),
          note && h("blockquote", null, note),
        ),
      ),
    ),
  );
}
