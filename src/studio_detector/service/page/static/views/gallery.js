/** The view of all photos: filtered, sorted, called anew by other thresholds, selected. */

import { h, on, perFrame, replace, setText } from "../dom.js";
import { icon } from "../icons.js";
import { t } from "../strings.js";
import { actOn } from "./gallery/acting.js";
import { Alike } from "./gallery/alike.js";
import { alone, arrange, stacked } from "./gallery/arrange.js";
import { createBar } from "./gallery/bar.js";
import { createCell } from "./gallery/cell.js";
import { createControls } from "./gallery/controls.js";
import { openExport } from "./gallery/export.js";
import { createGrid } from "./gallery/grid.js";
import { countLabels } from "./gallery/labels.js";
import { createListing } from "./gallery/listing.js";
import { photosOf, Selection } from "./gallery/selection.js";
import { createThresholds } from "./gallery/thresholds.js";
import { photoHref } from "./photo/order.js";

const DRAFT = "gallery";
// While photos come one after the other, they are not put in order for each.
const ARRANGE_PAUSE_MS = 150;
// Rows that only fly past ask for no pictures.
const SETTLED_MS = 90;

/** What was wished when the gallery was left; it lasts as long as the page. */
const fresh = () => ({
  filter: "all",
  order: "newest",
  search: "",
  isStacked: false,
  thresholds: null,
  open: new Set(),
  alike: new Alike(),
  selected: [],
  opened: null,
  scrollPx: 0,
});

/** @type {import("../main.js").View} */
export const gallery = {
  title: () => t("gallery.title"),

  /**
   * @param {HTMLElement} root
   * @param {import("../main.js").Context} context
   * @returns {() => void}
   */
  mount(root, context) {
    const control = new AbortController();
    const wishes = context.drafts.get(DRAFT) ?? fresh();
    context.drafts.set(DRAFT, wishes);
    const view = createGallery(wishes, context, control.signal);
    replace(root, view.elements);
    view.begin();
    return () => {
      view.leave();
      control.abort();
    };
  },
};

function createGallery(wishes, context, signal) {
  const { library, thumbnails, announce, keys, navigate, settings } = context;
  const selection = new Selection(wishes.selected.filter((id) => library.get(id)));
  let photos = [];
  let shown = [];
  let entries = [];
  let cells = [];
  let timer = 0;
  let settling = 0;
  const states = new WeakMap();

  const count = h("p.soft.shown-count", { role: "status" });
  const empty = h("div.gallery-empty", { hidden: true });
  const controls = createControls(wishes, { onWish: wish, keys, signal });
  const thresholds = createThresholds(wishes.thresholds, {
    band: settings.band,
    announce,
    onChoice: (chosen) => {
      wishes.thresholds = chosen;
      relabel();
    },
    signal,
  });
  const listing = createListing(context, { onDone: () => gatherSoon(), signal });
  const grid = createGrid(
    {
      label: t("gallery.photos"),
      makeCell: createCell,
      factsOf: (entry) => ({ thresholds: wishes.thresholds, isSelected: selection.holds(entry) }),
      covered,
      onDrawn: (drawn) => {
        cells = drawn;
        clearTimeout(settling);
        settling = setTimeout(askPictures, SETTLED_MS);
      },
      onMove: (to, event) => {
        if (event.shiftKey) selection.reach(entries, to);
        else selection.anchorAt(entries[to]);
      },
    },
    signal,
  );
  const bar = createBar(selection, {
    announce,
    // By names that a reload still knows.
    compareHref: (ids) => {
      const results = ids.map((id) => library.get(id)?.result?.id);
      return results.every(Boolean) ? `#/compare/${results.join("/")}` : null;
    },
    onAll: () => selection.addAll(shown),
    onExport: exportPhotos,
    onLeave: () => grid.focusAt(grid.active),
    signal,
  });
  const exporter = h(
    "button",
    { type: "button", onclick: exportPhotos },
    icon("download"),
    t("gallery.export"),
  );

  const relabel = perFrame(() => {
    controls.showCounts(countLabels(photos, wishes.thresholds));
    thresholds.show(photos);
    show();
  });
  signal.addEventListener("abort", relabel.cancel);

  function wish(changes) {
    Object.assign(wishes, changes);
    if (changes.isStacked) findAlike();
    show();
    announce(count.textContent);
  }

  function show() {
    shown = arrange(photos, wishes);
    entries = wishes.isStacked
      ? stacked(shown, (item) => wishes.alike.groupOf(item), wishes.open)
      : shown.map(alone);
    grid.setEntries(entries);
    const n = shown.length;
    setText(count, n === photos.length ? t("gallery.count", { n }) : t("gallery.count_of", { n, total: photos.length }));
    exporter.disabled = n === 0;
    thresholds.element.hidden = photos.length === 0;
    showEmpty();
  }

  function showEmpty() {
    empty.hidden = shown.length > 0 || (photos.length === 0 && listing.isBusy());
    if (empty.hidden) return;
    if (photos.length) {
      const again = h("button", { type: "button", onclick: controls.reset }, t("gallery.show_all"));
      replace(empty, icon("search"), h("p", null, t("gallery.none_found")), again);
    } else {
      const add = h("a.button", { href: "#/" }, icon("add"), t("gallery.add"));
      replace(empty, icon("gallery"), h("p", null, t("gallery.none")), add);
    }
  }

  function take() {
    photos = library.photos;
    for (const item of photos) states.set(item, item.state);
  }

  function gather() {
    timer = 0;
    take();
    if (wishes.isStacked) findAlike();
    relabel();
  }
  const gatherSoon = () => {
    timer ||= setTimeout(gather, ARRANGE_PAUSE_MS);
  };

  async function findAlike() {
    const found = await wishes.alike.take(photos, signal);
    if (found && !signal.aborted) show();
  }

  function askPictures() {
    for (const { entry } of cells) if (!entry.item.thumbUrl) thumbnails.of(entry.item);
  }

  /** What lies over the upper and lower edge of the window. */
  function covered() {
    const isOver = getComputedStyle(controls.element).position === "sticky";
    const topPx = isOver ? controls.element.getBoundingClientRect().bottom : 0;
    return { topPx: Math.max(0, topPx), bottomPx: bar.hidden ? 0 : bar.offsetHeight };
  }

  function exportPhotos() {
    const selected = photos.filter((item) => selection.has(item.id));
    openExport({ selected, shown, thresholds: wishes.thresholds }, context, signal);
  }

  /** Open a stack, or close it. */
  function turn({ group, isOpen, stack }) {
    if (group === null) return;
    if (isOpen) wishes.open.delete(group);
    else wishes.open.add(group);
    // Who closes it from within goes on at the photo that stands for it.
    const first = stack[0].id;
    show();
    grid.focusAt(entries.findIndex(({ item }) => item.id === first));
    announce(t(isOpen ? "gallery.stack_closed" : "gallery.stack_opened", { n: stack.length }));
  }

  actOn(grid, {
    entries: () => entries,
    selection,
    open: (entry) => navigate(photoHref(entry.item)),
    turn,
    selectAll: () => selection.addAll(shown),
    keys,
    signal,
  });
  on(selection, "changed", () => grid.refresh(), signal);
  on(library, "added reset", gatherSoon, signal);
  on(
    library,
    "removed",
    ({ detail }) => {
      selection.forget(detail);
      gatherSoon();
    },
    signal,
  );
  on(
    library,
    "changed",
    ({ detail: item }) => {
      // Progress and pictures change no order.
      if (states.get(item) === item.state) grid.refreshItem(item);
      else gatherSoon();
    },
    signal,
  );
  on(library, "reset", () => wishes.alike.clear(), signal);
  return {
    elements: [
      h("div.gallery-head", null, h("h1", null, t("gallery.title")), count, controls.stacking, exporter),
      controls.element,
      thresholds.element,
      empty,
      grid.element,
      listing.element,
      bar,
    ],

    /** Once it is in the page. */
    begin() {
      take();
      controls.showCounts(countLabels(photos, wishes.thresholds));
      thresholds.show(photos);
      if (wishes.isStacked) findAlike();
      show();
      const at = entries.findIndex((entry) => photosOf(entry).some(({ id }) => id === wishes.opened));
      if (at < 0) return;
      // After the view's heading was given the focus, and the window its upper end.
      setTimeout(() => {
        if (signal.aborted) return;
        window.scrollTo(0, wishes.scrollPx);
        grid.focusAt(at);
      });
    },

    /** Before it is taken down. */
    leave() {
      clearTimeout(timer);
      clearTimeout(settling);
      const opened = /^#\/(?:photo|compare)\/([\w-]+)/.exec(location.hash)?.[1];
      wishes.opened = (opened && library.get(opened)?.id) ?? null;
      wishes.selected = selection.ids;
      wishes.scrollPx = window.scrollY;
    },
  };
}
