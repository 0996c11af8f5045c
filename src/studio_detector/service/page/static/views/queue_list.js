/** The rows of the queue, with a choice of which are shown. */

import { h, newId, on, perFrame, replace, setText } from "../dom.js";
import { t } from "../strings.js";
import { createRow } from "./queue_row.js";

// Rows out of sight cost little (`content-visibility`), but not nothing.
const MOST_ROWS = 3_000;
// Rows that are made before the screen is drawn again.
const AT_ONCE = 60;

const STATES = {
  all: null,
  open: new Set(["waiting", "sending", "analysing"]),
  done: new Set(["done"]),
  failed: new Set(["failed"]),
};

/**
 * @param {import("../main.js").Context} context
 * @param {AbortSignal} signal
 * @returns {HTMLElement}
 */
export function createQueueList(context, signal) {
  const { library, queue } = context;
  const list = h("ul.rows", { dataset: { shown: "all" } });
  const none = h("p.soft.none", { hidden: true });
  const more = h("p.soft.none", { hidden: true });
  /** @type {Map<import("../library.js").Item, ReturnType<typeof createRow>>} */
  const rows = new Map();
  const changed = new Set();
  let unmade = listed();

  // Of archives, what is done stands in the gallery; what failed needs its reason here.
  function isListed(item) {
    return item.kind === "member" ? item.state === "failed" : item.kind !== "server";
  }
  function listed() {
    const queued = new Set(queue.items);
    return library.items.filter((item) => isListed(item) && (queued.has(item) || item.kind === "member"));
  }

  const counts = () => {
    const sums = { all: 0, open: 0, done: 0, failed: 0 };
    for (const item of [...rows.keys(), ...unmade]) {
      sums.all += 1;
      for (const name of ["open", "done", "failed"]) {
        if (STATES[name].has(item.state)) sums[name] += 1;
      }
    }
    return sums;
  };
  const filters = createFilters((name) => {
    list.dataset.shown = name;
    draw();
  });

  const draw = perFrame(() => {
    for (const item of changed) rows.get(item)?.show();
    changed.clear();
    const room = Math.min(AT_ONCE, MOST_ROWS - rows.size);
    const fresh = unmade.splice(0, Math.max(0, room));
    for (const item of fresh) rows.set(item, createRow(item, context));
    list.append(...fresh.map((item) => rows.get(item).element));
    const sums = counts();
    filters.show(sums);
    const name = list.dataset.shown;
    none.hidden = name === "all" || sums[name] > 0;
    if (!none.hidden) setText(none, t(`queue.none.${name}`));
    more.hidden = rows.size < MOST_ROWS || !unmade.length;
    setText(more, more.hidden ? "" : t("queue.more", { n: unmade.length }));
    if (unmade.length && rows.size < MOST_ROWS) draw();
  });

  const add = ({ detail: items }) => {
    unmade.push(...items.filter(isListed));
    draw();
  };
  const remove = (gone) => {
    if (!gone.size) return;
    for (const item of gone) {
      const row = rows.get(item);
      if (!row) continue;
      if (row.element.contains(document.activeElement)) focusBeside(row.element);
      row.element.remove();
      rows.delete(item);
    }
    unmade = unmade.filter((item) => !gone.has(item));
    draw();
  };
  on(library, "added", add, signal);
  on(library, "removed", ({ detail: items }) => remove(new Set(items)), signal);
  on(
    library,
    "changed",
    ({ detail: item }) => {
      changed.add(item);
      draw();
    },
    signal,
  );
  // What was cleared off the queue and stays in the gallery.
  on(
    queue,
    "totals",
    () => {
      const queued = new Set(queue.items);
      const isGone = (item) => item.kind !== "member" && !queued.has(item) && item.state === "done";
      remove(new Set([...rows.keys()].filter(isGone)));
    },
    signal,
  );
  signal.addEventListener("abort", () => draw.cancel());
  draw();
  return h("div.list", null, filters.element, list, none, more);
}

function createFilters(onChoice) {
  const name = newId("filter");
  const numbers = {};
  const element = h(
    "fieldset.segments.filters",
    null,
    h("legend.unseen", null, t("queue.show")),
    Object.keys(STATES).map((one) => {
      numbers[one] = h("span.number");
      return h(
        "label.segment",
        null,
        h("input", {
          type: "radio",
          name,
          value: one,
          checked: one === "all",
          onchange: () => onChoice(one),
        }),
        h("span", null, t(`queue.filter.${one}`), " ", numbers[one]),
      );
    }),
  );
  const show = (sums) => {
    for (const [one, number] of Object.entries(numbers)) setText(number, String(sums[one]));
  };
  return { element, show };
}

/** Who removes a row by keyboard is taken to the next one. */
function focusBeside(element) {
  const next = element.nextElementSibling ?? element.previousElementSibling;
  next?.querySelector("a, button")?.focus();
}
