/** Where the cells of a grid lie, all of one size. Knows nothing of the page. */

/**
 * @param {number} widthPx Of the grid.
 * @param {{leastPx: number, gapPx: number, captionPx: number}} sizes Of cells.
 * @returns {{columns: number, rowPx: number, sidePx: number}} `rowPx` with the gap below.
 */
export function layout(widthPx, { leastPx, gapPx, captionPx }) {
  const columns = Math.max(2, Math.floor((widthPx + gapPx) / (leastPx + gapPx)));
  const sidePx = Math.max(0, (widthPx - (columns - 1) * gapPx) / columns);
  return { columns, sidePx, rowPx: Math.round(sidePx) + captionPx + gapPx };
}

/**
 * The rows to be drawn: those in sight, some more on both sides, and the one that has the focus.
 *
 * @param {{topPx: number, heightPx: number, rowPx: number, rows: number, spare: number,
 *   pinned: number}} view `topPx` of what is in sight, from the top of the first row.
 * @returns {number[]} Ascending.
 */
export function rowsInSight({ topPx, heightPx, rowPx, rows, spare, pinned }) {
  const first = Math.max(0, Math.floor(topPx / rowPx) - spare);
  const last = Math.min(rows - 1, Math.floor((topPx + heightPx) / rowPx) + spare);
  const found = [];
  if (pinned >= 0 && pinned < Math.min(first, rows)) found.push(pinned);
  for (let row = first; row <= last; row += 1) found.push(row);
  if (pinned < rows && pinned > Math.max(last, -1) && !found.includes(pinned)) found.push(pinned);
  return found;
}

/**
 * Where a key leads to in a grid.
 *
 * @param {{key: string, ctrlKey?: boolean, metaKey?: boolean}} press
 * @param {{at: number, count: number, columns: number, page: number}} grid `page` is how many
 *   rows are in sight.
 * @returns {number|null} Null for a key that leads nowhere.
 */
export function step({ key, ctrlKey, metaKey }, { at, count, columns, page }) {
  const isFar = ctrlKey || metaKey;
  const column = at % columns;
  // The last row may be shorter than the others: its last cell is then the way down.
  const down = (rows) => {
    const lastRow = Math.floor((count - 1) / columns);
    const row = Math.min(lastRow, Math.floor(at / columns) + rows);
    return Math.min(count - 1, row * columns + column);
  };
  const up = (rows) => Math.max(0, Math.floor(at / columns) - rows) * columns + column;
  const ways = {
    ArrowRight: () => at + 1,
    ArrowLeft: () => at - 1,
    ArrowDown: () => down(1),
    ArrowUp: () => up(1),
    PageDown: () => down(page),
    PageUp: () => up(page),
    Home: () => (isFar ? 0 : at - column),
    End: () => (isFar ? count - 1 : at - column + columns - 1),
  };
  const to = ways[key]?.();
  return to === undefined ? null : Math.min(count - 1, Math.max(0, to));
}
