/** How far the whole queue is, how fast it goes, and the buttons for all of it. */

import { h, on, perFrame, replace, setText } from "../dom.js";
import { decimal } from "../format.js";
import { icon } from "../icons.js";
import { t } from "../strings.js";

const TICK_MS = 1_000;
const SAY_MS = 10_000;

/**
 * @param {import("../main.js").Context} context
 * @param {AbortSignal} signal
 * @returns {HTMLElement}
 */
export function createTotals({ queue, keys, announce }, signal) {
  const over = h("strong.over");
  const noun = h("span");
  const failed = h("span.failed-count");
  const pace = h("span.soft.pace");
  const bar = h("progress", { "aria-label": t("queue.progress"), max: "1", value: 0 });
  const toggle = button("pause", () => (queue.totals.isPaused ? queue.resume() : queue.pause()));
  const cancel = button("close", () => queue.cancelAll(), t("queue.cancel_all"));
  const again = button("retry", () => queue.retryFailed(), t("queue.retry_failed"));
  const clear = button("check", () => queue.clearOver(), t("queue.clear"));
  const onward = h("a.button", { href: "#/gallery" }, icon("gallery"), t("queue.to_gallery"));
  let saidAt = performance.now();
  let wasOpen = queue.isBusy;

  const element = h(
    "div.totals",
    null,
    h("p.sum", null, h("span", null, over, " ", noun), failed, pace),
    bar,
    h("div.actions", null, toggle, cancel, onward, again, clear),
  );

  const show = () => {
    const totals = queue.totals;
    const counted = totals.total - totals.cancelled;
    const done = totals.done + totals.failed;
    const isOpen = queue.isBusy;
    setText(over, t("queue.over", { over: done, n: counted }));
    setText(noun, t("queue.photos", { n: counted }));
    setText(failed, totals.failed ? t("queue.failed", { n: totals.failed }) : "");
    setText(pace, isOpen ? paceWords(totals) : "");
    bar.value = counted ? done / counted : 0;
    bar.hidden = !isOpen;
    toggle.hidden = cancel.hidden = !isOpen;
    replace(
      toggle,
      icon(totals.isPaused ? "play" : "pause"),
      totals.isPaused ? t("queue.resume") : t("queue.pause"),
    );
    again.hidden = isOpen || queue.hopeful.length === 0;
    clear.hidden = isOpen || queue.items.length === 0;
    onward.hidden = isOpen || totals.done === 0;
    const now = performance.now();
    if (wasOpen && !isOpen && counted) {
      announce(t("queue.all_done", { n: counted }));
    } else if (isOpen && now - saidAt > SAY_MS) {
      saidAt = now;
      announce(t("queue.said", { over: done, total: counted, failed: totals.failed }));
    }
    wasOpen = isOpen;
  };
  const soon = perFrame(show);
  const note = () => {
    element.classList.toggle("open", queue.isBusy);
    soon();
  };
  on(queue, "totals", note, signal);
  // The time left changes while nothing else does.
  const timer = setInterval(() => queue.isBusy && soon(), TICK_MS);
  signal.addEventListener("abort", () => {
    clearInterval(timer);
    soon.cancel();
  });
  keys.bind("p", t("keys.pause"), () => queue.isBusy && toggle.click(), {
    group: t("drop.title"),
    signal,
  });
  note();
  show();
  return element;
}

function button(drawing, onclick, text = "") {
  return h("button.quiet", { type: "button", onclick }, icon(drawing), text);
}

function paceWords(totals) {
  if (totals.isPaused) {
    return totals.pausedBy === "signin" ? t("queue.paused_signin") : t("queue.paused");
  }
  if (totals.isOffline) return t("queue.offline");
  if (totals.leftS === null) return t("queue.left_unknown");
  const rate = t("queue.rate", { rate: decimal(totals.rate) });
  return `${rate}, ${leftWords(totals.leftS)}`;
}

function leftWords(seconds) {
  if (seconds < 60) return t("queue.left_seconds", { n: Math.max(1, Math.round(seconds)) });
  if (seconds < 5_400) return t("queue.left_minutes", { n: Math.round(seconds / 60) });
  return t("queue.left_hours", { n: Math.round(seconds / 3600) });
}
