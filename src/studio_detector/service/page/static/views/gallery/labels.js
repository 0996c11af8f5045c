/** What photos are called by thresholds that people choose. Knows nothing of the page. */

/**
 * @typedef {Object} Thresholds
 * @property {number} natural P(studio), 0..1: at or below it, a photo is natural.
 * @property {number} studio At or above it, a photo is studio; never below `natural`.
 */

/** @typedef {"studio"|"natural"|"uncertain"|"failed"} Label */

/**
 * @param {number} confidence P(studio), 0..1.
 * @param {Thresholds} thresholds Between both, a photo is uncertain.
 * @returns {"studio"|"natural"|"uncertain"}
 */
export function labelAt(confidence, { natural, studio }) {
  if (confidence >= studio) return "studio";
  return confidence <= natural ? "natural" : "uncertain";
}

/**
 * What stands at a photo.
 *
 * @param {import("../../library.js").Item} item
 * @param {Thresholds|null} thresholds Null where nobody moved them: the service's own verdict.
 * @returns {Label|null} Null while there is no verdict.
 */
export function shownLabel(item, thresholds) {
  if (!item.result) return item.state === "failed" ? "failed" : null;
  return thresholds ? labelAt(item.result.confidence, thresholds) : item.result.label;
}

/**
 * How many photos of each label there are.
 *
 * @param {Iterable<import("../../library.js").Item>} items
 * @param {Thresholds|null} thresholds
 * @returns {Record<"all"|Label, number>}
 */
export function countLabels(items, thresholds) {
  const counts = { all: 0, studio: 0, natural: 0, uncertain: 0, failed: 0 };
  for (const item of items) {
    counts.all += 1;
    const label = shownLabel(item, thresholds);
    if (label) counts[label] += 1;
  }
  return counts;
}

/**
 * Which photos get another label than the service gave them, the most frequent way first.
 *
 * @param {Iterable<import("../../library.js").Item>} items
 * @param {Thresholds|null} thresholds
 * @returns {{from: Label, to: Label, n: number}[]}
 */
export function moves(items, thresholds) {
  const found = new Map();
  if (!thresholds) return [];
  for (const { result } of items) {
    if (!result) continue;
    const to = labelAt(result.confidence, thresholds);
    if (to === result.label) continue;
    const way = `${result.label} ${to}`;
    const move = found.get(way) ?? { from: result.label, to, n: 0 };
    move.n += 1;
    found.set(way, move);
  }
  return [...found.values()].sort((one, other) => other.n - one.n);
}

/**
 * How confidences are spread.
 *
 * @param {Iterable<import("../../library.js").Item>} items
 * @param {number} bins Of equal width, 0..1.
 * @returns {number[]}
 */
export function histogram(items, bins) {
  const counts = new Array(bins).fill(0);
  for (const { result } of items) {
    if (result) counts[Math.min(bins - 1, Math.floor(result.confidence * bins))] += 1;
  }
  return counts;
}
