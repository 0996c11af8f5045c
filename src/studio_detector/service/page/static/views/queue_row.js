/** One row of the queue: what it is, how far it is, what came of it, what can be done. */

import { badge } from "../badge.js";
import { h, replace, setText } from "../dom.js";
import { bytes, percent } from "../format.js";
import { icon, iconButton } from "../icons.js";
import { errorWords, t } from "../strings.js";

const DRAWINGS = { archive: "archive", address: "link", file: "image", member: "image" };
const ENDS = new Set(["done", "failed", "cancelled"]);

/**
 * @param {import("../library.js").Item} item
 * @param {import("../main.js").Context} context
 * @returns {{element: HTMLElement, show: () => void}}
 */
export function createRow(item, context) {
  const { queue, library, thumbnails } = context;
  const name = item.name || t("row.unnamed");
  const frame = h("div.thumb", null, icon(DRAWINGS[item.kind]));
  const title = h("span.name", { title: item.url ?? (item.path ? `${item.path}/${name}` : name) }, name);
  const about = h("span.soft.about");
  const state = h("div");
  const bar = h("progress", { max: "1", value: 0, "aria-label": t("row.progress", { name }) });
  const actions = h("div.row-actions");
  const element = h(
    "li.row",
    null,
    frame,
    h("div.what", null, title, about),
    h("div.state", null, state, bar),
    actions,
  );
  let shownState = "";
  let hasPicture = false;

  const actionsOf = () => {
    if (!ENDS.has(item.state)) {
      return iconButton("close", t("row.cancel", { name }), () => queue.cancel(item));
    }
    const remove = iconButton("close", t("row.remove", { name }), () => library.remove([item]));
    if (!queue.canRetry(item)) return remove;
    return [iconButton("retry", t("row.retry", { name }), () => queue.retry(item)), remove];
  };

  const picture = async () => {
    if (hasPicture || item.kind === "archive" || item.state === "waiting") return;
    hasPicture = true;
    const url = await thumbnails.of(item);
    if (!url) {
      // Of an address, there may be one once its hash is known.
      hasPicture = item.state !== "analysing" && item.state !== "sending";
      return;
    }
    replace(frame, h("img", { src: url, alt: "", decoding: "async" }));
  };

  const show = () => {
    const isNew = item.state !== shownState;
    bar.hidden = item.state !== "sending" && !(item.counts && item.state === "analysing");
    bar.value = item.progress;
    if (isNew || item.state === "sending" || item.counts) replace(state, stateOf(item, name));
    if (isNew) {
      const hadFocus = actions.contains(document.activeElement);
      shownState = item.state;
      element.dataset.state = item.state;
      replace(actions, actionsOf());
      // A button that turns into another one keeps the focus.
      if (hadFocus) actions.querySelector("button")?.focus();
      setText(about, aboutOf(item));
      const link = h("a.name", { href: `#/photo/${item.id}`, title: title.title }, name);
      const shown = element.querySelector(".name");
      shown.replaceWith(item.result ? link : title);
    }
    picture();
  };
  show();
  return { element, show };
}

function aboutOf(item) {
  if (item.kind === "address") return new URL(item.url).host;
  const size = item.size === undefined ? "" : bytes(item.size);
  return [item.path, size].filter(Boolean).join(" · ");
}

function stateOf(item, name) {
  if (item.result) {
    const { label, confidence } = item.result;
    return h("a.verdict", { href: `#/photo/${item.id}`, "aria-label": openLabel(item, name) }, badge(label, { confidence }));
  }
  if (item.state === "failed") return failure(item.error);
  return h("span", { class: item.state === "waiting" || item.state === "cancelled" ? "soft" : "" }, wordsOf(item));
}

function openLabel({ result }, name) {
  return `${t("row.open", { name })}: ${t(`verdict.${result.label}`)}`;
}

function wordsOf(item) {
  if (item.counts) {
    const { total, done, failed } = item.counts;
    const key = failed ? "row.counts_failed" : "row.counts";
    return t(key, { n: total, done, failed });
  }
  if (item.state === "sending") {
    return item.kind === "address"
      ? t("row.fetching")
      : t("row.sending", { share: percent(item.progress) });
  }
  if (item.state === "analysing") {
    if (item.kind === "address") return t("row.fetching");
    return item.kind === "archive" ? t("row.unpacking") : t("row.analysing");
  }
  return t(`row.${item.state}`);
}

function failure(error) {
  const { what, next } = errorWords(error);
  return h(
    "div.failure",
    null,
    badge("failed"),
    h(
      "div.reason",
      null,
      h("p", null, what, " ", h("span.next", null, next)),
      error.detail &&
        h("details", null, h("summary", null, t("row.detail")), h("p.detail", null, error.detail)),
    ),
  );
}
