/** A grid of which only the rows in sight exist; they are used again while it is scrolled.
 *
 * For screen readers it is a grid of its full size (`aria-rowcount`), with one cell that Tab
 * leads to; its row exists always, so that the focus is not lost when it is scrolled away.
 */

import { h, on, perFrame } from "../../dom.js";
import { layout, rowsInSight, step } from "./geometry.js";

const SPARE_ROWS = 2;
const LEAST_REM = 10.4;
const GAP_REM = 0.9;
const CAPTION_REM = 3.9;

/**
 * @typedef {Object} GridParts
 * @property {string} label
 * @property {() => import("./cell.js").Cell} makeCell
 * @property {(entry: import("./arrange.js").Entry) => Object} factsOf What a cell shows besides.
 * @property {() => {topPx: number, bottomPx: number}} covered What lies over the edges of the
 *   window.
 * @property {(cells: import("./cell.js").Cell[]) => void} onDrawn Told which cells are in the
 *   page after each change.
 * @property {(at: number, event: KeyboardEvent) => void} onMove Before the focus goes to a cell.
 */

/**
 * @param {GridParts} parts
 * @param {AbortSignal} signal
 */
export function createGrid({ label, makeCell, factsOf, covered, onDrawn, onMove }, signal) {
  const element = h("div.photo-grid", {
    role: "grid",
    "aria-label": label,
    "aria-multiselectable": "true",
    hidden: true,
  });
  /** @type {Map<number, {element: HTMLElement, cells: import("./cell.js").Cell[]}>} */
  const rows = new Map();
  let free = [];
  let entries = [];
  let active = 0;
  let sizes = { columns: 2, rowPx: 1, sidePx: 1 };
  let isStale = false;

  const rowOf = (at) => Math.floor(at / sizes.columns);
  const count = () => Math.ceil(entries.length / sizes.columns);

  function draw() {
    if (element.hidden) return;
    // Read first, write then: the other way round, each frame would lay the page out twice.
    const topPx = -element.getBoundingClientRect().top;
    const heightPx = window.innerHeight;
    const wanted = rowsInSight({
      topPx,
      heightPx,
      rowPx: sizes.rowPx,
      rows: count(),
      spare: SPARE_ROWS,
      pinned: entries.length ? rowOf(active) : -1,
    });
    const isWanted = new Set(wanted);
    let hasChanged = isStale;
    for (const [at, row] of rows) {
      if (isWanted.has(at)) continue;
      rows.delete(at);
      free.push(row);
    }
    let before = null;
    for (const at of wanted) {
      const isNew = !rows.has(at);
      const row = rows.get(at) ?? free.pop() ?? makeRow();
      if (isNew) {
        rows.set(at, row);
        row.element.style.setProperty("transform", `translateY(${at * sizes.rowPx}px)`);
        row.element.setAttribute("aria-rowindex", String(at + 1));
        hasChanged = true;
      }
      if (isNew || isStale) fill(row, at);
      // Who reads from top to bottom meets the rows in their order. A row that stays is never
      // moved, since a moved one loses the focus.
      if (isNew) {
        if (before) before.after(row.element);
        else element.prepend(row.element);
      }
      before = row.element;
    }
    for (const row of free) row.element.remove();
    isStale = false;
    if (hasChanged) onDrawn([...rows.values()].flatMap((row) => row.cells).filter(({ entry }) => entry));
  }
  const soon = perFrame(draw);

  function makeRow() {
    const cells = Array.from({ length: sizes.columns }, (_, column) => {
      const cell = makeCell();
      cell.element.setAttribute("aria-colindex", String(column + 1));
      return cell;
    });
    return { element: h("div.grid-row", { role: "row" }, cells.map((cell) => cell.element)), cells };
  }

  function fill(row, rowAt) {
    row.cells.forEach((cell, column) => {
      const at = rowAt * sizes.columns + column;
      const entry = entries[at] ?? null;
      cell.show(entry, { ...(entry ? factsOf(entry) : {}), isActive: at === active, at });
    });
  }

  function measure() {
    if (element.hidden) return;
    const remPx = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
    const found = layout(element.clientWidth, {
      leastPx: LEAST_REM * remPx,
      gapPx: GAP_REM * remPx,
      captionPx: CAPTION_REM * remPx,
    });
    const hadFocus = element.contains(document.activeElement);
    if (found.columns !== sizes.columns) free = [];
    if (found.columns !== sizes.columns || found.rowPx !== sizes.rowPx) {
      for (const row of rows.values()) {
        row.element.remove();
        if (found.columns === sizes.columns) free.push(row);
      }
      rows.clear();
    }
    sizes = found;
    element.style.setProperty("--columns", String(sizes.columns));
    element.style.setProperty("--side", `${sizes.sidePx}px`);
    element.setAttribute("aria-colcount", String(sizes.columns));
    showSize();
    draw();
    if (hadFocus) cellAt(active)?.element.focus({ preventScroll: true });
  }

  function showSize() {
    element.setAttribute("aria-rowcount", String(count()));
    element.style.setProperty("height", `${count() * sizes.rowPx}px`);
  }

  const cellAt = (at) => rows.get(rowOf(at))?.cells[at % sizes.columns];

  /** Scroll as little as shows a cell, beside what lies over the edges of the window. */
  function reveal(at) {
    const box = element.getBoundingClientRect();
    const { topPx, bottomPx } = covered();
    const top = box.top + rowOf(at) * sizes.rowPx;
    const above = top - topPx;
    const below = top + sizes.rowPx - (window.innerHeight - bottomPx);
    if (above < 0) window.scrollBy({ top: above, behavior: "instant" });
    else if (below > 0) window.scrollBy({ top: below, behavior: "instant" });
  }

  function activate(at) {
    const before = cellAt(active);
    active = Math.max(0, Math.min(at, entries.length - 1));
    if (before) before.element.tabIndex = -1;
  }

  function focusAt(at) {
    if (!entries.length) return;
    activate(at);
    reveal(active);
    draw();
    const cell = cellAt(active);
    cell.element.tabIndex = 0;
    cell.element.focus({ preventScroll: true });
  }

  on(window, "scroll resize", soon, signal);
  on(
    element,
    "keydown",
    (event) => {
      if (event.altKey || !event.target.matches(".cell")) return;
      const page = Math.max(1, Math.floor(window.innerHeight / sizes.rowPx) - 1);
      const to = step(event, { at: active, count: entries.length, columns: sizes.columns, page });
      if (to === null) return;
      event.preventDefault();
      onMove(to, event);
      focusAt(to);
    },
    signal,
  );
  on(
    element,
    "focusin",
    ({ target }) => {
      const cell = target.closest(".cell");
      if (!cell || Number(cell.dataset.at) === active) return;
      activate(Number(cell.dataset.at));
      cell.tabIndex = 0;
    },
    signal,
  );
  const watcher = new ResizeObserver(measure);
  watcher.observe(element);
  signal.addEventListener("abort", () => {
    watcher.disconnect();
    soon.cancel();
  });

  return {
    element,
    focusAt,

    /** @returns {number} Place of the cell that Tab leads to. */
    get active() {
      return active;
    },

    /**
     * Show others; the cell that Tab leads to stays at its photo, where that is still there.
     *
     * @param {import("./arrange.js").Entry[]} shown
     */
    setEntries(shown) {
      const hadFocus = element.contains(document.activeElement);
      const id = entries[active]?.item.id;
      const found = id === undefined ? -1 : shown.findIndex(({ item }) => item.id === id);
      entries = shown;
      active = found >= 0 ? found : Math.max(0, Math.min(active, shown.length - 1));
      const wasHidden = element.hidden;
      element.hidden = shown.length === 0;
      isStale = true;
      if (wasHidden) measure();
      showSize();
      if (!hadFocus) {
        soon();
        return;
      }
      draw();
      cellAt(active)?.element.focus({ preventScroll: true });
    },

    /** Cells show something else than before. */
    refresh() {
      isStale = true;
      soon();
    },

    /**
     * One photo looks otherwise than before.
     *
     * @param {import("../../library.js").Item} item
     */
    refreshItem(item) {
      for (const [at, row] of rows) {
        if (row.cells.some(({ entry }) => entry?.item === item)) fill(row, at);
      }
    },
  };
}
